"""Every view as a person gets it: the real command on a terminal of 80 and of 120 columns, over one trying record.

What most views say word by word is compared in tests/view and tests/watch; here it is that nothing is lost, torn,
or obeyed on the way from a record with outages, windows, unknown time and hostile words to the terminal. `doctor`,
`store stats` and `verify`, which have no record to show, are compared whole: screens/ holds what is expected.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest

from probe.cli import main
from probe.cli.output import Output
from probe.view.cells import cells
from probe.view.doctor import Diagnosis, Error, Level, Symptom, doctor
from probe.view.page import Page
from probe.view.store import stats
from tests.claim import night
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
    "store stats": ("unsealed", "window 1"),
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
    on_a_terminal(monkeypatch, width)
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


SCREENS: Final = Path(__file__).parent / "screens"
DIGEST: Final = re.compile(r"\b[0-9a-f]{64}\b")
FITNESS: Final = Diagnosis(
    (
        Symptom("program", Level.FINE, "probe 1.2.3, Python 3.11.2, Linux-6.1.0-18-amd64-x86_64-with-glibc2.36"),
        Symptom("configuration", Level.FINE, "/etc/probe/probe.toml: 12 checks, 5 references"),
        Symptom(
            "clock", Level.WARNING, "not synchronised: instants are marked so until it is", "timedatectl set-ntp true"
        ),
        Symptom(
            "icmp", Level.BROKEN, "IPv4: this user may not send echo requests", 'sysctl -w net.ipv4.x="0 2147483647"'
        ),
        Symptom("network", Level.FINE, "IPv6: no route leads out, and no check demands it"),
        Symptom(
            "resolver", Level.FAILED, "shop.example: no answer in 3 s", "name servers that answer in /etc/resolv.conf"
        ),
        Symptom("secrets", Level.FINE, "\x1b]0;evil\x07 in the environment"),
    ),
    (
        Error("http", 105, 512, 1_900, 640, None),
        Error("tcp", 105, 96, 1_200, 310, (41, 388)),
        Error("tls", says="the program openssl, which makes its certificate, is not there"),
        Error("timer", 105, 81, 1_004, 67),
    ),
)
SIZES: Final = {
    "path": "/var/lib/probe/probe.db",
    "file_bytes": 734_003_200,
    "free_bytes": 4096,
    "used_bytes": 733_999_104,
    "wal_bytes": 4_152_992,
    "outcomes": 44_640_000,
    "sealed_outcomes": 43_200_000,
    "sealed_bytes": 432_000_001,
    "hot_outcomes": 1_440_000,
    "oldest_whole_day": "2026-10-01",
    "last_sealed_day": "2026-10-31",
    "last_head": "5e" * 32,
    "rows": {"block": 31_000, "check": 1_012, "digest": 31_000, "event": 4, "span": 20_417, "ticket": 2, "window": 13},
    "schema": 9,
    "sqlite": "3.40.1",
}
FRESH: Final = SIZES | dict.fromkeys(("outcomes", "sealed_outcomes", "sealed_bytes", "hot_outcomes"), 0)
NEVER: Final = dict.fromkeys(("oldest_whole_day", "last_sealed_day", "last_head"))
PAGES: Final[dict[str, Callable[[], Page]]] = {
    "doctor": lambda: doctor(FITNESS),
    "store-stats": lambda: stats(SIZES),
    "store-stats-nothing": lambda: stats(FRESH | NEVER),
}


def on_a_terminal(monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    for name, value in {"TTY_COMPATIBLE": "1", "COLUMNS": str(width), "LINES": "60", "TERM": "xterm-256color"}.items():
        monkeypatch.setenv(name, value)


def compared(name: str, width: int, shown: str) -> None:
    """Every word, without colours; a digest is as long as any other."""
    text = DIGEST.sub("d" * 64, STYLE.sub("", shown))
    expected = SCREENS / f"{name}-{width}.txt"
    if not expected.exists():
        expected.parent.mkdir(exist_ok=True)
        expected.write_text(text)
        pytest.fail(f"{expected} was missing and is written: read it, then run again")
    assert text == expected.read_text()
    assert all(line.isprintable() and cells(line) <= width for line in text.splitlines())


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("name", PAGES)
def test_a_screen_of_the_machine_reads_as_expected(
    name: str, width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is wrong first with its remedy, sizes in words; what was never is a dash."""
    on_a_terminal(monkeypatch, width)
    Output().page(PAGES[name]())
    compared(name, width, capsys.readouterr().out)


@pytest.fixture(scope="module")
def packs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a claim pack as it was made, and one of which a sample, a file and the letter were changed."""
    folder = tmp_path_factory.mktemp("packs")
    night.sealed(night.recorded(folder))
    night.claimed(folder, folder / "sound.zip")
    files = night.opened((folder / "sound.zip").read_bytes())
    files["LETTER.txt"] += b"PS"
    del files["tickets.json"]
    (folder / "refused.zip").write_bytes(night.zipped(files | {"more\x1b[31m.txt": b""}))
    (folder / "changed.zip").write_bytes(night.zipped(files | {"record.json": b"{}"}))
    return folder


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize(("name", "code"), [("sound", 0), ("changed", 1), ("refused", 1)])
def test_what_verify_says_reads_as_expected(
    packs: Path, name: str, code: int, width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was looked at, or each place that is not as it was made; the last line is the verdict."""
    on_a_terminal(monkeypatch, width)
    monkeypatch.chdir(packs)
    assert main(["verify", f"{name}.zip"]) == code
    compared(f"verify-{name}", width, capsys.readouterr().out)
