"""Outcomes as JSON Lines or CSV, in and out: pure functions over text.

Fields (interface, section 4): check, at, state, latency_ms, reason; optional vantage, origin, family, and in JSON
Lines facts, an object. A bad line is a problem with its number; the good ones are still read.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any, Final, NamedTuple, TextIO

from probe.model import Origin, Outcome, Reason, State
from probe.store import facts

FIELDS: Final = ("check", "at", "state", "latency_ms", "reason", "vantage", "origin", "family")
FACTS: Final = "facts"
"""What JSON Lines have beyond the columns of CSV."""
REQUIRED: Final = ("check", "at", "state")
LINE_LIMIT: Final = 64 << 10
SLOWEST_MS: Final = 86_400_000
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "'")
"""A spreadsheet runs a cell that begins so; an apostrophe before it makes it text again."""


class Imported(NamedTuple):
    """One outcome from outside; its instant is UTC. vantage None: the agent's."""

    key: str
    at_ms: int
    state: State
    reason: Reason | None
    latency_us: int | None
    origin: Origin = Origin.IMPORT
    vantage: str | None = None
    facts: Mapping[str, Any] | None = None


class Parsed(NamedTuple):
    """What could be read, and one line for each that could not."""

    rows: tuple[Imported, ...]
    problems: tuple[str, ...]


def parse_jsonl(lines: Iterable[str]) -> Parsed:
    """One JSON object a line; empty lines are skipped."""
    return _collected((number, partial(_object, line)) for number, line in enumerate(lines, 1) if line.strip())


def parse_csv(file: TextIO) -> Parsed:
    """CSV with the field names as header."""
    reader = csv.DictReader(file, strict=True)
    try:
        missing = [name for name in REQUIRED if name not in (reader.fieldnames or ())]
    except csv.Error as error:
        return Parsed((), (f"line 1: {error}",))
    if missing:
        return Parsed((), (f"line 1: the header lacks {', '.join(missing)}",))
    return _collected(_records(reader))


def to_jsonl(outcome: Outcome, vantage: str) -> str:
    """One line, without its end; `parse_jsonl` reads it back as the same sample."""
    shown = outcome.finding.facts
    more = {FACTS: dict(shown)} if shown else {}
    return json.dumps({**_fields(outcome, vantage), **more}, ensure_ascii=False)


def to_csv(outcomes: Iterable[Outcome], vantage: str) -> Iterator[str]:
    """The header, then a line for each outcome, ends included; no cell can start a formula."""
    yield ",".join(FIELDS) + "\r\n"
    for outcome in outcomes:
        line = io.StringIO()
        csv.writer(line).writerow([cell(value) for value in _fields(outcome, vantage).values()])
        yield line.getvalue()


def parts(rows: Sequence[Imported], most: int) -> Iterator[tuple[Imported, ...]]:
    """The rows in parts of at most so many, fewer where their facts are long: a part fits into one request."""
    part: list[Imported] = []
    size = 0
    for row in rows:
        added = facts.length(row.facts)
        if len(part) == most or (part and size + added > facts.TOGETHER_LIMIT):
            yield tuple(part)
            part, size = [], 0
        part.append(row)
        size += added
    if part:
        yield tuple(part)


def iso(at_ms: int) -> str:
    """An instant as `2026-10-03T04:10:00Z`, with milliseconds where there are some."""
    text = (EPOCH + timedelta(milliseconds=at_ms)).isoformat(timespec="milliseconds")
    return text.removesuffix("+00:00").removesuffix(".000") + "Z"


def _collected(lines: Iterable[tuple[int, Callable[[], Mapping[str, Any]]]]) -> Parsed:
    rows: list[Imported] = []
    problems: list[str] = []
    for number, read in lines:
        try:
            rows.append(_imported(read()))
        except ValueError as error:
            problems.append(f"line {number}: {error}")
    return Parsed(tuple(rows), tuple(problems))


def _object(line: str) -> Mapping[str, Any]:
    if len(line) > LINE_LIMIT:
        raise ValueError(f"is longer than {LINE_LIMIT} characters")
    try:
        value = json.loads(line, parse_float=Decimal)
    except json.JSONDecodeError as error:
        raise ValueError(f"is not JSON: {error.msg} at character {error.colno}") from error
    except ValueError as error:
        raise ValueError("holds a number of too many digits") from error
    except RecursionError as error:
        raise ValueError("is nested too deep") from error
    if not isinstance(value, dict):
        raise ValueError("is not a JSON object")  # noqa: TRY004 - a problem of the line, not of the program
    return value


