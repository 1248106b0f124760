#!/usr/bin/env python3
"""Keeps the kernel that the guide quotes the same as Examples/FirstKernel.

usage: guide.py            check; exit 1 if they differ
       guide.py --write    write the files into the guide
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
GUIDE = ROOT / "Sources/Fallow/Fallow.docc/YourFirstKernel.md"
EXAMPLE = ROOT / "Examples/FirstKernel"
# A line that ends in the name of a file, then a block.
QUOTE = re.compile(r"(`([\w/]+\.swift)`:\n\n```swift\n).*?(```)", re.DOTALL)


def quoted(match):
    return match[1] + (EXAMPLE / match[2]).read_text() + match[3]


def main():
    old = GUIDE.read_text()
    new = QUOTE.sub(quoted, old)
    if sys.argv[1:] == ["--write"]:
        GUIDE.write_text(new)
    elif new != old:
        sys.exit("the guide differs; run Scripts/guide.py --write")


main()
