#!/usr/bin/env python3
"""Looks at the picture of a violation in a browser.

    Scripts/check-report.py FALLOW

Draws a fault that has CPUs, a worker and an IOMMU in its story, opens the file
in headless Chromium without a network, and looks for the timeline: a column for
each actor and one for the frame, a box for each step. Whatever the page writes
to the console is an error.
"""

import json
import os
import re
import subprocess
import sys
import tempfile

scenario = "flush-before-splice"


def main():
    fallow = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder:
        report = os.path.join(folder, "report.html")
        found = subprocess.run(
            [fallow, "check", scenario, "--json", "--report", report],
            capture_output=True, text=True)
        assert found.returncode == 1, found.stderr
        timeline = json.loads(found.stdout)["timeline"]
        picture = os.path.join(folder, "picture.png")
        browser = subprocess.run(
            ["chromium", "--headless", "--no-sandbox", "--disable-gpu",
             "--enable-logging=stderr", "--user-data-dir=" + folder,
             "--host-resolver-rules=MAP * ~NOTFOUND",
             "--screenshot=" + picture, "--dump-dom", "file://" + report],
            capture_output=True, text=True, timeout=120)
        assert browser.returncode == 0, browser.stderr
        size = os.path.getsize(picture)
    dom = browser.stdout
    console = re.findall(r".*CONSOLE.*", browser.stderr)
    assert not console, "\n".join(console)
    svg = re.search(r"<svg.*</svg>", dom, re.DOTALL)
    assert svg, "there is no drawing"
    texts = re.findall(r"<text[^>]*>([^<]*)</text>", svg.group())
    actors = sorted({step["actor"] for step in timeline})
    for column in actors + ["the frame"]:
        assert column in texts, f"there is no column for {column}"
    boxes = svg.group().count("<rect")
    assert boxes == len(timeline), f"{boxes} boxes for {len(timeline)} steps"
    assert "<script" not in dom and size > 10_000
    print(
        f"{scenario}: {len(actors) + 1} columns, {boxes} steps, "
        f"a picture of {size:,} bytes")


main()
