#!/usr/bin/env python3
"""Checks the path from `map` to `release` that the article Architecture lists.

Each row names a function and its file: the file declares it, and it or a file
above it calls it. A reader who follows the path visits at most FILES files.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent / "Sources/Fallow"
ARTICLE = ROOT / "Fallow.docc/Architecture.md"
FILES = 16
ROW = re.compile(r"^\| .* \| `(\w+)` \| `(\S+\.swift)` \|$", re.M)


def main():
    path = ROW.findall(ARTICLE.read_text())
    above = ""
    faults = [] if path else ["the article has no such table"]
    for number, (function, file) in enumerate(path):
        if not (ROOT / file).exists():
            faults.append(f"there is no {file}")
            continue
        text = (ROOT / file).read_text()
        if not re.search(rf"func {function}\b", text):
            faults.append(f"{file} declares no {function}")
        above += text
        # `unmap` begins anew: the caller calls it.
        calls = re.findall(rf"(?<!func )\b{function}[(<]", above)
        if number > 0 and not calls:
            faults.append(f"nothing above calls {function} of {file}")
    files = {file for _, file in path}
    if len(files) > FILES:
        faults.append(f"{len(files)} files, at most {FILES}")
    print(*faults, f"{len(files)} files from map to release", sep="\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
