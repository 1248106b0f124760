"""Takes something out of the AArch64 image, builds and boots it, and sees which
of its tests fail: tests of the tests.

usage: check-image.py [NAME]...

Scripts/mutants/image/aarch64.toml says what is taken out, and what must fail.
Each control builds the image once, in a copy of the repository; about two
minutes each.
"""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib

import guard_markers

ROOT = pathlib.Path(__file__).resolve().parent.parent
CONTROLS = ROOT / "Scripts/mutants/image/aarch64.toml"
MARKER = re.compile(r"^\s*// Image: (.*)$")
# Where a guard is gone the image may wait for ever: boot.sh ends it.
PATIENCE = 900


def copy(to):
    """Copies the repository, and returns the files that have markers, by
    marker."""
    names = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, check=True, capture_output=True,
        text=True).stdout.splitlines()
    marked = {}
    for name in names:
        (to / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, to / name)
        if name.startswith(("Sources/", "Bare/")):
            for _, markers in guard_markers.markers(to / name, MARKER):
                for marker in markers:
                    if marker in marked:
                        sys.exit(f"{name}: {marker} is marked twice")
                    marked[marker] = to / name
    return marked


def take_out(marker, edit, path):
    """Replaces an expression of the statement below a marker."""
    before, after = edit
    lines = path.read_text().split("\n")
    for number, markers in guard_markers.markers(path, MARKER):
        if marker not in markers:
            continue
        end = guard_markers.statement(lines, number + 1)
        text = "\n".join(lines[number + 1:end])
        found = guard_markers.expression(before).findall(text)
        if len(found) != 1:
            sys.exit(f"{path}:{number + 1}: {len(found)} times {before!r}")
        lines[number + 1:end] = text.replace(found[0], after).split("\n")
    path.write_text("\n".join(lines))


def boot(folder):
    """The names of the tests that pass, and the script's status."""
    run = subprocess.run(
        ["Scripts/boot.sh", "aarch64"], cwd=folder, capture_output=True,
        text=True, errors="replace", timeout=PATIENCE)
    if "error:" in run.stdout + run.stderr or "Build of" not in run.stdout:
        sys.exit(f"the image is not built:\n{run.stdout[-2000:]}{run.stderr}")
    passed = re.findall(r"^ok \d+ - (.*)$", run.stdout, re.MULTILINE)
    return set(passed), run.returncode


def is_found(control, marked, folder, passed):
    """Whether what is taken out makes its tests fail, and no test where it has
    none."""
    edits = control["edits"]
    texts = {path: path.read_text() for path in map(marked.get, edits)}
    for marker, edit in edits.items():
        take_out(marker, edit, marked[marker])
    found, status = boot(folder)
    for path, text in texts.items():
        path.write_text(text)
    survived = [test for test in control["fails"] if test in found]
    is_expected = not survived and (status == 0) == (not control["fails"])
    print("ok  " if is_expected else "FAIL", control["title"],
          f"({len(passed - found)} tests do not pass)", flush=True)
    if not is_expected:
        print("      do not pass:", *sorted(passed - found), sep="\n        ")
    for test in survived:
        print(f"      still passes: {test}")
    if not is_expected and not control["fails"]:
        print("      QEMU shows it now: say so in `fails`")
    return is_expected


def main():
    controls = tomllib.loads(CONTROLS.read_text())
    wanted = sys.argv[1:] or list(controls)
    unknown = set(wanted) - set(controls)
    if unknown:
        print("no such control:", *unknown, sep="\n  ", file=sys.stderr)
        sys.exit(2)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name) / "fallow"
        marked = copy(folder)
        missing = {
            marker for control in controls.values()
            for marker in control["edits"]} ^ set(marked)
        if missing:
            sys.exit(f"without marker, or without control: {missing}")
        passed, status = boot(folder)
        if status != 0:
            sys.exit("the image fails as it is")
        for control in controls.values():
            for test in set(control["fails"]) - passed:
                sys.exit(f"the image has no test {test!r}")
        found = [
            is_found(controls[name], marked, folder, passed)
            for name in wanted]
    sys.exit(0 if all(found) else 1)


main()
