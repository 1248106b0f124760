#!/usr/bin/env python3
"""Takes away, one by one, what the library's comments call necessary.

    Scripts/check-guards.py [NAME ...]

A marker in the source names each guard, and `mutants/*.toml` what stands there
when it is off: see `guard_markers.py`. A copy of the library has both, and a
switch that is read once from the environment; it is built once. With its guard
off, a scenario of the catalogue that is safe must show a violation; with all
on, it is safe. What the explorer itself must look at `hides` a scenario's
violation when it is off.

A marker without a mutant is an error, and a mutant without a marker.
"""

import concurrent.futures
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import guard_markers

here = pathlib.Path(__file__).resolve().parent
root = here.parent
switch = "GUARD_OFF"

package = """\
// swift-tools-version: 6.2
import PackageDescription
let package = Package(
  name: "guards",
  targets: [
    .target(name: "Fallow", exclude: ["Fallow.docc"]),
    .target(name: "FallowSchemes", dependencies: ["Fallow"]),
    .target(
      name: "FallowMachine", dependencies: ["Fallow"],
      exclude: ["FallowMachine.docc"]),
    .target(
      name: "FallowExplorer",
      dependencies: ["Fallow", "FallowMachine", "FallowSchemes"],
      exclude: ["FallowExplorer.docc"]),
    .executableTarget(name: "Guards", dependencies: ["FallowExplorer"]),
  ])
for target in package.targets {
  target.swiftSettings = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
  ]
}
"""

switch_source = """\
internal import Glibc

public enum GuardSwitch {
  public static let off: Int =
    getenv("%s").map { Int(atoi($0)) } ?? -1
}
""" % switch

runner = """\
import FallowExplorer
import Glibc

for name in CommandLine.arguments.dropFirst() {
  guard let entry = Catalogue.all.first(where: { $0.name == name }) else {
    print("there is no scenario \\(name)")
    exit(2)
  }
  let outcome = entry.search(entry.scenario, SearchOptions())
  print(name, outcome.verdict, outcome.oracle)
}
"""


def make_copy(guards, folder):
    modules = ("Fallow", "FallowSchemes", "FallowMachine", "FallowExplorer")
    edits = {
        marker: (edit, f"GuardSwitch.off == {number}")
        for number, guard in enumerate(guards.values())
        for marker, edit in guard["edits"].items()}
    marked = set()
    for module in modules:
        shutil.copytree(
            root / "Sources" / module, folder / "Sources" / module)
        for path in (root / "Sources" / module).rglob("*.swift"):
            source, names = guard_markers.rewrite(path, edits)
            if not names:
                continue
            marked.update(names)
            if module != "Fallow" and "import Fallow\n" not in source:
                source = "internal import Fallow\n" + source
            (folder / path.relative_to(root)).write_text(source)
    if unmarked := edits.keys() - marked:
        raise ValueError(f"no source marks {', '.join(sorted(unmarked))}")
    (folder / "Sources/Fallow/GuardSwitch.swift").write_text(switch_source)
    (folder / "Sources/Guards").mkdir()
    (folder / "Sources/Guards/main.swift").write_text(runner)
    (folder / "Package.swift").write_text(package)


def run(program, number, entries):
    """What the searches say with a guard off: name, verdict and oracle each.

    A trap is an answer too."""
    environment = {**os.environ, switch: str(number)}
    result = subprocess.run(
        [program, *entries], env=environment, capture_output=True, text=True)
    if result.returncode == 2:
        sys.exit(result.stdout.splitlines()[-1])
    lines = [line.split() for line in result.stdout.splitlines()]
    if result.returncode != 0:
        lines.append([entries[len(lines)], "trap", ""])
    return lines


def main():
    wanted = sys.argv[1:]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        try:
            guards = guard_markers.load(here / "mutants")
            make_copy(guards, folder)
        except ValueError as error:
            sys.exit(error)
        if unknown := set(wanted) - guards.keys():
            sys.exit(f"there is no guard {', '.join(sorted(unknown))}")
        subprocess.run(
            ["swift", "build", "-c", "release", "--package-path", folder],
            check=True)
        program = folder / ".build/release/Guards"
        numbered = [
            (number, name, guard)
            for number, (name, guard) in enumerate(guards.items())
            if not wanted or name in wanted]
        scenarios = sorted({guard["scenario"] for *_, guard in numbered})
        jobs = [(-1, scenarios)] + [
            (number, [guard["scenario"]]) for number, _, guard in numbered]
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            answers = list(pool.map(lambda job: run(program, *job), jobs))
    failed = 0
    hidden = {guard["scenario"] for *_, guard in numbered if guard["hides"]}
    for entry, verdict, *_ in answers[0]:
        if verdict != ("violation" if entry in hidden else "safe"):
            failed += 1
            print(f"FAIL  with every guard: {entry} is {verdict}")
    for (_, name, guard), [answer] in zip(numbered, answers[1:]):
        entry, verdict, *oracle = answer
        is_found = (
            verdict in ("safe", "incomplete") if guard["hides"]
            else verdict in ("violation", "trap"))
        failed += not is_found
        print(
            "ok   " if is_found else "FAIL ", name.ljust(28),
            entry.ljust(24), " ".join([verdict, *oracle]))
    print(f"{len(numbered)} guards, {failed} failed")
    sys.exit(failed > 0)


main()
