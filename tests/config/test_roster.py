"""The short form of the configuration that a look starts from, and when it may be used."""

from __future__ import annotations

import json
import os
import sqlite3
from argparse import Namespace
from pathlib import Path
from shutil import copy
from typing import NamedTuple

import pytest

from probe.cli.command import Call
from probe.cli.opening import glance
from probe.cli.output import Output
from probe.config import load
from probe.config.compiled import pack as compiled
from probe.config.roster import current, pack, roster, unpack
from probe.errors import ConfigError, StoreError
from probe.model import Role
from tests.clocks import HandClock
from tests.config.places import NO_ROUTES
from tests.config.test_load import OWN_TERMS
from tests.judge.office import CHECK, GATEWAY, SHOP, an_office

AGREED = SHOP.replace("objective", 'timezone = "UTC"\nagreement = "own-terms.toml"\nobjective')
LINE = '[service.line]\nprovider = "My ISP"\nuplink = true\n'


class Seen(NamedTuple):
    """What a look began from."""

    names: list[str]
    has_record: bool
    is_kept: bool


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A configuration with its record, in which the agent has kept it."""
    copy(OWN_TERMS, tmp_path)
    with an_office(tmp_path, GATEWAY + AGREED + LINE):
        pass
    return tmp_path / "probe.toml"


def glanced(place: Path) -> Seen:
    """What a look at that place starts from."""
    call = Call(Namespace(config=place), Output(environ={}), HandClock())
    with glance(call) as (short, reader, whole):
        assert [one.key for one in short.checks] == [one.key for one in whole().checks]
        kept = reader.config()
        is_kept = kept is not None and current(kept.document, place) == short
        return Seen([one.name for one in short.checks], reader.vantages() != (), is_kept)


def test_it_says_what_a_look_needs(place: Path) -> None:
    """Checks with their roles and schedules, services with what is promised, and what it was made of."""
    config = load(place, NO_ROUTES)
    short = roster(config)
    assert [(one.key, one.role) for one in short.checks] == [(one.key, one.role) for one in config.checks]
    assert [(one.g_max_ms, one.timeout_ms) for one in short.checks] == [
        (one.g_max_ms, one.timeout_ms) for one in config.checks
    ]
    promised = [(one.name, one.provider, one.keys, one.is_uplink, one.is_promised) for one in short.services]
    assert promised == [
        ("shop", "Example Hosting", ("shop",), False, True),
        ("line", "My ISP", (), True, False),
    ]
    assert (short.vantage, short.fingerprint) == ("office", config.fingerprint)
    assert short.agreements == (str(place.parent / "own-terms.toml"),)


def test_what_was_packed_is_unpacked(place: Path) -> None:
    """Equal in every value, roles and tuples too, on one line."""
    short = roster(load(place, NO_ROUTES))
    text = pack(short)
    assert unpack(text) == short
    assert isinstance(unpack(text).checks[0].role, Role)
    assert "\n" not in text


@pytest.mark.parametrize("text", ["", "{}", "null", "[]", "7", "[1,2,3,4,5,6,7]", '["","","",[],[],[["a"]],[]]', "{"])
def test_what_is_no_roster_is_refused(tmp_path: Path, text: str) -> None:
    """Another version's, or a damaged one: a ValueError, and then the files are read."""
    with pytest.raises(ValueError, match="not a packed roster"):
        unpack(text)
    assert current(text, tmp_path / "probe.toml") is None


def test_a_role_that_nobody_knows_is_refused(place: Path) -> None:
    """What a later version may have written."""
    rows = json.loads(pack(roster(load(place, NO_ROUTES))))
    rows[5][0][4] = "oracle"
    with pytest.raises(ValueError, match="oracle"):
        unpack(json.dumps(rows))


@pytest.mark.parametrize("what", ["probe.toml", "checks.d/a.toml", "own-terms.toml"])
def test_it_is_current_until_a_file_changes(place: Path, what: str) -> None:
    """Also by a change that leaves the size, by a removal, and by a drop-in that is new."""
    text = compiled(load(place, NO_ROUTES))
    assert current(text, place) is not None
    os.utime(place.parent / what, ns=(1, 1))
    assert current(text, place) is None
    (place.parent / what).unlink()
    assert current(text, place) is None


