#!/usr/bin/env python3
"""Fails where the documentation does not group what a reader must choose from.

usage: check-topics.py DIRECTORY

DIRECTORY holds the symbol graphs of the modules, as `Scripts/docs.sh` leaves
them in `.build-docs`. Every public symbol of a module must be in a `## Topics`
section, and so must every member of a type that has such a section. A type with
more than MEMBERS members needs one; the cases of an enumeration are one group
as they are.

What implements a requirement is left out: the page of the protocol groups it.
"""

import pathlib
import re

import symbol_graphs

ROOT = pathlib.Path(__file__).resolve().parent.parent
MEMBERS = 6
TYPES = {"swift.struct", "swift.class", "swift.enum", "swift.protocol"}


def references(text):
    """The symbols that the topics of a page or a comment list, as paths."""
    topics = text.partition("## Topics")[2]
    for link in re.findall(r"^- ``(.*?)``", topics, re.M):
        # What follows chooses one of several of a name: `map(_:)-(_,Int)`.
        yield tuple(
            re.match(r"[^-(]+(\([^)]*\))?", part)[0]
            for part in link.split("/"))


class Module:
    """A module's symbols by path, and what its pages curate."""

    def __init__(self, graph, witnesses):
        self.name = graph["module"]["name"]
        self.symbols = [
            symbol for symbol in graph["symbols"]
            if symbol.get("location")
            and symbol.get("swiftExtension", {}).get(
                "extendedModule", self.name) == self.name
            and not witnesses.is_documented_elsewhere(symbol)]
        self.paths = {
            tuple(symbol["pathComponents"]) for symbol in self.symbols}
        self.grouped = set()
        self.curated = set()
        catalogue = ROOT / "Sources" / self.name / f"{self.name}.docc"
        for page in sorted(catalogue.rglob("*.md")):
            text = page.read_text()
            title = re.match(r"# ``(.*?)``", text)
            path = tuple(title[1].split("/")) if title else ()
            self.add(text, path[1:] if path[:1] == (self.name,) else path)
        for symbol in self.symbols:
            self.add(
                symbol_graphs.comment(symbol), tuple(symbol["pathComponents"]))

    def add(self, text, page):
        """What the topics of `page` curate; a link is looked for in the page,
        and then in what the page is in."""
        if "## Topics" not in text:
            return
        self.grouped.add(page)
        for link in references(text):
            if link[:1] == (self.name,):
                link = link[1:]
            for length in range(len(page), -1, -1):
                if page[:length] + link in self.paths:
                    self.curated.add(page[:length] + link)
                    break

    def faults(self):
        members = {}
        for symbol in self.symbols:
            path = tuple(symbol["pathComponents"])
            if len(path) == 1 and path not in self.curated:
                yield symbol, "is in no topics"
            elif len(path) > 1 and path not in self.curated:
                if path[:-1] in self.grouped:
                    yield symbol, "is in no topics of its type"
            if len(path) > 1 and symbol["kind"]["identifier"] != (
                "swift.enum.case"):
                members.setdefault(path[:-1], []).append(symbol)
        for symbol in self.symbols:
            path = tuple(symbol["pathComponents"])
            count = len(members.get(path, ()))
            if symbol["kind"]["identifier"] in TYPES and (
                count > MEMBERS and path not in self.grouped):
                yield symbol, f"has {count} members and no topics"


if __name__ == "__main__":
    symbol_graphs.check(
        lambda graph, witnesses: Module(graph, witnesses).faults(),
        usage=__doc__)
