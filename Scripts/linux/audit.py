#!/usr/bin/env python3
"""Prints one thing that an audit says.

usage: audit.py AUDIT.json freed | violated | RULE

`freed` is how many tables it saw freed, `violated` how many rules it says were
violated, and a rule's name its verdict and how often it was broken.
"""

import json
import sys


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    with open(sys.argv[1]) as file:
        audit = json.load(file)
    rules = {rule["name"]: rule for rule in audit["rules"]}
    asked = sys.argv[2]
    if asked == "freed":
        print(sum(site["pages"] for site in audit["sites"]))
    elif asked == "violated":
        print(sum(rule["verdict"] == "violated" for rule in rules.values()))
    elif asked in rules:
        print(rules[asked]["verdict"], rules[asked]["count"])
    else:
        sys.exit(f"audit.py: no rule {asked}")


if __name__ == "__main__":
    main()
