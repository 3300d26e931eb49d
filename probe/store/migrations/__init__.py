"""The schema, as steps in order. A released step is never edited; storage/schema.sql shows the sum."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from probe.store.migrations.blocks import m0005_blocks
from probe.store.migrations.first import m0001_the_record, m0002_tickets_and_notices
from probe.store.migrations.later import m0003_evidence, m0004_outbox

if TYPE_CHECKING:
    from sqlite_utils import Migrations


def migrations() -> Migrations:
    """The set as sqlite-utils applies it: each step in a transaction of its own."""
    from sqlite_utils import Migrations

    steps = Migrations("probe")
    for step in STEPS:
        steps()(step)
    return steps


STEPS: Final = (m0001_the_record, m0002_tickets_and_notices, m0003_evidence, m0004_outbox, m0005_blocks)
