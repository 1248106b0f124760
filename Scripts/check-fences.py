"""Reads what the accesses of Tests/FallowTests/Embedded/FullFences.swift
compiled to: each that is promised to be a full fence is one, and a count is one
atomic step.

usage: check-fences.py LLVM-OBJDUMP OBJECT...
"""

import re
import subprocess
import sys

FENCES = [
    "exchangeEntry", "compareExchangeEntry", "compareExchangeField",
    "addField", "exchangeWord", "compareExchangeWord",
]
COUNT = "countTables"

# What makes a full fence of an access, and an atomic step of a count: the one
# that comes last.
FENCE = {
    "x86-64": r"\bxchgq\b.*\(|\block\b",
    "aarch64": r"\bdmb\s+ish$|\bdmb\s+ish\b(?!ld|st)",
    "riscv64": r"\bamo\w+\.d\.aqrl\b|\bfence\s+rw,\s*rw\b",
}
STEP = {
    "x86-64": r"\block\b",
    "aarch64": r"\bstl?xr\b|\bldadd|\bstadd",
    "riscv64": r"\bamoadd\.d\b",
}
# A pair of instructions that later loads may pass.
PAIR = {"x86-64": r"(?!)", "aarch64": r"\bstl?xr\b", "riscv64": r"\bsc\.d"}


def functions(objdump, path):
    """The architecture, and the instructions of each function."""
    text = subprocess.run(
        [objdump, "-d", "--no-show-raw-insn", path],
        check=True, capture_output=True, text=True).stdout
    architecture = re.search(r"file format elf64-(\S+)", text).group(1)
    architecture = {"littleaarch64": "aarch64", "littleriscv": "riscv64"}.get(
        architecture, architecture)
    found = {}
    name = None
    for line in text.splitlines():
        label = re.match(r"[0-9a-f]+ <(.+)>:$", line)
        if label:
            name = label.group(1)
            found[name] = []
        elif name and ":" in line:
            found[name].append(line.split(":", 1)[1].strip())
    return architecture, found


def body(name, found, path):
    """The instructions of a Swift function: its C name may only jump to it."""
    for symbol, lines in found.items():
        if f"10FullFences{len(name)}{name}" in symbol:
            return lines
    sys.exit(f"{path}: no {name}")


def last(pattern, lines):
    places = [at for at, line in enumerate(lines) if re.search(pattern, line)]
    return places[-1] if places else -1


failed = False
for path in sys.argv[2:]:
    architecture, found = functions(sys.argv[1], path)
    for name in FENCES + [COUNT]:
        lines = body(name, found, path)
        at = last((STEP if name == COUNT else FENCE)[architecture], lines)
        passed = name != COUNT and last(PAIR[architecture], lines) > at
        if at < 0 or passed:
            print(f"{architecture}: {name} is not what it must be:",
                  *lines, sep="\n  ")
            failed = True
    if not failed:
        print(f"{architecture}: {len(FENCES)} full fences, one atomic count")
sys.exit(failed)
