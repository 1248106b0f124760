#!/usr/bin/env python3
"""Writes a long trace: a recording over and over, each time later.

usage: long-trace.py FILE BYTES > long.txt

Works on ftrace, `perf script` and `trace-cmd report` text. Every repeat is
shifted by the recording's length and one second, so stamps never go back.
"""

import re
import sys

STAMP = re.compile(rb"(\] +(?:[^ 0-9][^ ]* +)?)( *)(\d+)\.(\d+)(?=: )")


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    size = int(sys.argv[2])
    header, lines = [], []
    with open(sys.argv[1], "rb") as file:
        for line in file:
            stamp = STAMP.search(line)
            if stamp is None:
                header.append(line)
                continue
            digits = len(stamp.group(4))
            ticks = int(stamp.group(3)) * 10**digits + int(stamp.group(4))
            width = len(stamp.group(2)) + len(stamp.group(3)) + 1 + digits
            before = line[: stamp.end(1)]
            lines.append((before, ticks, digits, width, line[stamp.end() :]))
    if not lines:
        sys.exit("no line with a time stamp in " + sys.argv[1])
    step = lines[-1][1] - lines[0][1] + 10 ** lines[0][2]
    out = sys.stdout.buffer
    written = out.write(b"".join(header))
    shift = 0
    while written < size:
        piece = []
        for before, ticks, digits, width, after in lines:
            seconds, rest = divmod(ticks + shift, 10**digits)
            stamp = b"%d.%0*d" % (seconds, digits, rest)
            piece.append(before + stamp.rjust(width) + after)
        written += out.write(b"".join(piece))
        shift += step


if __name__ == "__main__":
    main()
