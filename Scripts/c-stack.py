"""Prints how much stack the functions of fallow.h use, and their size.

usage: c-stack.py DIRECTORY-OF-LLVM LINKED-CLIENT LEVELS MOST

The figures are read from the machine code: what each function takes in its
prologue, along the deepest chain of calls. What the kernel's functions take is
not counted. A function that calls itself does so once for each level of the
tables below the root, of LEVELS. Exits with 1 if a function takes more than
MOST bytes.
"""

import re
import subprocess
import sys

LEVELS = int(sys.argv[3])
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
        self.read(text)
        self.known = {}

    def read(self, text):
        current = 0
        for line in text.splitlines():
            match = re.match(r"\s*([0-9a-f]+):\s+(\S.*)", line)
            if not match:
                continue
            address, code = int(match.group(1), 16), match.group(2)
            while current + 1 < len(self.found) \
                    and self.found[current + 1][0] <= address:
                current += 1
            for pattern, size in PUSH[self.architecture]:
                if pushed := re.match(pattern, code):
                    self.own[current] += size or int(pushed.group(1), 0)
            if called := re.match(CALL[self.architecture], code):
                target = self.begin.get(int(called.group(1), 16))
                if target is not None:
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
