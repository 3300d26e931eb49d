"""What outages are explained with, and what is to be told of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from probe.store.migrations.statements import append_only, iso, statements

if TYPE_CHECKING:
    from sqlite_utils import Database

EVIDENCE: Final = """
CREATE TABLE evidence (
    id INTEGER PRIMARY KEY,
    vantage TEXT NOT NULL,
    key TEXT NOT NULL,
    clock INTEGER NOT NULL REFERENCES clock (id),
    at_ms INTEGER NOT NULL,
    kind TEXT NOT NULL,
    document TEXT NOT NULL,
    UNIQUE (vantage, key, at_ms, clock, kind)
) STRICT
"""
EVIDENCE_VIEW: Final = f"""
CREATE VIEW evidences AS
SELECT evidence.vantage, evidence.key AS "check", {iso("evidence.at_ms + clock.shift_ms")} AS at, evidence.kind,
    evidence.document
FROM evidence JOIN clock ON clock.id = evidence.clock
"""

OUTBOX: Final = """
CREATE TABLE outbox (
    id INTEGER PRIMARY KEY,
    idempotency TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    service TEXT,
    key TEXT,
    at_ms INTEGER NOT NULL,
    entered_at_ms INTEGER NOT NULL,
    document TEXT NOT NULL
) STRICT;
CREATE TABLE delivery (
    outbox INTEGER NOT NULL REFERENCES outbox (id) ON DELETE CASCADE,
    channel TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_at_ms INTEGER,
    delivered_at_ms INTEGER,
    error TEXT,
    PRIMARY KEY (outbox, channel)
) STRICT, WITHOUT ROWID;
CREATE INDEX delivery_waits ON delivery (channel, outbox) WHERE delivered_at_ms IS NULL AND next_at_ms IS NOT NULL
"""


def m0003_evidence(db: Database) -> None:
    """Routes and certificates seen during a fault: one JSON document each, never changed."""
    db.conn.execute(EVIDENCE.strip())
    append_only(db, "evidence")
    db.conn.execute(EVIDENCE_VIEW)


def m0004_outbox(db: Database) -> None:
    """Messages, entered in the transaction of what they tell, and how far each channel is with them."""
    for statement in statements(OUTBOX):
        db.conn.execute(statement)
