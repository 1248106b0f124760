"""Reads what the measured operations compiled to.

usage: check-codegen.py PATH-OF-FALLOW-BENCH

A look-up takes no lock, to map or unmap a page one locked operation at most, to
take a leaf that is handed out one exchange, and nothing on the way retains,
releases or allocates.
"""

import re
import subprocess
import sys

# operation: locked instructions that clear or write, locked ones that count
EXPECTED = {
    "op_translate": (0, 0),
    "op_map4k": (0, 1),
    "op_unmap4k": (0, 1),
}
FORBIDDEN = re.compile(r"swift_(retain|release|alloc|bridgeObject)|malloc")


def instructions(binary, function):
    text = subprocess.run(
        ["objdump", "-d", "--no-show-raw-insn", f"--disassemble={function}",
         binary], check=True, capture_output=True, text=True).stdout
    lines = [line.split("\t", 1)[1] for line in text.splitlines()
             if re.match(r"\s+[0-9a-f]+:\t", line)]
    if not lines:
        sys.exit(f"{function}: not found")
    return lines


failed = False
for function, expected in EXPECTED.items():
    lines = instructions(sys.argv[1], function)
    exchanges = sum(
        bool(re.match(r"xchg\s.*\(", line)) for line in lines)
    locked = sum(line.startswith("lock") for line in lines)
    forbidden = [line for line in lines if FORBIDDEN.search(line)]
    print(f"{function}: {exchanges} exchanges, {locked} locked operations,"
          f" {len(forbidden)} calls that it must not make")
    if (exchanges, locked) != expected or forbidden:
        print(f"  expected {expected[0]} and {expected[1]}", *forbidden,
              sep="\n  ")
        failed = True
sys.exit(failed)
