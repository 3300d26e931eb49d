"""A page of many drawings made small: what they share is said once, and what says nothing goes."""

from __future__ import annotations

import re
from typing import Final

DEFINITION: Final = re.compile(r"<(pattern|clipPath|path) id=\"([^\"]+)\".*?(?:</\1>|/>)", re.DOTALL)
"""Whatever drawings refer to by an id that is made of what it is: the same id is the same thing."""

DRAWING: Final = re.compile(r"<svg .*?</svg>", re.DOTALL)
STYLE: Final = re.compile(r' style="([^"]*)"')
NUMBER: Final = re.compile(r"-?\d+\.\d+")
BOX: Final = re.compile(r"M (\S+) (\S+) L (\S+) \2 L \3 (\S+) L \1 \4 (?:L \1 \2 )?z ?")
GROUP: Final = re.compile(r"<g\b([^>]*)>|</g>")
SHEET: Final = "</style>"


def compacted(page: str) -> str:
    """The page with one class for each style of its drawings and one definition of each shared thing."""
    seen: set[str] = set()
    classes: dict[str, str] = {}

    def drawing(match: re.Match[str]) -> str:
        once = DEFINITION.sub(lambda found: _once(found, seen), match[0])
        return STYLE.sub(lambda found: f' class="{classes.setdefault(found[1], f"d{len(classes)}")}"', once)

    small = DRAWING.sub(drawing, page)
    sheet = "".join(f"svg .{name}{{{style}}}\n" for style, name in classes.items())
    return small.replace(SHEET, sheet + SHEET, 1)


def _once(found: re.Match[str], seen: set[str]) -> str:
    if found[2] in seen:
        return ""
    seen.add(found[2])
    return found[0]


def slim(drawn: str) -> str:
    """One drawing without comments, empty groups, invisible frames and digits that nobody sees."""
    drawn = re.sub(r"<!--.*?-->", "", drawn, flags=re.DOTALL)
    drawn = re.sub(r'(?<= d=")[^"]+', lambda course: " ".join(course[0].split()), drawn)
    drawn = re.sub(r' transform="rotate\(-0 [^"]*\)"', "", drawn)
    drawn = re.sub(r'<path d="[^"]*"(?: clip-path="[^"]*")? style="fill: none"/>', "", drawn)
    drawn = re.sub(r' (?:d|x|y|width|height|transform)="[^"]+"', lambda value: NUMBER.sub(_rounded, value[0]), drawn)
    drawn = BOX.sub(r"M\1 \2H\3V\4H\1z", drawn).replace(" L ", "L")
    drawn = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>", "", drawn, flags=re.DOTALL)
    return re.sub(r">\s+<", "><", _ungrouped(drawn))


def _rounded(number: re.Match[str]) -> str:
    """To a tenth of a point."""
    text = f"{float(number[0]):.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def _ungrouped(drawn: str) -> str:
    """Without the groups that have no attributes."""
    kept: list[bool] = []

    def group(tag: re.Match[str]) -> str:
        if tag[0] == "</g>":
            return tag[0] if kept.pop() else ""
        kept.append(bool(tag[1].strip()))
        return tag[0] if kept[-1] else ""

    return GROUP.sub(group, drawn)
