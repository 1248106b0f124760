#!/usr/bin/env python3
"""Measures how fast a long recording is read, against grep on the same file.

usage: check-speed.py PATH-OF-FALLOW [BYTES]

Makes a recording of BYTES (1 GiB unless told) of the bundled modprobe one,
and runs `grep -c kpt_free` and `fallow replay --recorded` on it three times in
turn. Fails if the best of fallow's times is more than 8 times grep's best, or
if it ever has 100 MiB or more resident.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time

LIMIT_RATIO = 8
LIMIT_KIB = 100 * 1024
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def seconds(command):
    start = time.monotonic()
    environment = dict(os.environ, LC_ALL="C")
    # A pipe: grep stops at the first match if its output goes nowhere.
    subprocess.run(
        command, check=True, stdout=subprocess.PIPE, env=environment
    )
    return time.monotonic() - start


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    fallow = sys.argv[1]
    size = sys.argv[2] if len(sys.argv) > 2 else str(1 << 30)
    sample = os.path.join(ROOT, "Examples/Traces/modprobe-2cpu.trace.txt")
    generator = os.path.join(ROOT, "Scripts/long-trace.py")
    with tempfile.NamedTemporaryFile(suffix=".txt") as file:
        subprocess.run(
            [sys.executable, generator, sample, size], check=True, stdout=file
        )
        file.flush()
        os.fsync(file.fileno())
        greps, reads = [], []
        for _ in range(3):
            greps.append(seconds(["grep", "-c", "kpt_free", file.name]))
            reads.append(
                seconds([fallow, "replay", "--recorded", "--json", file.name])
            )
    # Of all children, and so of the largest; grep and the generator have less.
    resident = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    ratio = min(reads) / min(greps)
    print(
        f"grep {min(greps):.2f} s, fallow {min(reads):.2f} s: {ratio:.1f} times,"
        f" at most {resident / 1024:.0f} MiB resident"
    )
    sys.exit(0 if ratio <= LIMIT_RATIO and resident < LIMIT_KIB else 1)


if __name__ == "__main__":
    main()
