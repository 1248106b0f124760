#!/usr/bin/env python3
"""Replays damaged recordings and checks that none crashes or hangs the tool.

usage: check-mutations.py PATH-OF-FALLOW COUNT [FIRST-SEED]

For COUNT seeds from FIRST-SEED (1 unless given) on: takes up to 200 lines of a
bundled recording, damages them as the seed says, and runs every command of
COMMANDS on the result. The exit status must be one that the command documents,
within TIMEOUT seconds, and no replay may violate the scheme `fallow`. An input
that fails is kept, and its path printed.
"""
import json
import lzma
import os
import random
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TIMEOUT = 60
LINES = 200
COMMANDS = [
    ["replay", "--json", "--dma", "500"],
    ["replay", "--dma", "500", "--bound", "3", "--iommus", "2", "--limit", "4",
     "--fail", "stuck:0.3", "--entry-events"],
    ["audit", "--json"],
]
STATUSES = {0, 1, 2, 3}
NUMBER = re.compile(r"=(0x[0-9a-f]+|\d+)")
TIME = re.compile(r"(\d+)\.(\d{6,9}):")
EXTREMES = [
    "0", "0x0", "0x1", "0xffffffffffffffff", "0xffff800000000000",
    "0xffff7fffffffffff", "0xfffffffffffff000", "0x8000000000000000",
    "18446744073709551615", "0xffffffffffe00000", "0xff11000000000000",
]


def recordings():
    folders = ["Examples/Traces", "Tests/FallowTraceTests/Recordings",
               "Tests/FallowTraceTests/Recordings/Found"]
    for folder in folders:
        for name in sorted(os.listdir(os.path.join(ROOT, folder))):
            path = os.path.join(ROOT, folder, name)
            opened = lzma.open if name.endswith(".xz") else open
            if ".txt" in name:
                with opened(path, "rt", errors="replace") as file:
                    yield [l for l in file.read().splitlines() if l]


def excerpt(chance, sources):
    """Lines of one recording, most of them about tables, in their order."""
    lines = chance.choice(sources)
    if chance.random() < 0.5:
        lines = [l for l in lines if "workqueue" not in l and "cpa:" not in l]
    first = chance.randrange(max(1, len(lines) - 20))
    head = [l for l in lines[:12] if l.startswith("#")]
    return head + lines[first:first + chance.randrange(10, LINES)]


def damage(chance, lines):
    """One random change of the list of lines."""
    at = chance.randrange(len(lines))
    line = lines[at]
    kind = chance.randrange(12)
    numbers = list(NUMBER.finditer(line))
    if kind == 0:
        del lines[at]
    elif kind == 1:
        lines.insert(chance.randrange(len(lines)), line)
    elif kind == 2:
        lines.insert(chance.randrange(len(lines)), lines.pop(at))
    elif kind == 3:
        name = re.search(r" (?:pgt:)?(\w+): ", line)
        if name:
            lines[:] = [l for l in lines if f"{name.group(1)}: " not in l]
    elif kind in (4, 5, 6) and numbers:
        field = chance.choice(numbers)
        other = list(NUMBER.finditer(chance.choice(lines)))
        text = field.group(1)
        value = int(text, 16 if text.startswith("0x") else 10)
        new = chance.choice([
            chance.choice(EXTREMES), hex(value ^ 1 << chance.randrange(64)),
            hex(value + chance.choice([-4096, 8, 4096, 1 << 21, 1 << 30])
                & (1 << 64) - 1),
            other[0].group(1) if other else "0x7",
        ])
        lines[at] = line[:field.start(1)] + new + line[field.end(1):]
    elif kind == 7:
        time = TIME.search(line)
        if time:
            seconds = chance.choice(
                ["0", "9999999999", str(int(time.group(1)) + 40)])
            lines[at] = line[:time.start(1)] + seconds + line[time.end(1):]
    elif kind == 8:
        lines[at] = re.sub(
            r"\[\d+\]", f"[{chance.choice([0, 7, 999, 999999])}]", line, count=1)
    elif kind == 9:
        lines[at] = re.sub(
            r"caller=\w+",
            "caller=" + chance.choice([
                "pmd_free_pte_page", "pud_free_pmd_page", "cpa_flush",
                "__pte_alloc_kernel", "remove_pagetable", "nobody"]), line)
    elif kind == 10:
        lines[at] = re.sub(r"-\d+ ", f"-{chance.choice([1, 251, 999999999])} ",
                           line, count=1)
    else:
        place = chance.randrange(len(line) + 1)
        lines[at] = line[:place] + chance.choice(
            ["", "\x00", "=", " ", ":", "0x", line]) + line[place + 1:]
    if not lines:
        lines.append("")


def mutant(seed, sources):
    chance = random.Random(seed)
    lines = excerpt(chance, sources)
    for _ in range(chance.choice([1, 2, 5, 20, 80])):
        damage(chance, lines)
    return "\n".join(lines[:LINES + 20]) + "\n"


def check(fallow, seed, sources, folder):
    """The failures of one seed, as text."""
    path = os.path.join(folder, f"mutant-{seed}.txt")
    with open(path, "w") as file:
        file.write(mutant(seed, sources))
    failures = []
    for command in COMMANDS:
        try:
            run = subprocess.run(
                [fallow, *command, path], capture_output=True, timeout=TIMEOUT,
                env=dict(os.environ, SWIFT_BACKTRACE="enable=no"))
        except subprocess.TimeoutExpired:
            failures.append(f"seed {seed}: {command[0]} hangs: {path}")
            continue
        if run.returncode not in STATUSES:
            said = run.stderr.decode(errors="replace").strip()[:300]
            failures.append(
                f"seed {seed}: {command[0]} ended with {run.returncode}: "
                f"{path}: {said}")
        elif "--json" in command and run.returncode != 2:
            schemes = json.loads(run.stdout).get("schemes", [])
            if any(s["name"] == "fallow" and s["verdict"] == "violated"
                   for s in schemes):
                failures.append(f"seed {seed}: fallow is violated: {path}")
    if not failures:
        os.remove(path)
    return failures


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    fallow, count = os.path.abspath(sys.argv[1]), int(sys.argv[2])
    first = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    sources = list(recordings())
    folder = tempfile.mkdtemp(prefix="fallow-mutants-")
    with ThreadPoolExecutor(2) as pool:
        results = pool.map(
            lambda seed: check(fallow, seed, sources, folder),
            range(first, first + count))
        failures = 0
        for result in results:
            for text in result:
                failures += 1
                print(f"FAIL {text}", flush=True)
    print(f"{count} damaged recordings from seed {first}: "
          f"{failures} failures")
    if not failures:
        os.rmdir(folder)
    sys.exit(bool(failures))


main()
