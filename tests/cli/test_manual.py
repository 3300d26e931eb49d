"""The manual page says what the program has, in a form that man reads."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

from tests.cli.manual import escaped, filled, page

PAGE: Final = Path(__file__).parents[2] / "deploy" / "probe.1"


def test_the_manual_is_what_the_parsers_say() -> None:
    """A change of an option shows in the manual; UPDATE_GOLDEN=1 writes it anew."""
    made = page()
    if os.environ.get("UPDATE_GOLDEN"):
        PAGE.write_text(made, encoding="ascii")
    assert PAGE.read_text(encoding="ascii") == made


def test_no_text_becomes_a_request() -> None:
    """A line of help that begins with a dot is text."""
    assert filled(".TH is a request") == ["\\&.TH is a request"]
    assert escaped("a\\b 'x' `-y` ~/…") == "a\\[rs]b \\(aqx\\(aq \\(ga\\-y\\(ga \\(ti/\\[u2026]"


def said(program: str, *options: str) -> str:
    """What a formatter makes of the page; it warns of nothing."""
    tool = shutil.which(program)
    if tool is None:
        assert "CI" not in os.environ, f"CI must have {program}"
        pytest.skip(f"{program} is not installed: apt-get install groff-base mandoc")
    done = subprocess.run([tool, *options, str(PAGE)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return re.sub(".\x08", "", done.stdout)


def test_the_formatter_has_nothing_to_say() -> None:
    """groff warns of what it does not understand; what was written is there."""
    shown = said("groff", "-man", "-ww", "-Tutf8")
    assert [text for text in ("probe report", "--period", "EXIT STATUS", "PROBE_CONFIG") if text not in shown] == []


def test_the_linter_has_nothing_to_say() -> None:
    """mandoc's own judgement of the page, down to matters of style."""
    assert said("mandoc", "-Tlint", "-Wstyle") == ""
