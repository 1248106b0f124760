#!/usr/bin/env python3
"""Fails where a public declaration lacks documentation that a caller needs.

usage: check-public-docs.py DIRECTORY

DIRECTORY holds the symbol graphs of the modules, as `Scripts/docs.sh` leaves
them in `.build-docs`. A declaration needs a sentence; each parameter needs
`- Parameter` (or its line under `- Parameters`), a value that is returned
`- Returns`, an error `- Throws`.

What implements a requirement is left out: the protocol documents it. A first
sentence that begins with an article, with "Returns" or with a word as "Whether"
or "Where" says itself what is returned. The operands of an operator need no
line of their own.
"""

import json
import pathlib
import re
import sys

FUNCTIONS = {
    "swift.func", "swift.method", "swift.type.method", "swift.init",
    "swift.subscript", "swift.type.subscript", "swift.func.op",
}


def comment(symbol):
    lines = symbol.get("docComment", {}).get("lines", [])
    return "\n".join(line["text"] for line in lines)


def documented_parameters(text):
    names = set(re.findall(r"^\s*- Parameter (\w+):", text, re.M))
    outline = re.search(r"^\s*- Parameters:(.*?)(?=^\s*- [A-Z]|\Z)", text,
                        re.M | re.S)
    if outline:
        names |= set(re.findall(r"^\s+- (\w+):", outline.group(1), re.M))
    return names


def throws(declaration):
    """Whether the declaration itself throws, not a closure that it takes."""
    text = declaration.replace("throws(Never)", "")
    inner = None
    while inner != text:
        inner, text = text, re.sub(r"\([^()]*\)", "", text)
    return re.search(r"\bthrows\b", text.split("->")[0]) is not None


def faults(symbol):
    text = comment(symbol)
    if not text.strip():
        yield "is not documented"
        return
    if symbol["kind"]["identifier"] not in FUNCTIONS:
        return
    declaration = "".join(
        part["spelling"] for part in symbol["declarationFragments"])
    signature = symbol.get("functionSignature", {})
    is_operator = re.match(r"[^\w\s]", symbol["pathComponents"][-1])
    for parameter in [] if is_operator else signature.get("parameters", []):
        name = parameter.get("internalName") or parameter["name"]
        if not {name, parameter["name"]} & documented_parameters(text):
            yield f"has no `- Parameter {name}`"
    returns = "".join(
        part["spelling"] for part in signature.get("returns", []))
    says = re.match(
        r"(The|An?|Returns|Whether|How|What|Where|Which)\b", text.strip())
    if returns not in ("", "()", "Void", "Self", "Never") and not says:
        if not re.search(r"^\s*- Returns:", text, re.M):
            yield "has no `- Returns`"
    if throws(declaration):
        if not re.search(r"^\s*- Throws:", text, re.M):
            yield "has no `- Throws`"


class Witnesses:
    """What implements a requirement, which has the documentation."""

    STANDARD = {
        "encode(to:)", "init(from:)", "init(rawValue:)", "rawValue",
        "hash(into:)", "next()", "makeIterator()", "description",
    }

    def __init__(self, graphs):
        self.protocols = {}
        self.owner = {}
        self.requirements = {}
        titles = {}
        for graph in graphs:
            for symbol in graph["symbols"]:
                titles[symbol["identifier"]["precise"]] = (
                    symbol["pathComponents"][-1])
        for graph in graphs:
            for edge in graph["relationships"]:
                source, target = edge["source"], edge["target"]
                if edge["kind"] == "conformsTo":
                    self.protocols.setdefault(source, set()).add(target)
                elif edge["kind"] == "memberOf":
                    self.owner[source] = target
                elif edge["kind"] in ("requirementOf", "optionalRequirementOf"):
                    self.requirements.setdefault(target, set()).add(
                        titles.get(source))
                elif edge["kind"] == "defaultImplementationOf":
                    self.owner.setdefault(source, None)

    def is_documented_elsewhere(self, symbol):
        precise = symbol["identifier"]["precise"]
        name = symbol["pathComponents"][-1]
        if "::SYNTHESIZED::" in precise:
            return True
        if precise not in self.owner:
            return False
        if name in self.STANDARD or self.owner[precise] is None:
            return True
        todo, seen = [self.owner[precise]], set()
        while todo:
            current = todo.pop()
            if current in seen:
                continue
            seen.add(current)
            if name in self.requirements.get(current, ()):
                return True
            todo += self.protocols.get(current, ())
        return False


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    graphs = [
        json.loads(path.read_text())
        for path in sorted(pathlib.Path(sys.argv[1]).rglob("*.symbols.json"))
    ]
    witnesses = Witnesses(graphs)
    found = 0
    count = 0
    for graph in graphs:
        for symbol in graph["symbols"]:
            location = symbol.get("location")
            if not location or witnesses.is_documented_elsewhere(symbol):
                continue
            count += 1
            for fault in faults(symbol):
                found += 1
                file = location["uri"].split("/Sources/")[-1]
                line = location["position"]["line"] + 1
                print(f"Sources/{file}:{line}: "
                      f"{'.'.join(symbol['pathComponents'])} {fault}")
    if not count:
        sys.exit(f"{sys.argv[1]} holds no symbol graph; run Scripts/docs.sh")
    print(f"{count} public declarations, {found} faults")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
