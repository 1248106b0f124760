#!/usr/bin/env python3
"""Takes away, one by one, what the library's comments call necessary.

    Scripts/check-guards.py [NAME ...]

`guards.toml` names each guard: where it is, its exact text, and what stands in
its place when it is off. A copy of the library has both, and a switch that is
read once from the environment; it is built once. With its guard off, an entry
of the catalogue that is safe must show a violation; with all on, it is safe.
What the explorer itself must look at `hides` an entry's violation when it is
off.

A guard whose text is not in the source, or is there twice and has no `after`
to select one, is an error.
"""

import concurrent.futures
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import tomllib

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


def edits(guard):
    """The guard's edits: itself, or those that make one guard together."""
    for edit in guard.get("edit", [guard]):
        yield edit.get("file", guard.get("file")), edit


def rewritten(text, edit, number):
    """Both ways: the text as it is, and what stands there without it."""
    off = f"GuardSwitch.off == {number}"
    if "instead" in edit:
        return edit["instead"].replace("OFF", f"({off})")
    if "value" in edit:
        return f"({off} ? {edit['value']} : {text})"
    if "early" in edit:
        return f"if {off} {{\n{edit['early']}}}\n{text}"
    return f"if {off} {{\n{edit['without']}}} else {{\n{text}}}\n"


def place(source, edit):
    """Where the text is, or nil: after `after`, if that is given."""
    anchor = edit.get("after", "")
    start = 0
    if anchor:
        if source.count(anchor) != 1:
            return None
        start = source.index(anchor)
    elif source.count(edit["text"]) != 1:
        return None
    found = source.find(edit["text"], start)
    return None if found < 0 else found


def make_copy(guards, folder):
    modules = ("Fallow", "FallowSchemes", "FallowMachine", "FallowExplorer")
    for module in modules:
        shutil.copytree(
            root / "Sources" / module, folder / "Sources" / module)
    places = {}
    errors = []
    for number, guard in enumerate(guards):
        for file, edit in edits(guard):
            start = place((root / file).read_text(), edit)
            if start is None:
                errors.append(f"{guard['name']}: not found once in {file}")
            else:
                places.setdefault(file, []).append((start, number, edit))
    if errors:
        sys.exit("\n".join(errors))
    for file, found in places.items():
        source = (root / file).read_text()
        for start in sorted({start for start, *_ in found}, reverse=True):
            edits_here = [item for item in found if item[0] == start]
            end = start + len(edits_here[0][2]["text"])
            text = source[start:end]
            for _, number, edit in edits_here:
                text = rewritten(text, edit, number)
            source = source[:start] + text + source[end:]
        if "Sources/Fallow/" not in file and "import Fallow\n" not in source:
            source = "internal import Fallow\n" + source
        (folder / file).write_text(source)
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
    guards = tomllib.loads((here / "guards.toml").read_text())["guard"]
    wanted = sys.argv[1:]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        make_copy(guards, folder)
        subprocess.run(
            ["swift", "build", "-c", "release", "--package-path", folder],
            check=True)
        program = folder / ".build/release/Guards"
        numbered = [
            (number, guard) for number, guard in enumerate(guards)
            if not wanted or guard["name"] in wanted]
        entries = sorted({guard["scenario"] for _, guard in numbered})
        jobs = [(-1, entries)] + [
            (number, [guard["scenario"]]) for number, guard in numbered]
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            answers = list(pool.map(lambda job: run(program, *job), jobs))
    failed = 0
    hidden = {g["scenario"] for _, g in numbered if g.get("hides")}
    for entry, verdict, *_ in answers[0]:
        if verdict != ("violation" if entry in hidden else "safe"):
            failed += 1
            print(f"FAIL  with every guard: {entry} is {verdict}")
    for (_, guard), [answer] in zip(numbered, answers[1:]):
        entry, verdict, *oracle = answer
        is_found = (
            verdict in ("safe", "incomplete") if guard.get("hides")
            else verdict in ("violation", "trap"))
        failed += not is_found
        print(
            "ok   " if is_found else "FAIL ", guard["name"].ljust(28),
            entry.ljust(24), " ".join([verdict, *oracle]))
    print(f"{len(numbered)} guards, {failed} failed")
    sys.exit(failed > 0)


main()
