"""Runs fallow-bench and the C baseline; see bench.sh."""

import json
import os
import re
import subprocess
import sys

THRESHOLDS = "Benchmarks/thresholds.json"
ALLOWED = 1.03
OPERATIONS = {
    # operation: the one in C that does the same work
    "map4k": "map4k",
    "map4k_cursor": "map4k",
    "map4k_collapse": "map4k",
    "map4k_range": "map4k_range",
    "unmap4k": "unmap4k",
    "unmap4k_range": "unmap4k_range_read",
    "unmap4k_range_read": "unmap4k_range_read",
    "translate": "translate",
    "cycle": "cycle",
    "cycle_range": "cycle_range",
    "cycle1": "cycle1",
    "map2m": "map2m",
    "enqueue1": None,
    "drain": None,
    "drain_buddy": None,
    "cycle32": None,
}


def units_of(line):
    return int(line.split()[3])


def measure(command, operation, repetitions):
    line = subprocess.run(
        [*command, operation, str(repetitions)],
        check=True, capture_output=True, text=True).stdout
    counted = subprocess.run(
        ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null",
         "--collect-atstart=no", f"--toggle-collect=op_{operation}",
         *command, operation, "1"],
        check=True, capture_output=True, text=True)
    instructions = int(
        re.search(r"Collected : (\d+)", counted.stderr).group(1))
    if instructions == 0:
        sys.exit(f"op_{operation}: nothing was counted")
    return (instructions / units_of(counted.stdout), float(line.split()[2]))


def overlapping(command, *operations):
    """Two threads' time for a unit over one thread's."""
    times = []
    for operation in operations:
        line = subprocess.run(
            [*command, operation, "51"], capture_output=True, text=True)
        if line.returncode != 0:
            return None
        times.append(float(line.stdout.split()[2]))
    return times[1] / times[0]


def main():
    fallow = [sys.argv[1], "fallow"]
    repetitions = int(os.environ.get("REPS", "7"))
    counts, c = {}, {}
    print(f"{'':18} {'instructions':^23} {'nanoseconds':^23} {'time':^13}")
    print(f"{'operation':18} {'fallow':>7} {'C':>7} {'C+':>7}"
          f" {'fallow':>7} {'C':>7} {'C+':>7} {'/ C':>6} {'/ C+':>6}")
    for operation, same in OPERATIONS.items():
        count, time = measure(fallow, operation, repetitions)
        counts[operation] = round(count, 2)
        if same and same not in c:
            c[same] = [measure([baseline], same, repetitions)
                       for baseline in sys.argv[2:4]]
        baselines = c[same] if same else []
        row = f"{operation:18} {count:7.2f}"
        row += "".join(f" {other:7.2f}" for other, _ in baselines) or " " * 16
        row += f" {time:7.2f}"
        row += "".join(f" {other:7.2f}" for _, other in baselines)
        row += "".join(f" {time / other:6.2f}" for _, other in baselines)
        print(row, flush=True)
    ratio = overlapping(fallow, "enqueue1", "enqueue2")
    if ratio is None:
        print("enqueue2             the two threads never ran at once")
    else:
        print(f"enqueue2             {ratio:.2f} of enqueue1's time a table")
    ratio = overlapping(fallow, "disjoint1", "disjoint2")
    if ratio is None:
        print("disjoint2            the two threads never ran at once")
    else:
        print(f"disjoint2            {2 / ratio:.2f} of disjoint1's throughput")
    if "--record" in sys.argv:
        with open(THRESHOLDS, "w") as file:
            json.dump(counts, file, indent=2)
            file.write("\n")
    if "--check" in sys.argv:
        with open(THRESHOLDS) as file:
            thresholds = json.load(file)
        slower = [
            f"{operation}: {counts[operation]}, not {threshold}"
            for operation, threshold in thresholds.items()
            if counts[operation] > threshold * ALLOWED]
        if slower:
            sys.exit("slower than the thresholds:\n" + "\n".join(slower))
        print("within 3 % of the thresholds")


main()
