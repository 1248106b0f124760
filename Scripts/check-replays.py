#!/usr/bin/env python3
"""Replays every recording over many seeds and checks what the schemes claim.

usage: check-replays.py PATH-OF-FALLOW SEEDS [RECORDING ...]

For seeds 1 to SEEDS, with 1 to 8 bound spaces and 1 to 4 IOMMUs in turn:
`fallow` never has a stale walk, nor `upstream` but where memory is unplugged;
nothing is left pending; in nine of ten runs some walk goes through a
quarantined table, and under `immediate` in nine of ten runs one is stale. The
verdicts and the exit status say so. Without device traffic there is none, and
nothing is called clear. At no latency `upstream` has the
recorded batches.
"""
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

TABLES_UNPLUGGED = {"hotplug-2cpu.trace.txt": 8}


def replay(fallow, path, *options):
    run = subprocess.run(
        [fallow, "replay", "--json", *options, path],
        capture_output=True, text=True)
    if run.returncode not in (0, 1, 3):
        raise SystemExit(f"{path} {options}: {run.stderr}")
    return json.loads(run.stdout), run.returncode


def status(schemes):
    """The exit status that the schemes' verdicts stand for."""
    if any(s["claimsSafety"] and s["verdict"] == "violated" for s in schemes):
        return 1
    return 3 if any(s["verdict"] == "notJudged" for s in schemes) else 0


def stale(scheme):
    return scheme["staleReads"] + scheme["staleWrites"]


def check_seed(fallow, path, seed):
    bound, iommus = 1 + (seed - 1) % 8, 1 + (seed - 1) // 8 % 4
    return replay(
        fallow, path, "--seed", str(seed), "--bound", str(bound), "--iommus",
        str(iommus))


def check(fallow, path, seeds, failures):
    name = path.split("/")[-1]
    unplugged = TABLES_UNPLUGGED.get(name, 0)

    def expect(holds, text):
        if not holds:
            failures.append(f"{name}: {text}")

    with ThreadPoolExecutor(2) as pool:
        runs = list(pool.map(
            lambda seed: check_seed(fallow, path, seed), range(1, seeds + 1)))
    caught = {"immediate": 0, "upstream": 0, "fallow": 0}
    quarantined = dict(caught)
    for seed, (document, returned) in enumerate(runs, 1):
        for scheme in document["schemes"]:
            caught[scheme["name"]] += stale(scheme) > 0
            quarantined[scheme["name"]] += (
                scheme["walksThroughQuarantined"] > 0)
            expect(scheme["leftPending"] == 0, f"seed {seed}: left pending")
            expect(
                scheme["freedBeforeClear"]
                == (0 if scheme["name"] == "fallow" else unplugged),
                f"seed {seed}: tables freed before their entry was cleared")
            expect(
                scheme["verdict"] == (
                    "violated" if stale(scheme) or scheme["freedBeforeClear"]
                    else "clear"),
                f"seed {seed}: {scheme['name']} is {scheme['verdict']}")
        expect(
            returned == status(document["schemes"]),
            f"seed {seed}: exit status {returned}")
    expect(caught["fallow"] == 0, f"fallow: {caught['fallow']} stale runs")
    expect(caught["immediate"] >= 0.9 * seeds,
           f"immediate: only {caught['immediate']} stale runs")
    if unplugged:
        expect(caught["upstream"] >= 0.9 * seeds,
               f"upstream: only {caught['upstream']} stale runs")
    else:
        expect(caught["upstream"] == 0,
               f"upstream: {caught['upstream']} stale runs")
        expect(quarantined["upstream"] >= 0.9 * seeds,
               f"upstream: walks through quarantined tables in only "
               f"{quarantined['upstream']} runs")
    expect(quarantined["fallow"] >= 0.9 * seeds,
           f"fallow: walks through quarantined tables in only "
           f"{quarantined['fallow']} runs")
    quiet, _ = replay(fallow, path, "--dma", "0")
    expect(all(stale(s) == 0 for s in quiet["schemes"]), "stale without DMA")
    expect(all(s["verdict"] != "clear" for s in quiet["schemes"]),
           "clear without DMA")
    exact, _ = replay(
        fallow, path, "--scheme", "upstream", "--invalidation-latency", "0")
    batches = exact["schemes"][0]["batches"]
    expect(batches["runs"] == batches["equal"] == exact["recorded"]["workerRuns"],
           f"upstream's batches: {batches}")
    entries, _ = replay(
        fallow, path, "--scheme", "upstream", "--invalidation-latency", "0",
        "--entry-events")
    by_entry = entries["schemes"][0]["batches"]
    print(f"{name}: {seeds} seeds; stale in {caught}; through quarantined "
          f"tables in {quarantined}; batches equal {batches['equal']} of "
          f"{batches['runs']}, by entry events {by_entry['equal']}", flush=True)
    return by_entry


def main():
    fallow, seeds, paths = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
    failures = []
    by_entry = [check(fallow, path, seeds, failures) for path in paths]
    equal = sum(b["equal"] for b in by_entry)
    runs = sum(b["runs"] for b in by_entry)
    print(f"batches by entry events alone: {equal} of {runs}")
    if equal < 0.95 * runs:
        failures.append("fewer than 95 % of the batches by entry events alone")
    for failure in failures:
        print(f"FAIL {failure}")
    sys.exit(bool(failures))


main()
