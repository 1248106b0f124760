#!/usr/bin/env python3
"""Measures how fast a long recording is read, and what a replay of one holds.

usage: check-speed.py PATH-OF-FALLOW [BYTES]

Makes a recording of BYTES (1 GiB unless given) of the bundled modprobe one,
and runs `grep -c kpt_free` and `fallow replay --recorded` on it three times in
turn. Fails if the best of fallow's times is more than 8 times grep's best, or
if it ever has 100 MiB or more resident. Then replays a sixteenth of the
recording and a quarter: fails if the larger one takes more than 1.1 times the
memory.
"""

import os
import subprocess
import sys
import tempfile
import time

LIMIT_RATIO = 8
LIMIT_KIB = 100 * 1024
LIMIT_GROWTH = 1.1
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SAMPLE = os.path.join(ROOT, "Examples/Traces/modprobe-2cpu.trace.txt")
GENERATOR = os.path.join(ROOT, "Scripts/long-trace.py")


def run(command):
    """Seconds that a command took, and how many KiB it had resident."""
    start = time.monotonic()
    # A pipe: grep stops at the first match if its output goes nowhere.
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, env=dict(os.environ, LC_ALL="C"))
    process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"{command[0]} ended with {os.waitstatus_to_exitcode(status)}")
    return time.monotonic() - start, usage.ru_maxrss


def recording(size):
    file = tempfile.NamedTemporaryFile(suffix=".txt")
    subprocess.run(
        [sys.executable, GENERATOR, SAMPLE, str(size)], check=True, stdout=file)
    file.flush()
    os.fsync(file.fileno())
    return file


def reading(fallow, size):
    greps, reads, resident = [], [], 0
    with recording(size) as file:
        for _ in range(3):
            greps.append(run(["grep", "-c", "kpt_free", file.name])[0])
            taken, kib = run(
                [fallow, "replay", "--recorded", "--json", file.name])
            reads.append(taken)
            resident = max(resident, kib)
    ratio = min(reads) / min(greps)
    print(
        f"grep {min(greps):.2f} s, fallow {min(reads):.2f} s: {ratio:.1f} "
        f"times, at most {resident / 1024:.0f} MiB resident", flush=True)
    return ratio <= LIMIT_RATIO and resident < LIMIT_KIB


def replaying(fallow, sizes):
    resident = []
    for size in sizes:
        with recording(size) as file:
            resident.append(run(
                [fallow, "replay", "--scheme", "fallow", "--dma", "1000",
                 "--json", file.name])[1])
    growth = resident[1] / resident[0]
    small, large = (kib / 1024 for kib in resident)
    print(
        f"replays of {sizes[0] >> 20} and {sizes[1] >> 20} MiB: {small:.0f} "
        f"and {large:.0f} MiB resident, {growth:.2f} times")
    return growth <= LIMIT_GROWTH


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    fallow = sys.argv[1]
    size = int(sys.argv[2]) if len(sys.argv) > 2 else 1 << 30
    is_fast = reading(fallow, size)
    is_small = replaying(fallow, [size >> 4, size >> 2])
    sys.exit(0 if is_fast and is_small else 1)


if __name__ == "__main__":
    main()
