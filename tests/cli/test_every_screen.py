"""Every view as a person gets it: the real command on a terminal of 80 and of 120 columns, over one trying record.

What each view says word by word is compared in tests/view and tests/watch; here it is that nothing is lost, torn,
or obeyed on the way from a record with outages, windows, unknown time and hostile words to the terminal.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

import pytest

from probe.cli import main
from probe.view.plain import cells
from tests.cli.office import StandingClock
from tests.judge.office import HOUR, Office
from tests.watch.site import LONG, a_site

STYLE: Final = re.compile(r"\x1b\[[0-9;]*m")
PERIOD: Final = "--from {start} --to {end}"
VIEWS: Final = {
    "status": ("down (2 of 3)", "pending", LONG, "BUDGET LEFT", "\\x1b]52;c;ZXZpbA==\\x07[red]\\u202e名前"),
    "status shop --all": ("shop", "LATENCY"),
    f"report {PERIOD} --quality": ("MISSED", "UNDECIDED", "unknown time", "scheduled maintenance", f"loss {LONG}"),
    f"report {PERIOD} --compare": ("UNDER ONE RULE", LONG),
    "outages": ("BEGAN", "goes on", "not confirmed"),
    "plan": ("error budget", "no, and no interval would"),
    "log shop --last 40": ("banner", "\\x1b]52"),
    "maintenance list": ("service shop", "works"),
    "ticket list": ("No tickets",),
    "sla list": ("digitalocean/droplet",),
    "sla show digitalocean/droplet": ("DigitalOcean",),
    "check tcp://127.0.0.1:9": ("refused", "ADDRESS TRIED"),
    "doctor --quick": ("not running", "configuration"),
    "store stats": ("not yet sealed", "window 1"),
    "store check": ("are as they were kept",),
    "validate": ("3 references",),
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """One record for all that only look."""
    with a_site(tmp_path_factory.mktemp("site")) as made:
        yield made


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("view", VIEWS)
def test_a_view_fits_its_terminal_and_loses_nothing(
    site: Office, view: str, width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No line is wider than the screen, no word of it is torn, and remote text is shown, not obeyed."""
    for name, value in {"TTY_COMPATIBLE": "1", "COLUMNS": str(width), "LINES": "60", "TERM": "xterm-256color"}.items():
        monkeypatch.setenv(name, value)
    start, end = (datetime.fromtimestamp(at / 1000, UTC).isoformat() for at in (site.now_ms - 6 * HOUR, site.now_ms))
    words = ["--config", str(site.folder / "probe.toml"), *view.format(start=start, end=end).split()]
    assert main(words, clock=StandingClock(site.now_ms)) in {0, 1}
    shown = STYLE.sub("", capsys.readouterr().out)
    lines = shown.splitlines()
    assert all(line.isprintable() for line in lines)
    if view not in {"validate", "store check"}:  # one line that names a file, left as it is
        assert max(map(cells, lines)) <= width
        assert sum(len(line.split()) == 1 for line in lines) <= len(lines) // 3, "a column too narrow for its words"
    joined = " ".join(shown.split())
    assert [said for said in VIEWS[view] if said not in joined] == []
