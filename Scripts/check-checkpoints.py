#!/usr/bin/env python3
"""Kills a search at random moments, continues it, and compares the counts.

usage: check-checkpoints.py PATH-OF-FALLOW [ROUNDS]

In each of the rounds, 20 if no number is given, the same search is killed
without a warning again and again until it comes to its end, and must have
counted what a search has that was never killed.
"""
import json
import os
import random
import subprocess
import sys
import tempfile
import time

SEARCH = ["check", "map-unmap", "--cpus", "2", "--slots", "1", "--frames", "3",
          "--liveness-limit", "0", "--json"]
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


def killed_and_continued(fallow, file, draw, longest):
    """What the search found in the end, and how often it was killed."""
    kills = 0
    option = "--checkpoint"
    while True:
        output = until_killed(
            [fallow, *SEARCH, option, file, "--checkpoint-interval", "0",
             "--threads", str(draw.randint(1, 3))],
            draw.uniform(0, longest))
        if output is not None:
            return json.loads(output), kills
        kills += 1
        if os.path.exists(file):
            option = "--continue"


def main(fallow, rounds):
    start = time.monotonic()
    whole = json.loads(subprocess.run(
        [fallow, *SEARCH], capture_output=True, text=True).stdout)
    longest = time.monotonic() - start
    draw = random.Random(SEED)
    good = kills = 0
    for number in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            found, killed = killed_and_continued(
                fallow, os.path.join(folder, "search"), draw, longest)
        different = [key for key in SAME if found[key] != whole[key]]
        good += not different
        kills += killed
        if different:
            print(f"round {number}, killed {killed} times: {different} differ")
    print(f"{good} of {rounds} have the same counts, {whole['states']} states; "
          f"killed {kills} times, seed {SEED}")
    return 0 if good == rounds and kills else 1


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        print(__doc__.split("\n\n")[1], file=sys.stderr)
        sys.exit(2)
    sys.exit(main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 20))
