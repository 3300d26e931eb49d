"""The one place that knows matplotlib: a canvas, marks of each sort, and SVG that fits into a page.

Colours are names until the very end: what is drawn in a colour of `INKS` becomes a variable of the style sheet,
so a chart follows the page into the dark and onto paper. Text stays text. The same drawing gives the same bytes.
"""

from __future__ import annotations

import html
import io
import logging
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from probe.html.compact import slim

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH: Final = 7.2
"""Inches: the text of an A4 page."""

INKS: Final[Mapping[str, str]] = {
    "text": "#a10001",
    "faint": "#a10002",
    "grid": "#a10003",
    "up": "#a10004",
    "down": "#a10005",
    "brief": "#a10006",
    "planned": "#a10007",
    "maybe": "#a10008",
    "unknown": "#a10009",
    "line": "#a1000a",
    "band": "#a1000b",
    "promise": "#a1000c",
    "paper": "#a1000d",
}
"""Placeholders, each the variable of that name in the style sheet."""

HATCHES: Final[Mapping[str, str]] = {"unknown": "////", "planned": "|||", "maybe": "\\\\"}
"""A pattern beside the colour, for those who do not see the difference."""

SETTINGS: Final[dict[Any, Any]] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "probe",
    "text.parse_math": False,
    "font.family": "DejaVu Sans",
    "font.size": 8,
    "axes.edgecolor": INKS["grid"],
    "axes.labelcolor": INKS["text"],
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.facecolor": "none",
    "figure.facecolor": "none",
    "text.color": INKS["text"],
    "xtick.color": INKS["text"],
    "ytick.color": INKS["text"],
    "grid.color": INKS["grid"],
    "grid.linewidth": 0.5,
    "hatch.linewidth": 0.6,
    "hatch.color": INKS["faint"],
    "legend.frameon": False,
    "legend.fontsize": 7.5,
    "path.simplify": True,
}

Box = tuple[float, float, float, float]
"""Left, bottom, width, height in the units of the axes."""


@contextmanager
def canvas(height: float, rows: int = 1, **more: Any) -> Iterator[tuple[Figure, list[Axes]]]:
    """A figure of one width with axes below each other; draw and take its `svg` inside the block.

    Neither a matplotlibrc of the user nor fonts of this machine change what is drawn.
    """
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a glyph that our font lacks is drawn by the browser's
        mpl.rcdefaults()
        mpl.rcParams.update(SETTINGS)
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        axes = figure.subplots(rows, 1, squeeze=False, sharex=rows > 1, **more)
        yield figure, list(axes[:, 0])


def boxes(axes: Axes, marks: Iterable[Box], ink: str, label: str | None = None) -> None:
    """Rectangles of one sort as one path; nothing where there are none."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    paths = [Path([(x, y), (x + w, y), (x + w, y + h), (x, y + h), (x, y)], closed=True) for x, y, w, h in marks]
    if paths:
        whole = Path.make_compound_path(*paths)
        axes.add_patch(PathPatch(whole, **patch(ink), label=label))


def patch(ink: str) -> dict[str, Any]:
    """How an area of that sort looks."""
    return {"facecolor": INKS[ink], "edgecolor": INKS["faint"] if ink in HATCHES else "none", "linewidth": 0} | (
        {"hatch": HATCHES[ink]} if ink in HATCHES else {}
    )


def legend(axes: Axes, entries: Iterable[tuple[str, str]]) -> None:
    """What each sort shown means, in a row above the drawing."""
    from matplotlib.patches import Patch

    handles = [Patch(**patch(ink), label=words) for ink, words in entries]
    if handles:
        axes.legend(
            handles=handles,
            loc="lower left",
            bbox_to_anchor=(0, 1.0),
            ncols=len(handles),
            borderaxespad=0.2,
            handlelength=1.2,
            columnspacing=1.2,
        )


def svg(figure: Figure, name: str, title: str, says: str) -> str:
    """The figure as an SVG element for a page: `name` is its own there, `title` and `says` are read aloud."""
    text = io.StringIO()
    figure.savefig(text, format="svg", metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")))
    drawn = text.getvalue()
    return _titled(slim(_named(_coloured(drawn[drawn.index("<svg") :]))), name, title, says)


def _coloured(drawn: str) -> str:
    for ink, placeholder in INKS.items():
        drawn = drawn.replace(placeholder, f"var(--{ink})")
    return re.sub(r"'DejaVu Sans'[^;\"]*", "var(--font)", drawn)


def _named(drawn: str) -> str:
    """Only ids that are referred to stay."""
    used = set(re.findall(r'(?:url\(#|href="#)([^)"]+)', drawn))
    return re.sub(r' id="([^"]+)"', lambda match: match[0] if match[1] in used else "", drawn)


def _titled(drawn: str, name: str, title: str, says: str) -> str:
    """Without a size of its own, with a title and a description."""
    head, _, rest = drawn.partition(">")
    box = re.search(r'viewBox="[^"]+"', head)
    assert box is not None
    about = f'role="img" aria-labelledby="{name}-title {name}-desc"'
    spaces = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    said = f'<title id="{name}-title">{html.escape(title)}</title><desc id="{name}-desc">{html.escape(says)}</desc>'
    return f"<svg {spaces} {box[0]} {about}>{said}{rest}".strip()
