#!/usr/bin/env python3
"""Draws the pictures of the documentation, for light and dark pages.

usage: pictures.py [--check]

With --check it writes nothing, and fails if a picture is not the one that it
would draw.
"""

import pathlib
import sys
from xml.sax.saxutils import escape

FOLDER = pathlib.Path("Sources/Fallow/Fallow.docc/Resources")
THEMES = {
    "": dict(ink="#1d1d1f", line="#6e6e73", fill="#f5f5f7", mark="#d6e6ff"),
    "~dark": dict(ink="#f5f5f7", line="#a1a1a6", fill="#2a2a2c",
                  mark="#1f3a5f"),
}
FONT = "ui-sans-serif, system-ui, Helvetica, Arial, sans-serif"


class Picture:
    """Boxes at given places, and arrows between them."""

    def __init__(self, title, width, height):
        self.title, self.width, self.height = title, width, height
        self.boxes = {}
        self.arrows = []

    def box(self, name, x, y, width=150, note="", marked=False):
        height = 56 if note else 40
        self.boxes[name] = (x, y, width, height, note, marked)

    def arrow(self, *points, label="", at=None, anchor="middle"):
        self.arrows.append((points, label, at, anchor))

    def port(self, name, side):
        x, y, width, height, _, _ = self.boxes[name]
        return {
            "left": (x, y + height / 2), "right": (x + width, y + height / 2),
            "top": (x + width / 2, y), "bottom": (x + width / 2, y + height),
        }[side]

    def join(self, source, target, label="", sides=("right", "left"),
             at=None, anchor="middle"):
        a, b = self.port(source, sides[0]), self.port(target, sides[1])
        self.arrow(a, b, label=label, at=at, anchor=anchor)

    def svg(self, theme):
        out = [
            f'<svg xmlns="http://www.w3.org/2000/svg" role="img" '
            f'viewBox="0 0 {self.width} {self.height}" '
            f'width="{self.width}" height="{self.height}" '
            f'font-family="{FONT}" font-size="14">',
            f"<title>{escape(self.title)}</title>",
            '<defs><marker id="head" viewBox="0 0 10 10" refX="9" refY="5" '
            'markerWidth="8" markerHeight="8" orient="auto">'
            f'<path d="M0 0 10 5 0 10z" fill="{theme["line"]}"/>'
            "</marker></defs>",
        ]
        for points, label, at, anchor in self.arrows:
            path = " ".join(f"{x:g},{y:g}" for x, y in points)
            out.append(
                f'<polyline points="{path}" fill="none" '
                f'stroke="{theme["line"]}" stroke-width="1.5" '
                'marker-end="url(#head)"/>')
            if label:
                (ax, ay), (bx, by) = points[0], points[1]
                x, y = at or ((ax + bx) / 2, (ay + by) / 2 - 8)
                out.append(
                    f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" '
                    f'font-size="12" fill="{theme["line"]}">'
                    f"{escape(label)}</text>")
        for name, (x, y, width, height, note, marked) in self.boxes.items():
            fill = theme["mark" if marked else "fill"]
            out.append(
                f'<rect x="{x}" y="{y}" width="{width}" height="{height}" '
                f'rx="8" fill="{fill}" stroke="{theme["line"]}"/>')
            middle = x + width / 2
            base = y + (24 if note else height / 2 + 5)
            out.append(
                f'<text x="{middle:g}" y="{base:g}" text-anchor="middle" '
                f'fill="{theme["ink"]}" font-weight="600">'
                f"{escape(name)}</text>")
            if note:
                out.append(
                    f'<text x="{middle:g}" y="{base + 19:g}" '
                    f'text-anchor="middle" font-size="12" '
                    f'fill="{theme["line"]}">{escape(note)}</text>')
        out.append("</svg>\n")
        return "\n".join(out)


def table_states():
    picture = Picture("The states of a page-table page", 880, 330)
    picture.box("constructed", 20, 30)
    picture.box("linked", 345, 30)
    picture.box("unlinked", 670, 30)
    picture.box("quarantined", 670, 150)
    picture.box("released", 345, 150, marked=True)
    picture.box("retained", 345, 260)
    picture.box("parked", 670, 260)
    picture.join("constructed", "linked", "link")
    picture.join("linked", "unlinked", "clear its entry")
    picture.join("unlinked", "quarantined", "flush, retire",
                 ("bottom", "top"), at=(735, 115), anchor="end")
    picture.join("quarantined", "released", "all walkers answered",
                 ("left", "right"))
    picture.arrow((95, 70), (95, 170), (345, 170),
                  label="lost a race: never linked", at=(105, 130),
                  anchor="start")
    picture.arrow((715, 190), (715, 260), label="no answer", at=(705, 238),
                  anchor="end")
    picture.arrow((775, 260), (775, 190), label="next batch", at=(785, 238),
                  anchor="start")
    picture.arrow((670, 182), (495, 272), label="in reserved memory",
                  at=(545, 222), anchor="end")
    return picture


def modules():
    picture = Picture("The modules, and what each imports", 840, 470)
    picture.box("fallow", 345, 20, note="the command")
    picture.box("FallowTool", 345, 110, note="subcommands, output")
    picture.box("FallowExplorer", 20, 210, 170, "every interleaving")
    picture.box("FallowTrace", 230, 210, 170, "readers, replay, audit")
    picture.box("FallowRecord", 440, 210, 170, "records Linux")
    picture.box("FallowReport", 650, 210, 170, "tables, pages")
    picture.box("FallowSchemes", 20, 310, 170, "Linux's ways to free")
    picture.box("FallowMachine", 230, 310, 170, "a simulated machine")
    picture.box("Fallow", 125, 400, 170, "the kernel library", marked=True)
    picture.box("FallowC", 440, 400, 170, "the library in C")
    picture.join("fallow", "FallowTool", sides=("bottom", "top"))
    for name in ("FallowExplorer", "FallowTrace", "FallowRecord",
                 "FallowReport"):
        picture.join("FallowTool", name, sides=("bottom", "top"))
    picture.join("FallowExplorer", "FallowSchemes", sides=("bottom", "top"))
    picture.join("FallowExplorer", "FallowMachine", sides=("bottom", "top"))
    picture.join("FallowTrace", "FallowMachine", sides=("bottom", "top"))
    picture.join("FallowSchemes", "Fallow", sides=("bottom", "top"))
    picture.join("FallowMachine", "Fallow", sides=("bottom", "top"))
    picture.join("FallowC", "Fallow", sides=("left", "right"))
    return picture


def main():
    check = sys.argv[1:] == ["--check"]
    if sys.argv[1:] and not check:
        sys.exit(__doc__)
    stale = 0
    for name, draw in (("table-states", table_states), ("modules", modules)):
        for suffix, theme in THEMES.items():
            path = FOLDER / f"{name}{suffix}.svg"
            text = draw().svg(theme)
            if not check:
                path.write_text(text)
            elif not path.exists() or path.read_text() != text:
                stale += 1
                print(f"{path} is not what Scripts/pictures.py draws")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
