#!/usr/bin/env python3
"""Replays recordings while invalidations fail, and checks what is released.

usage: check-failures.py PATH-OF-FALLOW RECORDING SEEDS [RECORDING SEEDS ...]

A recording may be compressed: FILE.xz.

For seeds 1 to SEEDS, none if that is 0, each kind of failure, 1 to 8 shared spaces and 1 to 4
IOMMUs in turn: `fallow` has no stale walk, frees every table, and none that an
IOMMU has not answered for; what was parked is freed by a later answer, or by
expelling the device. `upstream` frees what was not answered for, and the output
says so.

Without failures: the figures that the product promises.
"""
import json
import lzma
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

KINDS = ["descriptor", "device", "late", "stuck"]
LIMIT = 64
# The most tables that one recorded operation frees: a leaf of 1 GiB takes the
# place of a table of level 2 and those below it.
LARGEST_OPERATION = 1 + 512


class Recording:
    def __init__(self, path):
        self.name = path.split("/")[-1].removesuffix(".xz")
        opened = lzma.open if path.endswith(".xz") else open
        with opened(path, "rb") as file:
            self.bytes = file.read()

    def run(self, fallow, *options):
        run = subprocess.run(
            [fallow, "replay", *options, "-"], input=self.bytes,
            capture_output=True)
        if run.returncode not in (0, 1, 3):
            raise SystemExit(f"{self.name} {options}: {run.stderr.decode()}")
        return run.stdout

    def replay(self, fallow, *options):
        document = json.loads(self.run(fallow, "--json", *options))
        schemes = {scheme["name"]: scheme for scheme in document["schemes"]}
        for scheme in schemes.values():
            scheme["toFree"] = (
                document["recorded"]["frees"]
                + document["freedBeforeClear"]["placed"])
        return schemes


def stale(scheme):
    return scheme["staleReads"] + scheme["staleWrites"]


def check_kind(fallow, recording, kind, seeds, failures):
    def options(seed):
        return [
            "--scheme", "upstream", "--scheme", "fallow",
            "--fail", f"{kind}:0.2", "--seed", str(seed),
            "--bound", str(1 + (seed - 1) % 8),
            "--iommus", str(1 + (seed - 1) // 8 % 4), "--dma", "5000"]

    def expect(holds, text):
        if not holds:
            failures.append(f"{recording.name}, {kind}: {text}")

    if seeds == 0:
        return
    with ThreadPoolExecutor(2) as pool:
        runs = list(pool.map(
            lambda seed: recording.replay(fallow, *options(seed)),
            range(1, seeds + 1)))
    parked = expelled = unanswered = upstream_stale = 0
    for seed, schemes in enumerate(runs, 1):
        ours, theirs = schemes["fallow"], schemes["upstream"]
        expect(stale(ours) == 0, f"seed {seed}: fallow had a stale walk")
        expect(ours["releasedUnanswered"] == 0,
               f"seed {seed}: fallow freed what was not answered for")
        expect(ours["leftPending"] == 0, f"seed {seed}: tables were left")
        expect(ours["tablesFreed"] == ours["toFree"],
               f"seed {seed}: {ours['tablesFreed']} of {ours['toFree']} freed")
        parked += ours["parked"]
        expelled += ours["expelled"]
        unanswered += theirs["releasedUnanswered"]
        upstream_stale += stale(theirs) > 0
        if seed == seeds and theirs["releasedUnanswered"]:
            expect(
                b"freed although an IOMMU had not answered"
                in recording.run(fallow, *options(seed)),
                f"seed {seed}: upstream's frees are not in the text")
    expect(parked > 0, "nothing was ever parked")
    expect(unanswered > 0, "upstream's frees do not show")
    if kind == "stuck":
        expect(expelled > 0, "nobody was expelled")
    print(f"{recording.name}, {kind}: {seeds} seeds; fallow parked "
          f"{parked} tables and expelled {expelled} devices; upstream freed "
          f"{unanswered} tables unanswered, stale walks in {upstream_stale} "
          "runs", flush=True)


def check_figures(fallow, recording, failures):
    def expect(holds, text):
        if not holds:
            failures.append(f"{recording.name}: {text}")

    def per_table(scheme, bound, *options):
        return recording.replay(
            fallow, "--bound", str(bound), "--scheme", scheme, *options
        )[scheme]["invalidationsPerFreedTable"]

    theirs = per_table("upstream", 8)
    ours = per_table("fallow", 8)
    # Of one space nothing is merged.
    neither = 8 * per_table("fallow", 1, "--window", "0")
    window = 8 * per_table("fallow", 1)
    merging = per_table("fallow", 8, "--window", "0")
    wide = per_table("fallow", 8, "--window", "100000000")
    print(f"{recording.name}: invalidations per freed table, 8 spaces: "
          f"upstream {theirs:.2f}, fallow {ours:.2f}; neither window nor "
          f"merging {neither:.2f}, window alone {window:.2f}, merging alone "
          f"{merging:.2f}; both, a window of 100 ms {wide:.3f}")
    expect(ours <= theirs / 3, "invalidations per freed table")
    four = recording.replay(fallow, "--iommus", "4", "--window", "0")
    wait = {
        scheme: four[scheme]["waitedNanoseconds"]
        / max(1, four[scheme]["batches"]["runs"])
        for scheme in ("upstream", "fallow")}
    print(f"{recording.name}: wait per batch, 4 IOMMUs: upstream "
          f"{wait['upstream']:.0f} ns, fallow {wait['fallow']:.0f} ns")
    expect(wait["upstream"] >= 3.5 * wait["fallow"], "wait per batch")
    nobody = recording.replay(
        fallow, "--bound", "0", "--scheme", "fallow")["fallow"]
    expect(nobody["descriptors"] == 0
           and nobody["queueTimeNanoseconds"]["max"] == 0,
           f"nobody shares, and yet: {nobody}")
    most = recording.replay(
        fallow, "--bound", "8", "--limit", str(LIMIT), "--window", "1000000000",
        "--scheme", "fallow")["fallow"]["maxPending"]
    print(f"{recording.name}: limit of {LIMIT} tables, window of 1 s: at most "
          f"{most} pending")
    expect(most < LIMIT + LARGEST_OPERATION, "the limit")


def main():
    fallow, failures = sys.argv[1], []
    for path, seeds in zip(sys.argv[2::2], sys.argv[3::2], strict=True):
        recording = Recording(path)
        check_figures(fallow, recording, failures)
        for kind in KINDS:
            check_kind(fallow, recording, kind, int(seeds), failures)
    for failure in failures:
        print(f"FAIL {failure}")
    sys.exit(bool(failures))


main()
