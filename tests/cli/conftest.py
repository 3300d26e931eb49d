"""A deployment for each test, and terminals that are not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from probe.config.place import FILE, SYSTEM
from tests.cli.office import Office, down, up


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the developer's terminal says must not reach the tests."""
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "COLUMNS", "LINES", "PROBE_CONFIG", "SUDO_USER"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def empty(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Office:
    """Configured, never run."""
    office = Office(tmp_path, capsys)
    office.write()
    return office


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, of a person without a configuration; a machine's own must not be touched by tests."""
    if (SYSTEM / FILE).exists():
        pytest.skip(f"this machine has a configuration of its own: {SYSTEM / FILE}")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    return tmp_path


@pytest.fixture
def office(empty: Office) -> Office:
    """An hour of record: the shop's page was down for five minutes and is up, mail has just failed once."""
    empty.record(
        {
            "shop-front": [*up(40), *down(5), *up(15)],
            "mail": [*up(59), *down(1)],
            "ref-a": up(60),
            "ref-b": up(60),
        }
    )
    return empty
