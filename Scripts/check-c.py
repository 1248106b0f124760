#!/usr/bin/env python3
"""Searches the C programs of Examples/KernelC in their right and wrong forms,
and runs the commands of the article "Check your C".

Usage: check-c.py FALLOW [PROGRAM...]

Scripts/check-c.toml says what must be found. Prints a line for each search and
fails if one of them finds something else, or names no line of the program. A
violation must be found again from its token, and be drawn as a report.
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent
ARTICLE = ROOT / "Sources/FallowExplorer/FallowExplorer.docc/CheckYourC.md"


def search(fallow, program, macros, *options):
    command = [fallow, "check", "--json", "--liveness-limit", "0", *options]
    command += ["--c", str(ROOT / "Examples/KernelC" / f"{program}.c")]
    for macro in macros.split():
        command += ["--define", macro]
    run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode not in (0, 1):
        return run.returncode, {"verdict": run.stderr.strip()}
    return run.returncode, json.loads(run.stdout)


def is_found_again(fallow, program, macros, found):
    """Whether the token of a violation leads to it, and a report shows it."""
    with tempfile.TemporaryDirectory() as folder:
        report = pathlib.Path(folder) / "report.html"
        code, again = search(
            fallow, program, macros, "--replay", found["token"],
            "--report", str(report))
        return (
            code == 1 and again["timeline"] == found["timeline"]
            and f"{program}.c:" in report.read_text())


def check_programs(fallow, expected, only):
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
            if is_right and status == 1:
                is_right = bool(lines) and is_found_again(
                    fallow, program, macros, found)
            failures += not is_right
            print(
                f"{'ok  ' if is_right else 'FAIL'} {program} {macros}: {oracle}, "
                f"{found.get('states', 0)} states, "
                f"{found.get('seconds', 0):.1f} s",
                flush=True,
            )
    return failures


def check_article(fallow, expected):
    """Runs each command of the article beside the C that the article has."""
    text = ARTICLE.read_text()
    commands = re.findall(r"^```\n(fallow .*)\n```$", text, re.MULTILINE)
    commands += re.findall(r"`(fallow [^`\n]*)`", text)
    commands = [name for name in commands if "FILE" not in name]
    failures = 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "Examples").symlink_to(ROOT / "Examples")
        blocks = re.findall(r"^```c\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
        (folder / "first.c").write_text("\n".join(blocks))
        for command in sorted({*commands, *expected}):
            run = subprocess.run(
                [fallow, *command.split()[1:]], cwd=folder,
                capture_output=True, text=True)
            is_right = (
                command in commands and run.returncode == expected.get(command))
            failures += not is_right
            print(
                f"{'ok  ' if is_right else 'FAIL'} article: {command}: "
                f"{run.returncode}", flush=True)
            if not is_right:
                print(run.stdout, run.stderr)
    return failures


def main():
    fallow, only = str(pathlib.Path(sys.argv[1]).resolve()), sys.argv[2:]
    expected = tomllib.loads((ROOT / "Scripts/check-c.toml").read_text())
    article = expected.pop("article")
    failures = check_programs(fallow, expected, only)
    if not only:
        failures += check_article(fallow, article)
    sys.exit(failures > 0)


main()
