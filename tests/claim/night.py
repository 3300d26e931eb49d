"""A night on record: an outage over midnight, half of it in declared maintenance, a cut of our own line; sealed."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stderr, redirect_stdout
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from probe.cli import main
from probe.config.compiled import pack
from probe.config.loading import load
from probe.model import Finding, Reason, State
from probe.store.writer import Writer
from tests.cli import office
from tests.cli.office import CHECKS, StandingClock, down, outcomes, up
from tests.judge.office import OCTOBER

DAY: Final = 86_400_000
TEN: Final = OCTOBER + 22 * 3_600_000
"""2026-10-01T22:00:00Z: the first sample; one a minute for four hours."""
END: Final = TEN + 239 * 60_000
LATER: Final = OCTOBER + 3 * DAY
PERIOD: Final = ("--from", "2026-10-01T22:00:30Z", "--to", "2026-10-02T01:58:30Z")
CONFIG: Final = office.CONFIG + 'agreement = "digitalocean/droplet"\nmonthly_fee = "24.00 USD"\n'
HOSTILE: Final = "<script>alert(1)</script>\x1b[31m"


def silent(count: int) -> list[Finding]:
    """So many time-outs."""
    return [Finding(state=State.DOWN, reason=Reason.TIMEOUT) for _ in range(count)]


SEEN: Final[Mapping[str, list[Finding]]] = {
    "shop-front": [*up(110), *down(30, HOSTILE), *up(50), *silent(6), *up(44)],
    "mail": up(240),
    "ref-a": [*up(190), *silent(6), *up(44)],
    "ref-b": [*up(190), *silent(6), *up(44)],
    "ref-c": [*up(190), *silent(6), *up(44)],
}
"""The shop is down from 23:50 to 00:19; from 01:10 to 01:15 nothing answers."""


def run(folder: Path, *argv: str, now_ms: int = LATER) -> tuple[int, str]:
    """A command line on the deployment, at an instant, and what it said."""
    said = io.StringIO()
    with redirect_stdout(said), redirect_stderr(said):
        code = main(["--config", str(folder / "probe.toml"), *argv], clock=StandingClock(now_ms))
    return code, said.getvalue()


def recorded(
    folder: Path, config: str = CONFIG, seen: Mapping[str, list[Finding]] = SEEN, checks: str = CHECKS
) -> Path:
    """A deployment with the night on record, not sealed."""
    (folder / "checks.d").mkdir(parents=True, exist_ok=True)
    (folder / "probe.toml").write_text(config, encoding="utf-8")
    (folder / "checks.d" / "10-web.toml").write_text(checks, encoding="utf-8")
    loaded = load(folder / "probe.toml")
    named = {check.key: check for check in loaded.checks}
    writer = Writer(folder / "storage" / "probe.db", office.VANTAGE, StandingClock(END))
    writer.start()
    try:
        clock = writer.open_clock(boot_id="boot", offset_ms=OCTOBER, is_synced=True, at_ms=OCTOBER)
        writer.register(loaded.checks, OCTOBER)
        writer.keep_config(loaded.fingerprint, pack(loaded)).result()
        for key, findings in seen.items():
            writer.record(outcomes(named[key], findings, clock, TEN + (len(findings) - 1) * 60_000)).result()
    finally:
        writer.close()
    return folder


def told(folder: Path) -> None:
    """Maintenance over ten minutes of the outage, and one entered afterwards; a ticket; somebody else's ticket."""
    window = ("maintenance", "add", "--service", "shop")
    at = ("--start", "2026-10-01T23:55:00Z", "--end", "2026-10-02T00:05:00Z")
    assert run(folder, *window, *at, "--announced-at", "2026-09-20T00:00:00Z", now_ms=OCTOBER + 1)[0] == 0
    assert run(folder, "ticket", "add", "shop", "4711", "--opened", "2026-10-02T00:01:00Z", now_ms=END)[0] == 0


def sealed(folder: Path) -> None:
    """Close the days that are over."""
    code, said = run(folder, "store", "seal")
    assert code == 0, said


def claimed(folder: Path, path: Path, *more: str) -> str:
    """The pack of the night; what the command said."""
    code, said = run(folder, "claim", "shop", *PERIOD, "-o", str(path), *more)
    assert code == 0, said
    return said


def opened(data: bytes) -> dict[str, bytes]:
    """The files of a pack."""
    with zipfile.ZipFile(io.BytesIO(data)) as held:
        return {name: held.read(name) for name in held.namelist()}


def zipped(files: Mapping[str, bytes], order: Callable[[Iterator[str]], list[str]] = sorted) -> bytes:
    """A zip as the program writes it, in this order of names."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as made:
        for name in order(iter(files)):
            made.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), files[name])
    return held.getvalue()


def listed(files: dict[str, bytes]) -> dict[str, bytes]:
    """The same with a manifest made anew, as a forger would."""
    others = {name: sha256(data).hexdigest() for name, data in sorted(files.items()) if not name.startswith("manifest")}
    manifest = {"schema": 1, "signed": False, "files": others}
    return {**files, "manifest.json": json.dumps(manifest, separators=(",", ":")).encode() + b"\n"}


def edited(files: dict[str, bytes], name: str, change: Callable[[Any], Any]) -> dict[str, bytes]:
    """A JSON file changed in place, the manifest made anew."""
    document = json.loads(files[name])
    change(document)
    return listed({**files, name: json.dumps(document, ensure_ascii=False).encode()})


def relined(files: dict[str, bytes], name: str, change: Callable[[list[Any]], Any]) -> dict[str, bytes]:
    """A file of JSON lines changed in place, the manifest made anew."""
    given = [json.loads(line) for line in files[name].splitlines()]
    change(given)
    return listed({**files, name: b"".join(json.dumps(one, ensure_ascii=False).encode() + b"\n" for one in given)})


def ms(text: str) -> int:
    """An instant in ms."""
    return round(datetime.fromisoformat(text).astimezone(UTC).timestamp() * 1000)
