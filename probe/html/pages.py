"""Templates become pages: all text is escaped and made printable. Files appear whole."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from probe import whole
from probe.errors import UsageError
from probe.html import words
from probe.view.cells import printable

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES: Final = Path(__file__).parent / "templates"
UNIT: Final = re.compile(r"(?<=\d) (?=(?:%|[dhms]\b|ms\b))|(?<=[≥>≤<]) (?=\d)")
"""The space between a figure and its unit: no line ends there."""

FILTERS: Final = (
    words.span,
    words.at,
    words.between,
    words.lasted,
    words.cause,
    words.percent,
    words.name_of,
    words.promise,
    words.availability,
    words.measured,
    words.downtime,
    words.budget,
    words.verdict_of,
    words.headline,
    words.objective,
    words.credit,
    words.owed,
    words.agreed,
    words.deadline,
    words.exclusion,
)


def fill(template: str, **given: Any) -> str:
    """The page of a template."""
    return _environment().get_template(template).render(symbols=words.SYMBOLS, **given)


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_shown,
    )
    made.filters.update({each.__name__: each for each in FILTERS})
    return made


def _shown(value: Any) -> Any:
    """Absence is a dash; text that came from anywhere is made printable, markup of our own is left as it is."""
    if value is None:
        return "—"
    return UNIT.sub("\u00a0", printable(value)) if type(value) is str else value


def write_whole(path: Path, text: str) -> None:
    """Write a file that appears whole or not at all; one that is there is replaced. OSError says why not."""
    whole.put(path, lambda part: part.write_text(text, encoding="utf-8", newline=""))


def write_report(path: Path, text: str) -> None:
    """The same for a file that a person named, through its symlinks; UsageError where it cannot be written."""
    try:
        write_whole(path.resolve(), text)
    except OSError as error:
        raise UsageError(f"--html {path}: cannot be written: {error.strerror}") from error
