#!/usr/bin/env python3
"""Looks at the HTML reports of every command in a browser.

    Scripts/check-report.py FALLOW

Writes the reports of `check`, `audit`, `replay` and `replay --sweep`, and opens
each in headless Chromium without a network. Of each report:

- every figure equals the one of the JSON object that its `data-path` names;
- a page of 360 pixels does not scroll sideways, and a dark page is dark;
- it has no script, is under 2 MB, is loaded within a second, and writes nothing
  to the console.
"""

import html
import json
import os
import re
import struct
import subprocess
import sys
import tempfile
import zlib

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TRACES = os.path.join(ROOT, "Examples/Traces")
RECORDINGS = os.path.join(ROOT, "Tests/FallowTraceTests/Recordings")
SCENARIO = "flush-before-splice"
MODPROBE = os.path.join(TRACES, "modprobe-2cpu.trace.txt")
UNPLUG = os.path.join(RECORDINGS, "unplug-2cpu-7.3rc7.record.txt")
TRACERS = os.path.join(RECORDINGS, "tracers-2cpu-7.3rc7.record.txt")
BIGIO = os.path.join(RECORDINGS, "bigio-2cpu.trace.txt.xz")
DMA = ["--dma", "3000"]

# Each report: its command, the status, the headings that it must have, and how
# many plots at least.
REPORTS = [
    (["check", SCENARIO], 1, ["What was searched"], 0),
    (["audit", UNPLUG], 1,
     ["Rules", "The worst case: releasedWhileNamed", "Cost"], 3),
    (["audit", TRACERS], 0, ["Rules", "Who freed tables"], 3),
    (["audit", BIGIO], 3, ["Rules", "The queue"], 3),
    (["replay", *DMA, MODPROBE], 0,
     ["Under each scheme", "The first stale walk under immediate"], 10),
    (["replay", *DMA, "--scheme", "fallow", MODPROBE, "--sweep", "bound=1,8",
      "iommus=1,2", "window=0,1ms"], 0, ["The sweep"], 4),
    (["replay", "--recorded", BIGIO], 0, ["The recording"], 3),
]

# The page in a frame as wide as a phone, and what its width and loading time
# come to.
FRAME = """<!doctype html><meta charset="utf-8"><title>frame</title>
<iframe width="360" height="800" style="border:0" srcdoc="{}"
  onload="let page = this.contentDocument.documentElement;
    document.title = 'width ' + page.scrollWidth + ' of ' + page.clientWidth +
      ', ' + Math.round(performance.now()) + ' ms'"></iframe>
"""


def chromium(folder, page, *options):
    run = subprocess.run(
        ["chromium", "--headless", "--no-sandbox", "--disable-gpu",
         "--enable-logging=stderr", "--user-data-dir=" + folder,
         "--host-resolver-rules=MAP * ~NOTFOUND", *options, "file://" + page],
        capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr
    console = re.findall(r".*CONSOLE.*", run.stderr)
    assert not console, "\n".join(console)
    return run.stdout


def first_pixel(path):
    """Red, green and blue of the first pixel of a PNG file."""
    data = open(path, "rb").read()
    at, packed = 8, b""
    while at < len(data):
        (size,) = struct.unpack(">I", data[at:at + 4])
        if data[at + 4:at + 8] == b"IDAT":
            packed += data[at + 8:at + 8 + size]
        at += size + 12
    # Of the first pixel, every filter predicts 0.
    return tuple(zlib.decompress(packed)[1:4])


def look_up(document, path):
    for key in path.split("."):
        document = document[int(key) if key.isdigit() else key]
    return document


def check_figures(dom, document):
    """Compares every figure of a page with the JSON object."""
    figures = re.findall(r"<data ([^>]*)>", dom)
    for figure in figures:
        path = html.unescape(re.search(r'data-path="([^"]*)"', figure)[1])
        value = html.unescape(re.search(r' value="([^"]*)"', " " + figure)[1])
        expected = look_up(document, path)
        assert float(value) == float(expected), (
            f"{path}: the page has {value}, the object {expected}")
    return len(figures)


def check_timeline(dom, timeline):
    """The drawing of a violation has a column for each actor and a box for
    each step."""
    drawing = re.search(r"<svg.*?</svg>", dom, re.DOTALL).group()
    texts = re.findall(r"<text[^>]*>([^<]*)</text>", drawing)
    for column in {step["actor"] for step in timeline} | {"the frame"}:
        assert column in texts, f"there is no column for {column}"
    boxes = drawing.count("<rect")
    assert boxes == len(timeline), f"{boxes} boxes, {len(timeline)} steps"


def check(fallow, command, status, headings, plots):
    with tempfile.TemporaryDirectory() as folder:
        report = os.path.join(folder, "report.html")
        arguments = [fallow, *command, "--json", "--report", report]
        run = subprocess.run(arguments, capture_output=True, text=True)
        assert run.returncode == status, f"{run.returncode}: {run.stderr}"
        document = json.loads(run.stdout)
        size = os.path.getsize(report)
        assert size < 2_000_000, f"{size:,} bytes"

        light = os.path.join(folder, "light.png")
        dom = chromium(folder, report, "--dump-dom", "--screenshot=" + light)
        dark = os.path.join(folder, "dark.png")
        chromium(folder, report, "--blink-settings=preferredColorScheme=0",
                 "--screenshot=" + dark)
        assert sum(first_pixel(light)) > 600, "a light page is not light"
        assert sum(first_pixel(dark)) < 200, "a dark page is not dark"

        frame = os.path.join(folder, "frame.html")
        with open(report) as page, open(frame, "w") as file:
            file.write(FRAME.format(html.escape(page.read())))
        title = re.search(
            r"<title>width (\d+) of (\d+), (\d+) ms</title>",
            chromium(folder, frame, "--dump-dom"))
    width, visible, loaded = map(int, title.groups())
    assert width <= visible, f"{width} pixels wide, {visible} visible"
    assert loaded < 1_000, f"loaded after {loaded} ms"

    assert "<script" not in dom
    found = [html.unescape(text) for text in re.findall("<h2>(.*?)</h2>", dom)]
    for heading in headings:
        assert heading in found, f"no heading {heading}; {found}"
    drawn = dom.count('class="plot"')
    assert drawn >= plots, f"{drawn} plots"
    figures = 0
    if command[0] == "check":
        check_timeline(dom, document["timeline"])
    else:
        figures = check_figures(dom, document)
        assert figures >= 8, f"{figures} figures"
    print(
        f"{command[0]} {os.path.basename(command[-1])}: {figures} figures, "
        f"{drawn} plots, {size:,} bytes, loaded in {loaded} ms", flush=True)


def main():
    for report in REPORTS:
        check(os.path.abspath(sys.argv[1]), *report)


main()
