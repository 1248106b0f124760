#!/usr/bin/env python3
"""Fails where a public declaration lacks documentation that a caller needs.

usage: check-public-docs.py DIRECTORY

DIRECTORY holds the symbol graphs of the modules, as `Scripts/docs.sh` leaves
them in `.build-docs`. A declaration needs a sentence; each parameter needs
`- Parameter` (or its line under `- Parameters`), a value that is returned
`- Returns`, an error `- Throws`. A type has at most GENERIC_PARAMETERS, and so
has a call of its own, beside those of its type.

What implements a requirement is left out: the protocol documents it. A first
sentence that begins with an article, with "Returns" or with a word as "Whether"
or "Where" says itself what is returned. The operands of an operator need no
line of their own.
"""

import re

import symbol_graphs

FUNCTIONS = {
    "swift.func", "swift.method", "swift.type.method", "swift.init",
    "swift.subscript", "swift.type.subscript", "swift.func.op",
}
GENERIC_PARAMETERS = 2


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
    text = symbol_graphs.comment(symbol)
    generic = sum(
        part["kind"] == "genericParameter"
        for part in symbol["declarationFragments"])
    if generic > GENERIC_PARAMETERS:
        yield f"has {generic} generic parameters"
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


def faults_of_module(graph, witnesses):
    for symbol in graph["symbols"]:
        if symbol.get("location") and not (
            witnesses.is_documented_elsewhere(symbol)):
            for fault in faults(symbol):
                yield symbol, fault


if __name__ == "__main__":
    symbol_graphs.check(faults_of_module, usage=__doc__)
