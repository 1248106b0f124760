#!/usr/bin/env python3
"""Searches the C programs of Examples/KernelC in their right and wrong forms.

Usage: check-c.py FALLOW [PROGRAM...]

Scripts/check-c.toml says what must be found. Prints a line for each search and
fails if one of them finds something else, or names no line of the program.
"""

import json
import pathlib
import subprocess
import sys
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent


def search(fallow, program, macros):
    command = [fallow, "check", "--json", "--liveness-limit", "0"]
    command += ["--c", str(ROOT / "Examples/KernelC" / f"{program}.c")]
    for macro in macros.split():
        command += ["--define", macro]
    run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode not in (0, 1):
        return run.returncode, {"verdict": run.stderr.strip()}
    return run.returncode, json.loads(run.stdout)


def main():
    fallow, only = sys.argv[1], sys.argv[2:]
    expected = tomllib.loads((ROOT / "Scripts/check-c.toml").read_text())
    failures = 0
    for program, forms in expected.items():
        if only and program not in only:
            continue
        cases = [(form, 0, ["safe"]) for form in forms["right"]]
        cases += [(form, 1, found) for form, found in forms["wrong"].items()]
        for macros, status, verdicts in cases:
            code, found = search(fallow, program, macros)
            oracle = found.get("oracle") or found["verdict"]
            lines = [
                step["source"]
                for step in found.get("timeline", [])
                if step["source"].startswith(f"{program}.c:")
            ]
            is_right = code == status and oracle in verdicts
            if status == 1 and not lines:
                is_right = False
            failures += not is_right
            print(
                f"{'ok  ' if is_right else 'FAIL'} {program} {macros}: {oracle}, "
                f"{found.get('states', 0)} states, "
                f"{found.get('seconds', 0):.1f} s",
                flush=True,
            )
    sys.exit(failures > 0)


main()
