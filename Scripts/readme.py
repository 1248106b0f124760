#!/usr/bin/env python3
"""Keeps the README's output and code the same as the real ones.

usage: readme.py PATH-OF-FALLOW          check; exit 1 if they differ
       readme.py PATH-OF-FALLOW --write  write them into the README
"""
import pathlib
import re
import shlex
import subprocess
import sys
import textwrap

ROOT = pathlib.Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "Examples/SmallKernel/Sources/SmallKernel/SmallKernel.swift"
TRACE = "Examples/Traces/modprobe-2cpu.trace.txt"


def output(fallow):
    run = subprocess.run(
        [fallow, "replay", TRACE], cwd=ROOT, check=True, capture_output=True,
        text=True)
    return run.stdout.rstrip()


def snippet():
    body = EXAMPLE.read_text().split("// ---- README\n")[1]
    return textwrap.dedent(body.rsplit("\n", 1)[0]).strip()


def session(fallow, lines):
    """The lines of a session in a shell, each command with its output."""
    shown = []
    for line in lines.splitlines():
        if not line.startswith("$ "):
            continue
        program, *arguments = shlex.split(line[2:])
        if program != "fallow":
            sys.exit(f"the README's session calls {program}")
        run = subprocess.run(
            [fallow, *arguments], cwd=ROOT, capture_output=True, text=True)
        shown += [line, *run.stdout.splitlines(), *run.stderr.splitlines()]
    return "\n".join(shown)


def sessions(text, fallow):
    return re.sub(
        r"```console\n(.*?)\n```",
        lambda block: f"```console\n{session(fallow, block[1])}\n```",
        text, flags=re.DOTALL)


def block(text, language, content):
    pattern = re.compile(rf"```{language}\n.*?\n```", re.DOTALL)
    return pattern.sub(lambda _: f"```{language}\n{content}\n```", text, 1)


def main():
    readme = ROOT / "README.md"
    old = readme.read_text()
    fallow = str(pathlib.Path(sys.argv[1]).resolve())
    new = block(old, "text", output(fallow))
    new = sessions(new, fallow)
    new = block(new, "swift", snippet())
    if sys.argv[2:] == ["--write"]:
        readme.write_text(new)
    elif new != old:
        sys.exit("the README differs; run Scripts/readme.py FALLOW --write")


main()
