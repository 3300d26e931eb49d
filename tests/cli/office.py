"""A deployment in a folder: configuration, a record written by the real writer, and a clock that stands still."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from probe.cli import main
from probe.clock import Reading
from probe.config.compiled import pack
from probe.config.loading import load
from probe.model import Check, Finding, Origin, Outcome, Reason, State
from probe.store.writer import Writer
from tests.judge.office import OCTOBER, REFERENCES, SHOP

NOW: Final = OCTOBER + 5 * 3_600_000
VANTAGE: Final = "office-berlin"

CONFIG: Final = REFERENCES.replace('"office"', f'"{VANTAGE}"') + SHOP

CHECKS: Final = """\
[[check]]
name    = "shop-front"
kind    = "http"
target  = "https://shop.example.net/health"
service = "shop"

[[check]]
name    = "mail"
kind    = "tcp"
target  = "mail.example.net:25"
service = "shop"

[[check]]
name   = "dual"
kind   = "icmp"
target = "dual.example.net"
family = "both"
"""


class StandingClock:
    """It is always the same instant; elapsed time is nought."""

    def __init__(self, wall_ms: int = NOW) -> None:
        """Stand at `wall_ms`."""
        self.wall_ms = wall_ms

    def read(self) -> Reading:
        """The instant."""
        return Reading(self.wall_ms * 1_000_000, 10**15, 10**15)

    def boot_id(self) -> str:
        """One boot."""
        return "boot"

    def is_synchronised(self) -> bool:
        """Yes."""
        return True


@dataclass
class Said:
    """How a command ended and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The JSON document on stdout."""
        return json.loads(self.out)


@dataclass
class Office:
    """A deployment to run commands on."""

    folder: Path
    capsys: pytest.CaptureFixture[str]

    @property
    def config(self) -> Path:
        """Its probe.toml."""
        return self.folder / "probe.toml"

    @property
    def database(self) -> Path:
        """Its record."""
        return self.folder / "storage" / "probe.db"

    def probe(self, *argv: str | Path) -> Said:
        """Run a command line on this deployment."""
        code = main(["--config", str(self.config), *map(str, argv)], clock=StandingClock())
        out, err = self.capsys.readouterr()
        assert "Traceback" not in out + err
        return Said(code, out, err)

    def write(self, config: str = CONFIG, checks: str = CHECKS) -> None:
        """Write its files."""
        (self.folder / "checks.d").mkdir(exist_ok=True)
        self.config.write_text(config, encoding="utf-8")
        (self.folder / "checks.d" / "10-web.toml").write_text(checks, encoding="utf-8")

    def record(self, seen: dict[str, Sequence[Finding]], *, until_ms: int = NOW - 30_000) -> None:
        """Have the writer record findings a minute apart, the last one at `until_ms`."""
        config = load(self.config)
        checks = {check.key: check for check in config.checks}
        writer = Writer(self.database, VANTAGE, StandingClock())
        writer.start()
        try:
            clock = writer.open_clock(boot_id="boot", offset_ms=NOW - 10**9, is_synced=True, at_ms=OCTOBER)
            writer.register(config.checks, OCTOBER)
            writer.keep_config(config.fingerprint, pack(config)).result()
            for key, findings in seen.items():
                writer.record(outcomes(checks[key], findings, clock, until_ms)).result()
        finally:
            writer.close()


def outcomes(check: Check, findings: Sequence[Finding], clock: int, until_ms: int) -> list[Outcome]:
    """Findings as grid outcomes, a minute apart."""
    first = until_ms - 60_000 * (len(findings) - 1)
    return [
        Outcome(
            key=check.key,
            revision=check.revision,
            at_ms=first + 60_000 * number,
            due_ms=first + 60_000 * number,
            clock=clock,
            origin=Origin.GRID,
            finding=finding,
        )
        for number, finding in enumerate(findings)
    ]


def up(count: int) -> list[Finding]:
    """So many good answers."""
    return [Finding(state=State.UP, latency_us=12_000 + number) for number in range(count)]


def down(count: int, detail: str = "") -> list[Finding]:
    """So many refusals."""
    return [Finding(state=State.DOWN, reason=Reason.REFUSED, detail=detail) for _ in range(count)]
