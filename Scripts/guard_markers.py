"""The guards that markers name in the sources, and the mutants without them.

A marker is a comment above the statement that is the guard:

    // Guard: await-readers
    try platform.awaitReaders()

Several names are separated by commas, and a name at several places is one
guard. `mutants/*.toml` defines, under that name, what stands there when the
guard is off, in one of these ways:

    remove = true          nothing
    instead = "..."        other statements
    early = "..."          other statements, and then the statement
    condition = true       the `if` or `guard` takes its condition for this
    replace = "...", by = "..."
                           another expression in the place of one that the
                           statement has once; `{}` in it is the expression

A guard of two places that change in different ways has a second table, named
`guard.place`, for the marker of that name.
"""

import pathlib
import re
import tomllib

MARKER = re.compile(r"^\s*// Guard: (.*)$")
EDITS = {"remove", "instead", "early", "condition", "replace"}
# What a statement goes on with that is indented as its first line is.
CONTINUES = re.compile(r"[})\]{]|else\b")


def load(folder):
    """The guards of all files, in order, each with its edits by marker."""
    guards = {}
    for file in sorted(pathlib.Path(folder).glob("*.toml")):
        for name, table in tomllib.loads(file.read_text()).items():
            if name in guards:
                raise ValueError(f"{file.name}: {name} is defined twice")
            edits = {name: table} | {
                f"{name}.{place}": edit for place, edit in table.items()
                if isinstance(edit, dict)}
            for marker, edit in edits.items():
                if len(EDITS & edit.keys()) != 1:
                    raise ValueError(
                        f"{file.name}: {marker} has not one of "
                        + ", ".join(sorted(EDITS)))
            if "scenario" not in table:
                raise ValueError(f"{file.name}: {name} has no scenario")
            guards[name] = {
                "scenario": table["scenario"],
                "hides": table.get("hides", False), "edits": edits}
    return guards


def indentation(line):
    return len(line) - len(line.lstrip())


def statement(lines, start):
    """The end of the statement that begins at the line `start`: what is
    indented more, and the lines that close it or go on with it."""
    depth = indentation(lines[start])
    end = start + 1
    for number in range(start + 1, len(lines)):
        text = lines[number].strip()
        if not text:
            continue
        if indentation(lines[number]) < depth or (
            indentation(lines[number]) == depth
            and not CONTINUES.match(text)):
            break
        end = number + 1
    return end


def markers(path, marker=MARKER):
    """The line of each marker of a file, from 0, with its names."""
    text = path.read_text(errors="replace")
    for number, line in enumerate(text.split("\n")):
        if found := marker.match(line):
            yield number, [name.strip() for name in found[1].split(",")]


def expression(text):
    """What finds an expression however its lines are broken."""
    return re.compile(r"\s+".join(re.escape(part) for part in text.split()))


def replaced(text, edit, off):
    """The statement with both forms of an expression or of its condition."""
    if "condition" in edit:
        value = str(edit["condition"]).lower()
        if edit["condition"]:
            return re.sub(
                r"\b(if|guard)\b\s*(.*?)(\s(?:\{|else\b))",
                rf"\1 ({off} ? {value} : (\2))\3", text, count=1,
                flags=re.DOTALL)
        return re.sub(r"\b(if|guard)\b", rf"\1 !({off}),", text, count=1)
    # What other guards put before it has the expression too.
    *_, found = expression(edit["replace"]).finditer(text)
    other = edit["by"].replace("{}", found[0])
    return (
        text[:found.start()] + f"({off} ? {other} : {found[0]})"
        + text[found.end():])


def wrapped(text, edit, off):
    """The statement, and what stands there instead or before."""
    if "early" in edit:
        return f"if {off} {{\n{edit['early']}\n}}\n{text}"
    if "remove" in edit:
        return f"if !({off}) {{\n{text}\n}}"
    return f"if {off} {{\n{edit['instead']}\n}} else {{\n{text}\n}}"


def rewrite(path, edits):
    """The text of a file with every guard that it has, and the names of its
    markers. `edits` has, by marker, the edit and the condition under which the
    guard is off."""
    lines = path.read_text().split("\n")
    names = []
    # From the end, so that a statement in another is rewritten first.
    for number, here in reversed(list(markers(path))):
        names += here
        end = statement(lines, number + 1)
        original = text = "\n".join(lines[number + 1:end])
        for name in here:
            if name not in edits:
                raise ValueError(f"{path}:{number + 1}: {name} has no mutant")
            edit, off = edits[name]
            if "replace" in edit and len(
                expression(edit["replace"]).findall(original)) != 1:
                raise ValueError(
                    f"{path}:{number + 1}: the statement has not once "
                    f"{edit['replace']!r}, as {name} asks")
            if edit.keys() & {"replace", "condition"}:
                text = replaced(text, edit, off)
        for name in here:
            edit, off = edits[name]
            if edit.keys() & {"remove", "instead", "early"}:
                text = wrapped(text, edit, off)
        lines[number:end] = text.split("\n")
    return "\n".join(lines), names
