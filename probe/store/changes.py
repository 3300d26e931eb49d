"""What a person's command changes in the record: values that travel as JSON to the agent, or apply under the lock."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final

from probe.errors import StoreError, UsageError
from probe.model import Assertion, Finding, Origin, Outcome, State, Ticket, Window, WindowKind
from probe.store import database
from probe.store.codes import REASONS
from probe.store.exchange import Imported
from probe.store.lock import StoreLock


@dataclass(frozen=True, slots=True, kw_only=True)
class _Dated:
    """When, by whom. vantage "": the one whose agent wrote here last."""

    at_ms: int
    by: str
    vantage: str = ""


@dataclass(frozen=True, slots=True)
class AddWindow:
    """Declare maintenance; gives the window's number."""

    window: Window


@dataclass(frozen=True, slots=True)
class RemoveWindow:
    """Take a declaration back, by a row that says so."""

    id: int
    at_ms: int
    by: str


@dataclass(frozen=True, slots=True)
class DeclareWindows:
    """The windows that the configuration declares now; gives how many came and how many went."""

    windows: tuple[Window, ...]
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportWindows(_Dated):
    """Windows out of a calendar whose events are `events`; gives how many came, were there already, went, and stay."""

    windows: tuple[Window, ...]
    events: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AddTicket:
    """Keep what is now known of a ticket; gives how many rows it has then."""

    ticket: Ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause(_Dated):
    """Do not run a check until `until_ms` or, if None, until it is resumed."""

    key: str
    until_ms: int | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Resume(_Dated):
    """End a pause."""

    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOutcomes(_Dated):
    """Outcomes from outside; gives the counts of importing.take. interval_ms: of series that are not configured."""

    rows: tuple[Imported, ...]
    interval_ms: int | None = None


@dataclass(frozen=True, slots=True)
class RecordManual:
    """Keep a one-off outcome; it never enters a verdict. An outcome of clock 0 has its instant in UTC."""

    outcome: Outcome
    vantage: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """Seal what is over by `at_ms`: a running agent begins, otherwise a part is done; gives a Sealed as JSON.

    is_asking: only tell how far it is. Ask until `is_done`. sign_with: the private key that heads are signed with
    where no agent runs (one that runs uses its own); the answer says as `unsigned` why one could not be.
    """

    at_ms: int
    is_asking: bool = False
    sign_with: str | None = None


@dataclass(frozen=True, slots=True)
class Prune:
    """Let a few blocks go that are older than `keep_ms`; gives a Pruned as JSON. Ask until none is left."""

    keep_ms: int
    at_ms: int


@dataclass(frozen=True, slots=True)
class Rebuild:
    """Make spans and counts of the series of that number anew from its outcomes."""

    series: int


Change = (
    AddWindow
    | RemoveWindow
    | DeclareWindows
    | ImportWindows
    | AddTicket
    | Pause
    | Resume
    | ImportOutcomes
    | RecordManual
    | Seal
    | Prune
    | Rebuild
)
TYPES: Final[Mapping[str, type[Any]]] = {kind.__name__: kind for kind in Change.__args__}


def apply(connection: sqlite3.Connection, change: Change) -> Any:
    """Do it, inside the caller's transaction; the answer is a JSON value. UsageError when it cannot be done."""
    from probe.store import applying, chain  # whoever only sends a change needs neither

    answer = applying.APPLY[type(change)](connection, change)
    chain.extend(connection)
    return answer


@contextmanager
def offline(path: Path) -> Iterator[Callable[[Change], Any]]:
    """Apply changes while no agent runs; StoreLocked when one does. Each change is its own transaction."""
    database.make_folder(path)
    with StoreLock(path, "a command"):
        connection = database.open_writing(path)
        try:
            yield (
                lambda change: (
                    _sealed(path, connection, change)
                    if isinstance(change, Seal)
                    else _committed(path, connection, change)
                )
            )
        finally:
            connection.close()


def encode(change: Change) -> dict[str, Any]:
    """The change as a JSON value; `decode` reads it back."""
    return {"change": type(change).__name__, **asdict(change)}


def decode(value: Mapping[str, Any]) -> Change:
    """The change that a JSON value says. UsageError when it says none."""
    try:
        kind = TYPES[value["change"]]
        named = {field.name: value[field.name] for field in fields(kind) if field.name in value}
        read = {name: READERS[name](each) if name in READERS else each for name, each in named.items()}
        change: Change = kind(**read)
    except (KeyError, TypeError, ValueError) as error:
        raise UsageError(f"this is not a change to the record: {error}") from error
    return change


def _committed(path: Path, connection: sqlite3.Connection, change: Change) -> Any:
    try:
        connection.execute("BEGIN IMMEDIATE")
        answer = apply(connection, change)
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        raise database.failure(path, error) from error
    else:
        return answer
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _sealed(path: Path, connection: sqlite3.Connection, change: Seal) -> dict[str, Any]:
    from probe.store.sealing import do_part

    sealed = do_part(path, connection, change.at_ms)
    return {**sealed._asdict(), "unsigned": _unsigned(connection, change) if sealed.is_done else ""}


def _unsigned(connection: sqlite3.Connection, change: Seal) -> str:
    """Sign the heads that have no signature, as the agent does; "" or why one could not be signed."""
    if change.sign_with is None:
        return ""
    from probe.store import signing
    from probe.store.sealing import writing

    try:
        while signing.sign_heads(connection, writing(connection), Path(change.sign_with)):
            pass
    except StoreError as error:
        return str(error)
    return ""


def _window_from(value: Mapping[str, Any]) -> Window:
    return Window(**{**value, "kind": WindowKind(value["kind"]), "checks": tuple(value["checks"])})


def _windows_from(values: list[Mapping[str, Any]]) -> tuple[Window, ...]:
    return tuple(_window_from(value) for value in values)


def _ticket_from(value: Mapping[str, Any]) -> Ticket:
    return Ticket(**value)


def outcome_from(value: Mapping[str, Any]) -> Outcome:
    """The outcome that `dataclasses.asdict` made a JSON value of."""
    seen = value["finding"]
    reason = REASONS[seen["reason"]]
    held = tuple(Assertion(*each) for each in seen["assertions"])
    finding = Finding(**{**seen, "state": State(seen["state"]), "reason": reason, "assertions": held})
    return Outcome(**{**value, "origin": Origin(value["origin"]), "finding": finding})


def _rows_from(values: list[list[Any]]) -> tuple[Imported, ...]:
    return tuple(_imported_from(*value) for value in values)


def _imported_from(key: str, at_ms: int, state: str, reason: str | None, *rest: Any) -> Imported:
    latency_us, origin, vantage, *more = rest
    why = REASONS[reason]
    return Imported(key, int(at_ms), State(state), why, latency_us, Origin(origin), vantage, *more)


READERS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "window": _window_from,
    "windows": _windows_from,
    "events": tuple,
    "ticket": _ticket_from,
    "outcome": outcome_from,
    "rows": _rows_from,
}
