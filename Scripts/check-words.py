#!/usr/bin/env python3
"""Fails where a comment or a document uses a word that the style rules out.

usage: check-words.py [FILE]...

Without arguments it reads every tracked Swift, C, Python, shell and Markdown
file. Subjects are actors by name (the CPU, the caller, the driver): "whoever",
"whom" and "who" as a subject name none, and data "tells" nobody. Text in
backticks, double quotes, code blocks and Markdown quotations is not looked at.
"""

import re
import subprocess
import sys

RULES = [
    (r"\bwhoever\b|\bwhomever\b", "name the actor"),
    (r"\bwhom\b", "name the actor"),
    (r"\b(tells?|told|telling)\b", "say what is sent, shown, known or decided"),
    (r"(?:^|[.;:] +)who\b(?![^.]*\?)", '"who" as a subject: name the actor'),
    (r"\b(one|those|anyone|someone|nobody) who\b", "name the actor"),
]
COMMENT = {
    "swift": r"^\s*///?(.*)$|\s//\s(.*)$",
    "h": r"^\s*(?:/?\*|///?)(.*?)(?:\*/)?$|/\*(.*?)\*/",
    "c": r"^\s*(?:/?\*|///?)(.*?)(?:\*/)?$|/\*(.*?)\*/|\s//\s(.*)$",
    "py": r"^\s*#(.*)$|\s#\s(.*)$",
    "sh": r"^\s*#(.*)$|\s#\s(.*)$",
}
KINDS = ("swift", "h", "c", "py", "sh", "md")


def kind(path):
    return "sh" if path.endswith("/run") else path.rsplit(".", 1)[-1]


def prose(path):
    """Yields the number and the text of each line of prose."""
    fenced = quoted = False
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            line = line.rstrip("\n")
            if kind(path) == "py" and line.count('"""') == 1:
                quoted = not quoted
                yield number, line.strip().strip('"')
                continue
            if kind(path) == "md" or quoted:
                text = line
            else:
                found = re.search(COMMENT[kind(path)], line)
                if not found:
                    fenced = False
                    continue
                text = next(part for part in found.groups() if part is not None)
            if text.strip().startswith("```"):
                fenced = not fenced
            elif not fenced and not text.lstrip().startswith(">"):
                yield number, re.sub(r"`+[^`]*`+|\"[^\"]*\"", "", text)


def main():
    files = sys.argv[1:] or subprocess.run(
        ["git", "ls-files"], capture_output=True, text=True, check=True
    ).stdout.split()
    faults = 0
    for path in files:
        if kind(path) not in KINDS:
            continue
        previous = ""
        for number, text in prose(path):
            for pattern, advice in RULES:
                found = re.search(pattern, text.strip(), re.IGNORECASE)
                # A line may start in the middle of a sentence.
                if found and pattern.startswith("(?:^") and found.start() == 0:
                    if not re.search(r"([.;:]|^)$", previous):
                        continue
                if found:
                    faults += 1
                    print(f"{path}:{number}: {found.group().strip()!r}: {advice}")
            previous = text.strip()
    print(f"{faults} found" if faults else "no word found that is ruled out")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
