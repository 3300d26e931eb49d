"""What the live screen asks, and how the terminal in front of the person is."""

from __future__ import annotations

from datetime import UTC, tzinfo
from typing import NamedTuple, Protocol

from probe.view.board import View
from probe.view.snapshot import CheckDetail, ServiceDetail, Snapshot


class Manner(NamedTuple):
    """How to write here: the zone of instants, whether in colour, and whether only ASCII can be shown."""

    zone: tzinfo = UTC
    has_color: bool = True
    is_ascii: bool = False


class Source(Protocol):
    """Looks into the record. Every call is made in one and the same thread; ProbeError says why it cannot look now.

    No read transaction outlives a call. marks: how many marks a strip has.
    """

    def glance(self, view: View, strips: frozenset[str], marks: int) -> Snapshot:
        """Every check's condition, the strips of some, and the services where the list shows them."""
        ...

    def check(self, key: str, view: View, marks: int) -> CheckDetail:
        """One check closely."""
        ...

    def service(self, name: str, view: View, marks: int) -> ServiceDetail:
        """One service closely."""
        ...

    def close(self) -> None:
        """Let go of the record."""
        ...
