"""Checks the object that the archive for kernels in C consists of.

usage: check-c-library.py DIRECTORY-OF-LLVM OBJECT HEADER...

It uses no vector and no floating-point register; and it needs no symbol but
the functions that the headers ask of the kernel and what compilers call by
themselves. A token that can be dropped, and a number in fallow.h that differs
from the library's, leave a symbol that is defined nowhere. And no function that
throws an interruption jumps to memset or its like at its end: LLVM 19 does not
restore the register of the error before.
"""

import re
import subprocess
import sys

REGISTERS = {
    "x86-64": r"%[xyz]mm\d|%mm\d|%st\b|%k[1-7]\b",
    "aarch64": r"\b[vqdshbz]\d+(\.\d*[bhsdq])?\b",
    "riscv": r"\b(f[ast]\d+|v\d+)\b",
}
# Instructions that use such a register without naming it.
MNEMONICS = {
    "x86-64": r"f\w+|emms|ldmxcsr|stmxcsr|fxsave\w*|xsave\w*",
    "aarch64": r"f(?!$)\w+",
    "riscv": r"f(?!ence)\w+|v\w+",
}
COMPILERS = {"memcpy", "memmove", "memset", "memcmp"}
MEANINGS = {
    "a_fallow_token_was_dropped": "a token can be dropped",
    "fallow_header_differs": "fallow.h has other numbers than the library",
}


def run(tool, *arguments):
    return subprocess.run(
        [f"{sys.argv[1]}/{tool}", *arguments], check=True,
        capture_output=True, text=True).stdout


def registers(path):
    """The instructions that use registers that the kernel has not saved."""
    text = run("llvm-objdump", "-d", "--no-show-raw-insn", path)
    architecture = next(
        name for name in REGISTERS
        if name in re.search(r"file format elf64-(\S+)", text).group(1))
    function = None
    for line in text.splitlines():
        if label := re.match(r"[0-9a-f]+ <(.+)>:$", line):
            function = label.group(1)
        elif found := re.match(r"\s+[0-9a-f]+:\s+(\S+)\s*(.*)", line):
            mnemonic, operands = found.groups()
            operands = re.sub(r"<.*?>|//.*|#.*$", "", operands) \
                if architecture != "aarch64" \
                else re.sub(r"<.*?>|//.*", "", operands)
            if re.fullmatch(MNEMONICS[architecture], mnemonic) \
                    or re.search(REGISTERS[architecture], operands):
                yield f"{function}: {mnemonic} {operands}"


def jumps(path):
    """The functions that throw and jump to what compilers call."""
    text = run("llvm-objdump", "-dr", "--no-show-raw-insn", path)
    function = mnemonic = None
    for line in text.splitlines():
        if label := re.match(r"[0-9a-f]+ <(.+)>:$", line):
            function = label.group(1)
        elif found := re.match(r"\s+[0-9a-f]+:\s+R_\w+\s+(\w+)", line):
            if found.group(1) in COMPILERS and mnemonic in {"jmp", "b"} \
                    and "Interruption" in function:
                yield f"{function}: {found.group(1)}"
        elif found := re.match(r"\s+[0-9a-f]+:\s+(\S+)", line):
            mnemonic = found.group(1)


def undefined(path, headers):
    kernel = set()
    for header in headers:
        with open(header) as file:
            kernel |= set(
                re.findall(r"\bfallow_kernel_\w+(?=\()", file.read()))
    for line in run("llvm-nm", "-u", path).splitlines():
        name = line.split()[-1]
        if name not in kernel | COMPILERS:
            yield name


_, _, path, *headers = sys.argv
failed = False
used = list(registers(path))
if used:
    print(f"{len(used)} instructions use vector or floating-point registers:",
          *used[:10], sep="\n  ", file=sys.stderr)
    failed = True
for jump in jumps(path):
    print(f"throws, and ends in a jump: {jump}", file=sys.stderr)
    failed = True
for name in undefined(path, headers):
    print(f"undefined: {name}", MEANINGS.get(name, ""), sep="  ",
          file=sys.stderr)
    failed = True
sys.exit(failed)