def _records(reader: csv.DictReader[str]) -> Iterator[tuple[int, Callable[[], Mapping[str, Any]]]]:
    while True:
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield reader.line_num + 1, partial(_refused, str(error))
            return
        yield reader.line_num, partial(_cells, record)


def _refused(text: str) -> Mapping[str, Any]:
    raise ValueError(text)


def _cells(record: Mapping[str | None, Any]) -> Mapping[str, Any]:
    if None in record or None in record.values():
        raise ValueError("has another number of cells than the header")
    return {str(name): _uncell(value) or None for name, value in record.items()}


def cell(value: object) -> str:
    """A value as a cell of CSV: nothing is empty, and what a spreadsheet would run has an apostrophe before it."""
    text = "" if value is None else str(value)
    return "'" + text if text.startswith(FORMULA) else text


def _uncell(text: str) -> str:
    return text[1:] if text.startswith("'") and text[1:].startswith(FORMULA) else text


def _fields(outcome: Outcome, vantage: str) -> dict[str, Any]:
    check, family = split(outcome.key)
    latency = outcome.finding.latency_us
    reason = outcome.finding.reason
    return {
        "check": check,
        "at": iso(outcome.at_ms),
        "state": outcome.state.value,
        "latency_ms": None if latency is None else latency / 1000,
        "reason": None if reason is None else reason.value,
        "vantage": vantage,
        "origin": outcome.origin.value,
        "family": family,
    }


def split(key: str) -> tuple[str, str | None]:
    """A key as the check's name and its family, None where it has none of its own."""
    name, slash, family = key.rpartition("/")
    return (name, family) if slash and name and family in ("4", "6") else (key, None)


def _imported(fields: Mapping[str, Any]) -> Imported:
    unknown = [name for name in fields if name not in {*FIELDS, FACTS}]
    if unknown:
        raise ValueError(f"unknown field {unknown[0]!r}; known are {', '.join((*FIELDS, FACTS))}")
    name, family = _text(fields, "check"), fields.get("family")
    if family not in (None, "4", "6"):
        raise ValueError(f"family {family!r} is neither 4 nor 6")
    state = _word(State, fields, "state")
    return Imported(
        f"{name}/{family}" if family else name,
        _instant(_text(fields, "at")),
        state,
        _reason(state, fields),
        _latency_us(fields.get("latency_ms")),
        _word(Origin, fields, "origin") if fields.get("origin") else Origin.IMPORT,
        _text(fields, "vantage") if fields.get("vantage") is not None else None,
        facts.read(fields.get(FACTS)),
    )


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not value or len(value) > 256 or not value.isprintable():
        raise ValueError(f"{name} is not a text of 1 to 256 printable characters")
    return value


def _word(words: Any, fields: Mapping[str, Any], name: str) -> Any:
    value = fields.get(name)
    known = {word.value: word for word in words}
    if not isinstance(value, str) or value not in known:
        raise ValueError(f"{name} {value!r} is not one of {', '.join(known)}")
    return known[value]


def _reason(state: State, fields: Mapping[str, Any]) -> Reason | None:
    if fields.get("reason") is None:
        return Reason.UNSTATED if state is State.DOWN else None
    if state is State.UP:
        raise ValueError("an outcome that is up has no reason")
    try:
        reason: Reason = _word(Reason, fields, "reason")
    except ValueError as error:
        raise ValueError(f"reason {fields['reason']!r} is not known; leave it out") from error
    return reason


def _instant(text: str) -> int:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"at {text!r} is not an instant such as 2026-10-03T04:10:00Z") from error
    if at.tzinfo is None:
        raise ValueError(f"at {text!r} says no zone; end it with Z for UTC")
    at_ms = (at - EPOCH) // timedelta(milliseconds=1)
    if at_ms < 0:
        raise ValueError(f"at {text!r} lies before 1970: no record begins so early")
    return at_ms


def _latency_us(value: object) -> int | None:
    if value is None:
        return None
    try:
        number = Decimal(str(value)) if not isinstance(value, bool) else Decimal("nan")
    except InvalidOperation:
        number = Decimal("nan")
    if not number.is_finite() or not 0 <= number <= SLOWEST_MS:
        shown = repr(value) if isinstance(value, str) else str(value).lower()
        raise ValueError(f"latency_ms {shown} is not a number of milliseconds from 0 to a day")
    return int(number * 1000)