def test_a_new_drop_in_or_another_place_is_another_roster(place: Path, tmp_path: Path) -> None:
    """--config decides, not what was kept last."""
    text = compiled(load(place, NO_ROUTES))
    assert current(text, tmp_path / "other.toml") is None
    (place.parent / "checks.d" / "new.toml").touch()
    assert current(text, place) is None


def test_a_look_starts_from_what_the_agent_kept(place: Path) -> None:
    """While it is what the files say, no TOML of a check is read: a file gone unreadable would be noticed."""
    assert glanced(place) == Seen(["gateway", "ref-a", "ref-b", "ref-c", "shop"], has_record=True, is_kept=True)


def test_a_look_reads_the_files_when_they_have_changed(place: Path) -> None:
    """What is kept no longer holds; the new check is there."""
    (place.parent / "checks.d" / "b.toml").write_text(CHECK.replace('"shop"\nkind', '"later"\nkind'))
    seen = glanced(place)
    assert ("later" in seen.names, seen.is_kept) == (True, False)


def test_a_look_at_another_place_for_the_record_follows_the_files(place: Path) -> None:
    """A [storage] table with a path is found without reading the rest; a missing record is said by its name."""
    place.write_text(place.read_text() + '[storage]\npath = "elsewhere.db"\n')
    with pytest.raises(StoreError, match=r"elsewhere\.db"):
        glanced(place)


def test_a_missing_record_is_said(place: Path) -> None:
    """There is nothing to look at."""
    for file in (place.parent / "storage").iterdir():
        file.unlink()
    with pytest.raises(StoreError, match=r"probe\.db"):
        glanced(place)


def test_a_damaged_record_is_said(place: Path) -> None:
    """Never a traceback, and never an empty screen."""
    (place.parent / "storage" / "probe.db").write_bytes(b"not a database" * 100)
    with pytest.raises(StoreError, match=r"probe\.db"):
        glanced(place)


def test_bad_files_are_said_where_a_roster_is_kept(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The kept one is not what they say, but what the agent runs: it is shown, and the problem named."""
    place.write_text("[agent\n")
    glanced(place)
    assert "the configuration has 1 problem" in capsys.readouterr().err


def test_a_record_without_a_roster_is_read_with_the_files(tmp_path: Path) -> None:
    """An import made it, no agent has kept anything."""
    with an_office(tmp_path) as office:
        office.writer.keep_config("x", "nothing of use").result()
    assert glanced(tmp_path / "probe.toml").is_kept is False


def test_a_service_to_be_judged_reads_what_was_kept_or_else_the_files(place: Path) -> None:
    """The third that a look is given is the whole configuration, also if the record was lost in the meantime."""
    with glance(Call(Namespace(config=place), Output(environ={}), HandClock())) as (short, _, whole):
        kept = whole()
        for file in (place.parent / "storage").iterdir():
            file.unlink()
        assert whole() == kept == load(place)
        assert roster(kept) == short


@pytest.mark.parametrize("text", ["[storage]\npath = 7\n", "[storage]\npath = \n", "#" * (257 << 10) + "\n"])
def test_a_place_that_only_a_full_reading_can_tell(place: Path, text: str) -> None:
    """A path that is none, a table that does not parse, a file that is huge: its own reader says what is wrong."""
    place.write_text(place.read_text() + text)
    with pytest.raises(ConfigError, match=r"probe\.toml"):
        glanced(place)


def test_a_record_whose_roster_cannot_be_read_is_no_traceback(place: Path) -> None:
    """The header is whole, the pages are not."""
    file = place.parent / "storage" / "probe.db"
    whole = file.read_bytes()
    file.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    with pytest.raises(StoreError, match=r"probe\.db"):
        glanced(place)


def test_a_record_that_cannot_say_what_was_kept_is_read_with_the_files(place: Path) -> None:
    """What is kept saves time; where it cannot be read, the files say the same."""
    connection = sqlite3.connect(place.parent / "storage" / "probe.db")
    connection.execute("DROP TABLE config")
    connection.close()
    with glance(Call(Namespace(config=place), Output(environ={}), HandClock())) as (short, reader, _):
        assert short == roster(load(place))
        assert reader.vantages() == ("office",)
