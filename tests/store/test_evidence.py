"""Evidence in the record: kept once, corrected, and found under the present name of its check."""

from __future__ import annotations

from pathlib import Path

import pytest

from probe.model import Evidence, EvidenceKind
from probe.store.reader import open_reader
from probe.store.writer import Writer
from tests.clocks import HandClock
from tests.store.builders import BOOT, HOME, QUICK, T0, a_check

ROUTE = Evidence("shop", T0 + 5, 1, EvidenceKind.ROUTE, {"reached": False, "detail": "ü"})


def test_evidence_comes_back_once_and_in_order_of_time(tmp_path: Path) -> None:
    """The same again is one; only what lies in the span asked for; under the new name after a rename."""
    path = tmp_path / "probe.db"
    writer = Writer(path, HOME, HandClock(), QUICK)
    writer.start()
    try:
        writer.open_clock(boot_id=BOOT, offset_ms=T0, is_synced=True, at_ms=T0)
        writer.register([a_check()], T0)
        certificate = ROUTE._replace(kind=EvidenceKind.CERTIFICATE, at_ms=T0 + 3)
        writer.keep_evidence([ROUTE, certificate, ROUTE._replace(at_ms=T0 + 90)]).result()
        writer.keep_evidence([ROUTE]).result()
        writer.register([a_check("store", renamed_from="shop")], T0 + 99)
    finally:
        writer.close()
    with open_reader(path) as reader:
        found = reader.evidence(HOME, T0, T0 + 90)
        assert reader.evidence("elsewhere", T0, T0 + 90) == ()
    assert [(one.key, one.kind, one.at_ms) for one in found] == [
        ("store", EvidenceKind.CERTIFICATE, T0 + 3),
        ("store", EvidenceKind.ROUTE, T0 + 5),
    ]
    assert found[1].document == ROUTE.document


def test_a_record_without_the_table_has_none(tmp_path: Path) -> None:
    """An older record is read as it is."""
    import sqlite3

    from probe.store import evidence

    connection = sqlite3.connect(tmp_path / "old.db")
    connection.execute("PRAGMA user_version = 2")
    assert evidence.load(connection, HOME, (0, 1)) == ()
    connection.close()


@pytest.mark.parametrize("end_ms", [T0 + 6, T0 + 5])
def test_the_end_of_the_span_is_not_in_it(tmp_path: Path, end_ms: int) -> None:
    """Half-open, as every stretch."""
    path = tmp_path / "probe.db"
    writer = Writer(path, HOME, HandClock(), QUICK)
    writer.start()
    writer.open_clock(boot_id=BOOT, offset_ms=T0, is_synced=True, at_ms=T0)
    writer.keep_evidence([ROUTE]).result()
    writer.close()
    with open_reader(path) as reader:
        assert len(reader.evidence(HOME, T0, end_ms)) == end_ms - T0 - 5
