#!/usr/bin/env python3
"""Kills searches at random moments, continues them, and compares the counts.

usage: check-checkpoints.py PATH-OF-FALLOW [ROUNDS]

In each of the rounds, 20 if no number is given, a search of a scenario and one
of a program in C are killed without a warning again and again until they come
to their ends, and must have counted what a search has that was never killed.
"""
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
SEARCHES = {
    "map-unmap": ["map-unmap", "--cpus", "2", "--slots", "1", "--frames", "3"],
    "free-path.c": ["--c", str(ROOT / "Examples/KernelC/free-path.c")],
}
OPTIONS = ["--liveness-limit", "0", "--json"]
SAME = ("verdict", "states", "transitions", "renamings", "diameter",
        "coverage", "happened", "missing", "neverBegun", "reductions")
SEED = 20


def until_killed(command, seconds):
    """What a command printed; nothing if it was killed before its end."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        return process.communicate(timeout=seconds)[0]
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return None


def killed_and_continued(search, file, draw, longest):
    """What the search found in the end, and how often it was killed.

    It is killed later the more often it was, so that it ends: it also writes
    checkpoints, which `longest` does not include.
    """
    kills = 0
    option = "--checkpoint"
    while True:
        output = until_killed(
            [*search, option, file, "--checkpoint-interval", "0",
             "--threads", str(draw.randint(1, 3))],
            draw.uniform(0, longest) * (1 + kills / 5))
        if output is not None:
            return json.loads(output), kills
        kills += 1
        if os.path.exists(file):
            option = "--continue"


def check(name, search, rounds):
    """Whether all rounds of a search have the same counts."""
    start = time.monotonic()
    whole = json.loads(subprocess.run(
        search, capture_output=True, text=True).stdout)
    longest = time.monotonic() - start
    draw = random.Random(SEED)
    good = kills = 0
    for number in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            found, killed = killed_and_continued(
                search, os.path.join(folder, "search"), draw, longest)
        different = [key for key in SAME if found[key] != whole[key]]
        good += not different
        kills += killed
        if different:
            print(f"{name}: round {number}, killed {killed} times: {different} "
                  "differ")
    print(f"{name}: {good} of {rounds} have the same counts, {whole['states']} "
          f"states; killed {kills} times, seed {SEED}")
    return good == rounds and kills > 0


def main(fallow, rounds):
    results = [
        check(name, [fallow, "check", *search, *OPTIONS], rounds)
        for name, search in SEARCHES.items()
    ]
    return 0 if all(results) else 1


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        print(__doc__.split("\n\n")[1], file=sys.stderr)
        sys.exit(2)
    sys.exit(main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 20))
