"""The same pages through Rich: the same text, colour only where it is wanted, no markup obeyed."""

from __future__ import annotations

import os
import subprocess
import sys
from io import StringIO

import pytest

from probe.view import plain, terminal
from probe.view.page import paragraph
from probe.view.status import status
from probe.view.strip import bar, spark, strip
from tests.view.builders import office


class Tty(StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Yes."""
        return True


def written(width: int, *, no_color: bool = False, stream: StringIO | None = None) -> str:
    """The status screen as Rich writes it."""
    target = stream or StringIO()
    terminal.show(status(office()), terminal.console(target, width=width, no_color=no_color))
    return target.getvalue()


@pytest.mark.parametrize("width", [80, 120])
def test_rich_writes_the_same_text_as_plain(width: int) -> None:
    """One layout, two outputs."""
    lines = [line.rstrip() for line in written(width).splitlines()]
    assert lines == plain.text(status(office()), width).splitlines()


def seen(**environ: str) -> str:
    """The status screen on a terminal, in a process of its own: in one process Rich keeps a style's first codes."""
    line = "from tests.view.test_terminal import Tty, written; print(written(100, stream=Tty()))"
    given = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLORTERM")}
    told = subprocess.run(
        [sys.executable, "-c", line],
        env={**given, "TERM": "xterm-256color", "PYTHONPATH": os.pathsep.join(sys.path), **environ},
        capture_output=True,
        text=True,
        check=True,
    )
    return told.stdout


def test_a_terminal_gets_colour_and_no_color_takes_it_away() -> None:
    """NO_COLOR and --no-color leave words and weight, since state is a word anyway."""
    assert "\x1b[1;38;5;160mdown" in seen()
    assert "38;5" not in written(100, stream=Tty(), no_color=True)
    assert "38;5" not in seen(NO_COLOR="1")


def test_markup_and_emoji_are_text() -> None:
    """A banner can neither colour nor decorate."""
    target = StringIO()
    terminal.show((paragraph("[red]x[/blue] :smile: [link=http://e]"),), terminal.console(target, width=80))
    assert target.getvalue().strip() == "[red]x[/blue] :smile: [link=http://e]"


def test_progress_moves_and_vanishes() -> None:
    """Long work shows that it goes on; afterwards nothing of it is left."""
    stream = Tty()
    with terminal.progress(terminal.console(stream, width=80), "importing\x1b[2J", 10) as advance:
        advance(10)
    assert "importing\\x1b[2J" in stream.getvalue()


def test_neighbouring_marks_of_one_tone_are_one_piece() -> None:
    """A strip costs few style changes; what is not known is a question mark."""
    assert [piece.text for piece in strip("UUSDD? x")] == ["▁▁", "▄", "██", "?", "·", "?"]


def test_a_spark_spans_its_values() -> None:
    """The lowest is the lowest mark, a missing value is a blank."""
    assert spark([1, None, 8]) == "▁ █"
    assert spark([5, 5]) == "▁▁"
    assert spark([None]) == ""


def test_a_bar_is_never_empty() -> None:
    """A phase of a microsecond is still a phase."""
    assert bar(0, 0, 100, 10) == "█"
    assert bar(50, 50, 100, 10) == "     █████"
    assert bar(100, 1, 100, 10) == "         █"
    assert bar(0, 1, 0) == ""
