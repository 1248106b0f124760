"""Prints how much stack the functions of fallow.h use, and their size.

usage: c-stack.py DIRECTORY-OF-LLVM LINKED-CLIENT LEVELS MOST

The figures are read from the machine code: what each function takes in its
prologue, along the deepest chain of calls. Where the compiler kept one copy of
functions that differ in what they call, whose name ends in `Tm` then, its
callers hand it the address: it is taken to call every function whose address a
caller of it loads, or hands on. What the kernel's functions take is not
counted. A function that calls itself does so once for each level of the tables
below the root, of LEVELS. Exits with 1 if a function takes more than MOST
bytes.
"""

import re
import subprocess
import sys

LEVELS = int(sys.argv[3])
# What an archive never calls: it has one IOMMU.
NEVER = "Sharing.*finishOthers"
# What an instruction takes: a pattern, and the bytes in its first group.
PUSH = {
    "x86-64": [(r"pushq?\s", 8), (r"subq\s+\$(\w+), %rsp", None)],
    "riscv": [(r"(?:c\.)?addi(?:16sp)?\s+sp, sp, -(\w+)", None)],
    "aarch64": [(r"sub\s+sp, sp, #(\w+)(?:$|\s*//)", None),
                (r"st[pr]\s.*\[sp, #-(\w+)\]!", None)],
}
CALL = {
    "x86-64": r"(?:callq?|jmpq?|j\w+)\s+0x([0-9a-f]+)",
    "riscv": r"(?:jal|j|tail|call|b\w+)\s+(?:\w+, )*0x([0-9a-f]+)",
    "aarch64": r"(?:bl?|b\.\w+|cbn?z|tbn?z)\s+(?:[^,]+, )*0x([0-9a-f]+)",
}
LINK = r"call|jal\s|bl\s"
INDIRECT = {
    "x86-64": r"(?:callq?|jmpq?)\s+\*",
    "riscv": r"(?:c\.)?(?:jalr|jr)\s+(?!ra)",
    "aarch64": r"(?:blr|br)\s+x",
}
RETURN_ADDRESS = {"x86-64": 8, "riscv": 0, "aarch64": 0}


def run(tool, *arguments):
    return subprocess.run(
        [f"{sys.argv[1]}/{tool}", *arguments], check=True,
        capture_output=True, text=True).stdout


def functions(client):
    """Where each function begins, how long it is, and its name."""
    for line in run("llvm-nm", "-S", client).splitlines():
        field = line.split()
        if len(field) == 4 and field[2] in "tTwW" and int(field[1], 16):
            yield int(field[0], 16), int(field[1], 16), field[3]


class Code:
    def __init__(self, client):
        self.found = sorted(functions(client))
        self.begin = {start: i for i, (start, _, _) in enumerate(self.found)}
        text = run("llvm-objdump", "-d", "--no-show-raw-insn", client)
        self.architecture = next(
            name for name in PUSH
            if name in re.search(r"file format elf64-(\S+)", text).group(1))
        self.own = [0] * len(self.found)
        self.calls = [set() for _ in self.found]
        self.loads = [set() for _ in self.found]
        self.is_indirect = [False] * len(self.found)
        self.read(text)
        self.resolve()
        self.known = {}

    def loaded(self, address, code, upper):
        """The address that an instruction loads, or None; `upper` has what the
        registers hold of one that takes two instructions."""
        if found := re.search(r"\(%rip\), %\w+\s+# 0x([0-9a-f]+)", code):
            return int(found.group(1), 16)
        if found := re.match(r"adr\s+\w+, #(-?\w+)", code):
            return address + int(found.group(1), 0)
        if found := re.match(r"adrp\s+(\w+), 0x([0-9a-f]+)", code):
            upper[found.group(1)] = int(found.group(2), 16)
        elif found := re.match(r"auipc\s+(\w+), (\w+)", code):
            page = int(found.group(2), 0)
            page -= (page & 0x80000) << 1
            upper[found.group(1)] = address + (page << 12)
        elif found := re.match(
                r"(?:c\.)?addi?\s+\w+, (\w+), #?(-?\w+)", code):
            if found.group(1) in upper and found.group(2)[-1:].isalnum():
                try:
                    return upper[found.group(1)] + int(found.group(2), 0)
                except ValueError:  # A register.
                    return None
        return None

    def resolve(self):
        """Adds the calls of addresses that callers hand over."""
        handed = [set(loads) for loads in self.loads]
        changed = True
        while changed:
            changed = False
            for caller, callees in enumerate(self.calls):
                for callee in callees:
                    if self.is_indirect[callee] \
                            and not handed[caller] <= handed[callee]:
                        handed[callee] |= handed[caller]
                        changed = True
        for function, is_indirect in enumerate(self.is_indirect):
            if is_indirect:
                self.calls[function] |= handed[function]

    def read(self, text):
        current = 0
        upper = {}
        for line in text.splitlines():
            match = re.match(r"\s*([0-9a-f]+):\s+(\S.*)", line)
            if not match:
                continue
            address, code = int(match.group(1), 16), match.group(2)
            while current + 1 < len(self.found) \
                    and self.found[current + 1][0] <= address:
                current += 1
                upper = {}
            target = self.begin.get(self.loaded(address, code, upper))
            if target is not None and target != current:
                self.loads[current].add(target)
            if self.found[current][2].endswith("Tm") \
                    and re.match(INDIRECT[self.architecture], code):
                self.is_indirect[current] = True
            for pattern, size in PUSH[self.architecture]:
                if pushed := re.match(pattern, code):
                    self.own[current] += size or int(pushed.group(1), 0)
            if called := re.match(CALL[self.architecture], code):
                target = self.begin.get(int(called.group(1), 16))
                # A jump to its own beginning is a loop.
                if target is not None \
                        and not re.search(NEVER, self.found[target][2]) \
                        and (target != current or re.match(LINK, code)):
                    self.calls[current].add(target)

    def deepest(self, function, above=()):
        """The bytes along the deepest chain of calls from a function on."""
        if function in self.known:
            return self.known[function]
        recursions = above.count(function)
        if recursions >= LEVELS - 1:
            return 0
        chain = (*above, function)
        own = self.own[function] + RETURN_ADDRESS[self.architecture]
        depth = own + max(
            (self.deepest(callee, chain) for callee in self.calls[function]
             if callee != function or recursions + 1 < LEVELS - 1), default=0)
        if not any(callee in chain for callee in self.calls[function]):
            self.known.setdefault(function, depth)
        return depth


client, most = sys.argv[2], int(sys.argv[4])
code = Code(client)
used = sorted(
    ((code.deepest(index), size, name)
     for index, (_, size, name) in enumerate(code.found)
     if name.startswith("fallow_") and not name.startswith("fallow_kernel_")),
    reverse=True)
for depth, size, name in used:
    print(f"{depth:6} bytes of stack, {size:6} of code: {name}")
too_deep = [name for depth, _, name in used if depth > most]
if too_deep:
    sys.exit(f"more than {most} bytes of stack: {' '.join(too_deep)}")
