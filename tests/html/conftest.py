"""A deployment with an hour of record, the browser, and the referee for accessibility."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from tests.cli.office import Office, down, up
from tests.html.browser import PROGRAM, Browser, browser

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the developer's terminal says must not reach the tests."""
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "COLUMNS", "LINES", "PROBE_CONFIG"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def office(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Office:
    """An hour of record: the shop's page was down for five minutes, mail has just failed once."""
    office = Office(tmp_path, capsys)
    office.write()
    office.record(
        {
            "shop-front": [*up(40), *down(5, HOSTILE), *up(15)],
            "mail": [*up(59), *down(1)],
            "ref-a": up(60),
            "ref-b": up(60),
        }
    )
    return office


def absent(what: str) -> NoReturn:
    """Skip with the reason; in CI it is a failure."""
    if os.environ.get("CI") == "true":
        pytest.fail(what)
    pytest.skip(what)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One Chromium for all tests."""
    if PROGRAM is None:
        absent("no chromium here: apt-get install chromium")
    with browser() as opened:
        yield opened


@pytest.fixture(scope="session")
def axe() -> str:
    """The script of axe-core: where $PROBE_AXE says, as `.ci/run` installs it by tests/html/package-lock.json."""
    given = os.environ.get("PROBE_AXE", "")
    if not given or not Path(given).is_file():
        absent("no axe-core here: npm ci --prefix FOLDER of tests/html/package-lock.json, and name it in PROBE_AXE")
    return Path(given).read_text(encoding="utf-8")
