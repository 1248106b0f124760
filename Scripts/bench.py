"""Runs fallow-bench and the C baselines; see bench.sh.

usage: bench.py FALLOW-BENCH FOLDER-OF-BASELINES [--check | --record]
"""

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
    "protect1": None,
    "enqueue1": None,
    "drain": None,
    "drain_buddy": None,
    "cycle32": None,
}
# The same on kernels that a direct map and read sections cost something.
PLATFORMS = ["map4k_counting", "unmap4k_counting", "map4k_moved",
             "unmap4k_moved"]
MIXES = ["vmalloc", "mmap", "protect", "fork", "scatter", "sparse",
         "n1", "n2", "n4", "n16", "n64"]
FORMATS = ["x86", "sv39", "arm64"]
# Operation of one thread, of two: what is printed of their ratio.
THREADS = {
    "enqueue": "of one thread's time a table",
    "disjoint": "of one thread's time a page, over a gigabyte each",
    "halves": "of one thread's time a page, over halves of one table",
    "alternate": "of one thread's time a page, over every second page",
    "halves_calls": "the same halves by single calls",
    "alternate_calls": "every second page by single calls",
}


class Bench:
    def __init__(self, program, folder):
        self.program = program
        self.lists = f"{folder}/lists"
        self.baselines = [
            {source: f"{folder}/{source}{variant}"
             for source in ("tables", "mixes")}
            for variant in ("", "-neighbours")]
        self.repetitions = os.environ.get("REPS", "7")

    def fallow(self, operation, repetitions):
        return [self.program, operation, str(repetitions)]

    def mix(self, name, repetitions, format):
        return [*self.fallow(name, repetitions), format, self.lists]

    def c(self, variant, operation, repetitions):
        baseline = self.baselines[variant]
        if operation in MIXES:
            return [baseline["mixes"], operation, str(repetitions), self.lists]
        return [baseline["tables"], operation, str(repetitions)]

    def time(self, command):
        line = subprocess.run(
            command, check=True, capture_output=True, text=True).stdout
        return float(line.split()[2])

    def count(self, command, symbol):
        counted = subprocess.run(
            ["valgrind", "--tool=callgrind",
             "--callgrind-out-file=/dev/null", "--collect-atstart=no",
             f"--toggle-collect={symbol}", *command],
            check=True, capture_output=True, text=True)
        found = re.search(r"Collected : (\d+)", counted.stderr)
        instructions = int(found.group(1))
        if instructions == 0:
            sys.exit(f"{symbol}: nothing was counted")
        return instructions / int(counted.stdout.split()[3])

    def operation(self, name):
        return (self.count(self.fallow(name, 1), f"op_{name}"),
                self.time(self.fallow(name, self.repetitions)))

    def mixture(self, name, format):
        symbol = name if name in ("fork", "scatter") else "mix"
        return (self.count(self.mix(name, 1, format), f"op_{symbol}_{format}"),
                self.time(self.mix(name, self.repetitions, format)))

    def baseline(self, variant, name):
        symbol = "mix" if name in MIXES and name not in ("fork", "scatter") \
            else name
        return (self.count(self.c(variant, name, 1), f"op_{symbol}"),
                self.time(self.c(variant, name, self.repetitions)))

    def ratio(self, one, two):
        """Two threads' time for a unit over one thread's, or None.

        The best of several runs of each, in turns: where a run's memory lies,
        and what else the machine does, is another each time.
        """
        best = []
        for _ in range(5):
            times = [self.time_at_once(command) for command in (one, two)]
            if None not in times:
                best.append(times)
        if not best:
            return None
        return min(two for _, two in best) / min(one for one, _ in best)

    def time_at_once(self, command):
        """The time of a unit, or None if the threads never ran at once."""
        ran = subprocess.run(command, capture_output=True, text=True)
        return float(ran.stdout.split()[2]) if ran.returncode == 0 else None


def row(name, measured, baselines):
    count, time = measured
    text = f"{name:18} {count:7.2f}"
    text += "".join(f" {other:7.2f}" for other, _ in baselines) or " " * 16
    text += f" {time:7.2f}"
    text += "".join(f" {other:7.2f}" for _, other in baselines)
    text += "".join(f" {time / other:6.2f}" for _, other in baselines)
    print(text, flush=True)


def header(unit):
    print(f"\n{'':18} {'instructions':^23} {'nanoseconds':^23} {'time':^13}")
    print(f"{unit:18} {'fallow':>7} {'C':>7} {'C+':>7}"
          f" {'fallow':>7} {'C':>7} {'C+':>7} {'/ C':>6} {'/ C+':>6}")


def measure(bench):
    """Prints the tables; the instructions that thresholds hold."""
    counts, c = {}, {}

    def baselines(name):
        if name is None:
            return []
        if name not in c:
            c[name] = [bench.baseline(variant, name) for variant in (0, 1)]
        return c[name]

    header("operation")
    for name, same in OPERATIONS.items():
        measured = bench.operation(name)
        counts[name] = round(measured[0], 2)
        row(name, measured, baselines(same))
    for name in PLATFORMS:
        measured = bench.operation(name)
        counts[name] = round(measured[0], 2)
        row(name, measured, baselines(name.split("_")[0]))
    header("mix")
    for name in MIXES:
        measured = bench.mixture(name, "x86")
        counts[name] = round(measured[0], 2)
        row(name, measured, baselines(name))
    header("mix, other formats")
    for name in MIXES:
        for format in FORMATS[1:]:
            row(f"{name} {format}", bench.mixture(name, format), [])
    print()
    for name, text in THREADS.items():
        ratios = [bench.ratio(bench.fallow(f"{name}1", 51),
                              bench.fallow(f"{name}2", 51))]
        same = name.removesuffix("_calls")
        if same in ("halves", "alternate"):
            mixes = bench.baselines[1]["mixes"]
            ratios.append(bench.ratio([mixes, f"{same}1", "51", "-"],
                                      [mixes, f"{same}2", "51", "-"]))
        shown = ", C+ ".join(
            "never at once" if ratio is None else f"{ratio:.2f}"
            for ratio in ratios)
        print(f"{name + '2':18} {shown} {text}")
    return counts


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    counts = measure(Bench(sys.argv[1], sys.argv[2]))
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
