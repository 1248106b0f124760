"""Takes something out of the AArch64 image, builds and boots it, and sees which
of its tests fail: tests of the tests.

usage: check-image.py [NAME]...

Scripts/image-controls.toml says what is taken out, and what must fail. Each
control builds the image once, in a copy of the repository; about two minutes
each.
"""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent
# Where a guard is gone the image may wait for ever: boot.sh ends it.
PATIENCE = 900


def copy(to):
    names = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, check=True, capture_output=True,
        text=True).stdout.splitlines()
    for name in names:
        (to / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, to / name)


def edited(control, text):
    for before, after in control["edits"]:
        if before not in text:
            sys.exit(f"{control['file']} has no {before!r}")
        text = text.replace(before, after)
    return text


def boot(folder):
    """The names of the tests that pass, and what the script says."""
    run = subprocess.run(
        ["Scripts/boot.sh", "aarch64"], cwd=folder, capture_output=True,
        text=True, errors="replace", timeout=PATIENCE)
    if "error:" in run.stdout + run.stderr or "Build of" not in run.stdout:
        sys.exit(f"the image is not built:\n{run.stdout[-2000:]}{run.stderr}")
    passed = re.findall(r"^ok \d+ - (.*)$", run.stdout, re.MULTILINE)
    return set(passed), run.returncode


def main():
    with open(ROOT / "Scripts/image-controls.toml", "rb") as file:
        controls = tomllib.load(file)["control"]
    wanted = sys.argv[1:]
    unknown = set(wanted) - {control["name"] for control in controls}
    if unknown:
        print("no such control:", *unknown, sep="\n  ", file=sys.stderr)
        sys.exit(2)
    isWrong = False
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name) / "fallow"
        copy(folder)
        passed, status = boot(folder)
        if status != 0:
            sys.exit("the image fails as it is")
        for control in controls:
            if wanted and control["name"] not in wanted:
                continue
            for test in control["fails"]:
                if test not in passed:
                    sys.exit(f"the image has no test {test!r}")
            path = folder / control["file"]
            text = path.read_text()
            path.write_text(edited(control, text))
            found, status = boot(folder)
            path.write_text(text)
            survived = [test for test in control["fails"] if test in found]
            isExpected = not survived and (status == 0) == (
                not control["fails"])
            print("ok  " if isExpected else "FAIL", control["name"],
                  f"({len(passed - found)} tests do not pass)", flush=True)
            for test in survived:
                print(f"      still passes: {test}")
            if not isExpected and not control["fails"]:
                print("      QEMU shows it now: say so in `fails`")
            isWrong |= not isExpected
    sys.exit(isWrong)


main()
