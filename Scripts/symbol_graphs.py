"""The symbol graphs of the modules, as `Scripts/docs.sh` leaves them."""

import json
import pathlib
import sys


def load(directory):
    """The graphs under a directory: one for each module, and for each module
    that another one extends."""
    graphs = [
        json.loads(path.read_text())
        for path in sorted(pathlib.Path(directory).rglob("*.symbols.json"))]
    if not graphs:
        sys.exit(f"{directory} holds no symbol graph; run Scripts/docs.sh")
    return graphs


def comment(symbol):
    lines = symbol.get("docComment", {}).get("lines", [])
    return "\n".join(line["text"] for line in lines)


def place(symbol):
    """File, line and name of a symbol, to begin a message with."""
    location = symbol["location"]
    file = location["uri"].split("/Sources/")[-1]
    line = location["position"]["line"] + 1
    return f"Sources/{file}:{line}: {'.'.join(symbol['pathComponents'])}"


def check(faults, usage):
    """Prints the faults of every module, and exits with 1 where there are any.

    `faults` takes a graph and the `Witnesses`, and yields symbols with what is
    wrong with each."""
    if len(sys.argv) != 2:
        sys.exit(usage)
    graphs = load(sys.argv[1])
    witnesses = Witnesses(graphs)
    found = 0
    for graph in graphs:
        for symbol, fault in faults(graph, witnesses):
            found += 1
            print(f"{place(symbol)} {fault}")
    print(f"{found} faults")
    sys.exit(1 if found else 0)


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
