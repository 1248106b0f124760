#!/usr/bin/env python3
"""Compares figures with the expected ones and names every difference.

usage: compare-figures.py EXPECTED.json RECORDING FIGURES.json

Keys that are expected must be there and equal; further ones may be there.
"""

import json
import sys

# Not part of the command's output; the package's tests check these.
NOT_PRINTED = {"levels", "provenance"}


def differences(expected, actual, path):
    if isinstance(expected, dict) and isinstance(actual, dict):
        for key, value in expected.items():
            if key in actual:
                yield from differences(value, actual[key], path + "." + key)
            else:
                yield f"{path}.{key}: missing, expected {value}"
        # A count by name must have no other name either.
        if path.rsplit(".", 1)[-1] in ("atOnce", "callers", "byLevel"):
            for key in actual.keys() - expected.keys():
                yield f"{path}.{key}: {actual[key]}, not expected"
    elif expected != actual:
        yield f"{path}: {actual}, expected {expected}"


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    with open(sys.argv[1]) as file:
        expected = json.load(file)[sys.argv[2]]
    with open(sys.argv[3]) as file:
        try:
            actual = json.load(file)
        except ValueError as error:
            sys.exit(f"{sys.argv[2]}: not JSON: {error}")
    for key in NOT_PRINTED:
        expected.pop(key, None)
    found = list(differences(expected, actual, sys.argv[2]))
    for line in found:
        print(line, file=sys.stderr)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
