#!/usr/bin/env python3
"""Replays recordings while invalidations fail, and checks what is released.

usage: check-failures.py PATH-OF-FALLOW SEEDS RECORDING ...

For seeds 1 to SEEDS, each kind of failure, and 1 to 4 IOMMUs in turn: `fallow`
has no stale walk, releases nothing that an IOMMU has not answered for, and has
nothing left; what was parked is released by a later answer, or by expelling the
device. `upstream` releases what was not answered for, and the output says so.

Without failures: the figures that the product promises.
"""
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

KINDS = ["descriptor", "device", "late", "stuck"]


def replay(fallow, path, *options):
    run = subprocess.run(
        [fallow, "replay", "--json", *options, path],
        capture_output=True, text=True)
    if run.returncode not in (0, 1):
        raise SystemExit(f"{path} {options}: {run.stderr}")
    document = json.loads(run.stdout)
    return {scheme["name"]: scheme for scheme in document["schemes"]}


def stale(scheme):
    return scheme["staleReads"] + scheme["staleWrites"]


def check_kind(fallow, path, kind, seeds, failures):
    def run(seed):
        return replay(
            fallow, path, "--scheme", "upstream", "--scheme", "fallow",
            "--fail", f"{kind}:0.2", "--seed", str(seed),
            "--bound", str(1 + (seed - 1) % 8),
            "--iommus", str(1 + (seed - 1) // 8 % 4), "--dma", "20000")

    def expect(holds, text):
        if not holds:
            failures.append(f"{path.split('/')[-1]}, {kind}: {text}")

    with ThreadPoolExecutor(2) as pool:
        runs = list(pool.map(run, range(1, seeds + 1)))
    parked = expelled = unanswered = upstream_stale = 0
    for seed, schemes in enumerate(runs, 1):
        ours, theirs = schemes["fallow"], schemes["upstream"]
        expect(stale(ours) == 0, f"seed {seed}: fallow had a stale walk")
        expect(ours["releasedUnanswered"] == 0,
               f"seed {seed}: fallow released what was not answered for")
        expect(ours["leftPending"] == 0, f"seed {seed}: tables were left")
        parked += ours["parked"]
        expelled += ours["expelled"]
        unanswered += theirs["releasedUnanswered"]
        upstream_stale += stale(theirs) > 0
    expect(parked > 0, "nothing was ever parked")
    expect(unanswered > 0, "upstream's releases do not show")
    if kind == "stuck":
        expect(expelled > 0, "nobody was expelled")
    print(f"{path.split('/')[-1]}, {kind}: {seeds} seeds; fallow parked "
          f"{parked} tables and expelled {expelled} devices; upstream released "
          f"{unanswered} tables unanswered, stale walks in {upstream_stale} "
          "runs", flush=True)


def check_figures(fallow, path, failures):
    name = path.split("/")[-1]
    eight = replay(fallow, path, "--bound", "8")
    unmerged = replay(fallow, path, "--bound", "1", "--scheme", "fallow")
    hasty = replay(
        fallow, path, "--bound", "8", "--window", "0", "--scheme", "fallow")
    ours = eight["fallow"]["invalidationsPerFreedTable"]
    theirs = eight["upstream"]["invalidationsPerFreedTable"]
    print(f"{name}: invalidations per freed table, 8 spaces: upstream "
          f"{theirs:.2f}, fallow {ours:.2f}; without a window "
          f"{hasty['fallow']['invalidationsPerFreedTable']:.2f}; without "
          "merging "
          f"{8 * unmerged['fallow']['invalidationsPerFreedTable']:.2f}")
    if ours > theirs / 3:
        failures.append(f"{name}: invalidations per freed table")
    four = replay(fallow, path, "--iommus", "4", "--window", "0")
    wait = {
        scheme: four[scheme]["waitedNanoseconds"]
        / max(1, four[scheme]["batches"]["runs"])
        for scheme in ("upstream", "fallow")}
    print(f"{name}: wait per batch, 4 IOMMUs: upstream "
          f"{wait['upstream']:.0f} ns, fallow {wait['fallow']:.0f} ns")
    if wait["upstream"] < 3.5 * wait["fallow"]:
        failures.append(f"{name}: wait per batch")
    nobody = replay(fallow, path, "--bound", "0", "--scheme", "fallow")
    ours = nobody["fallow"]
    if ours["descriptors"] or ours["queueTimeNanoseconds"]["max"]:
        failures.append(f"{name}: nobody shares, and yet: {ours}")
    bounded = replay(
        fallow, path, "--bound", "8", "--limit", "64", "--window", "1000000000",
        "--scheme", "fallow")["fallow"]
    print(f"{name}: bound of 64 tables, window of 1 s: at most "
          f"{bounded['maxPending']} pending")
    return bounded["maxPending"]


def main():
    fallow, seeds, paths = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
    failures = []
    for path in paths:
        check_figures(fallow, path, failures)
        for kind in KINDS:
            check_kind(fallow, path, kind, seeds, failures)
    for failure in failures:
        print(f"FAIL {failure}")
    sys.exit(bool(failures))


main()
