#!/usr/bin/env python3
"""Measures the explorer, and checks that no way to run it changes a result.

usage: bench-explorer.py PATH-OF-FALLOW

The same searches with one thread and with two, and with two hash seeds: the
verdict and every count must be the same, and no state may cost more than 32
bytes of memory where there are many. Prints transitions per second of the
processor's time, where other programs cannot show, and the ratio of two
threads to one by the clock, which wants an idle machine: the median of three
runs of each, in turn.
"""
import json
import resource
import statistics
import subprocess
import sys
import time

SEARCHES = {
    "concrete": ["--slots", "2", "--concrete", "--no-symmetry"],
    "two CPUs": ["--cpus", "2", "--slots", "2", "--frames", "2"],
}
COUNTS = ("verdict", "exhaustive", "states", "transitions", "diameter")
BYTES_PER_STATE = 32
MANY_STATES = 100_000


def search(fallow, options, threads, seed):
    """The answer, and its seconds by the clock and of the processor."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    start = time.monotonic()
    run = subprocess.run(
        [fallow, "check", "map-unmap", "--json", *options, "--threads",
         str(threads), "--seed", str(seed), "--liveness-limit", "0"],
        capture_output=True, text=True)
    wall = time.monotonic() - start
    used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
    if run.returncode != 0:
        raise SystemExit(f"{options}: {run.stderr or run.stdout}")
    return json.loads(run.stdout), wall, used


def main(fallow):
    failed = False
    for name, options in SEARCHES.items():
        counts = set()
        walls = {1: [], 2: []}
        rates = []
        most = 0
        for seed in (1, 2, 3):
            for threads in (1, 2):
                answer, wall, used = search(fallow, options, threads, seed)
                counts.add(tuple(answer[key] for key in COUNTS))
                if answer["states"] >= MANY_STATES:
                    most = max(most, answer["memoryPerState"])
                walls[threads].append(wall)
                if threads == 1:
                    rates.append(answer["transitions"] / used)
        same = len(counts) == 1
        failed |= not same or most > BYTES_PER_STATE
        ratio = statistics.median(walls[1]) / statistics.median(walls[2])
        print(f"{name}: {statistics.median(rates) / 1e6:.1f} M transitions/s, "
              f"two threads {ratio:.2f} times one, counts "
              + ("the same in all runs" if same else f"DIFFER: {counts}")
              + (f", {most} bytes a state" if most else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        print(__doc__.split("\n\n")[1], file=sys.stderr)
        sys.exit(2)
    sys.exit(main(sys.argv[1]))
