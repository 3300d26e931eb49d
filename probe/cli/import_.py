"""Take outcomes in from JSON Lines or CSV: check, at, state, and latency_ms, reason, vantage, origin, family if known.

Importing twice changes nothing. Two outcomes for one instant that contradict each other become one `unknown`,
and are listed. Lines that cannot be read are listed with their number; the others are taken (not with --strict).
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final

from probe.cli.command import Call, json_option, span_ms
from probe.cli.exits import Exit
from probe.cli.person import person
from probe.errors import UsageError

if TYPE_CHECKING:
    from probe.config import Config
    from probe.store.exchange import Imported, Parsed

BATCH: Final = 2_000
"""Outcomes in one request: a batch stays well below what the agent's socket takes at once."""
PROBLEMS_SHOWN: Final = 100


def arguments(parser: argparse.ArgumentParser) -> None:
    """Where from, and how it is to be read."""
    parser.add_argument("file", metavar="FILE", help="the file to read; - for stdin")
    parser.add_argument("--format", choices=("jsonl", "csv"), help="what it is (default: by its name, else jsonl)")
    parser.add_argument("--interval", metavar="SPAN", help="how far apart the samples are, for checks not configured")
    parser.add_argument("--strict", action="store_true", help="take nothing when any line is bad")
    json_option(parser)


def run(call: Call) -> Exit:
    """Read, record, count; exit code 1 when any line was refused."""
    from probe.cli.opening import configuration
    from probe.store.exchange import iso

    interval_ms = None if call.options.interval is None else span_ms("--interval", call.options.interval)
    config = configuration(call)
    parsed = _parsed(call.options.file, call.options.format)
    if parsed.problems and call.options.strict:
        raise UsageError("\n".join([*_located(call, parsed.problems), "nothing was imported"]))
    now_ms = call.now_ms
    refusals = tuple(f"{row.key} at {iso(row.at_ms)}: later than now" for row in parsed.rows if row.at_ms > now_ms)
    counts, conflicts = _take(call, config, parsed.rows, (now_ms, interval_ms))
    counts["bad_lines"] = len(parsed.problems)
    if call.options.json:
        problems = _located(call, parsed.problems, None)
        call.out.document({"schema": 1, **counts, "refusals": refusals, "conflicts": conflicts, "problems": problems})
    else:
        call.out.note("\n".join(_located(call, refusals, of="refused outcomes")))
        _say(call, counts, conflicts, parsed.problems)
    return Exit.FAILED if parsed.problems or counts["refused"] else Exit.FINE


def _parsed(name: str, kind: str | None) -> Parsed:
    from probe.store.exchange import parse_csv, parse_jsonl

    is_csv = kind == "csv" or (kind is None and name.lower().endswith(".csv"))
    try:
        if name == "-":
            return parse_csv(sys.stdin) if is_csv else parse_jsonl(sys.stdin)
        with Path(name).open(encoding="utf-8-sig", newline="") as file:
            return parse_csv(file) if is_csv else parse_jsonl(file)
    except OSError as error:
        raise UsageError(f"{name}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{name}: not UTF-8 at byte {error.start}; convert it first") from error


def _take(
    call: Call, config: Config, rows: tuple[Imported, ...], times: tuple[int, int | None]
) -> tuple[Counter[str], list[str]]:
    """Hand the rows to the record, a batch at a time. times: now, and the interval of what is not configured."""
    from probe import control
    from probe.store.changes import ImportOutcomes

    counts: Counter[str] = Counter(added=0, same=0, refused=0)
    conflicts: list[str] = []
    home, by = config.agent.vantage, person()
    now_ms, interval_ms = times
    with call.out.progress("importing", len(rows)) as advance:
        for start in range(0, len(rows), BATCH):
            batch = rows[start : start + BATCH]
            change = ImportOutcomes(rows=batch, at_ms=now_ms, by=by, vantage=home, interval_ms=interval_ms)
            answer = control.submit(config.storage.path, change)
            counts.update({name: answer[name] for name in ("added", "same", "refused")})
            conflicts += answer["conflicts"]
            advance(len(batch))
    return counts, conflicts


def _located(
    call: Call, problems: tuple[str, ...], most: int | None = PROBLEMS_SHOWN, *, of: str = "bad lines"
) -> list[str]:
    """The problems with the file's name, the first ones in full."""
    shown = [f"{call.options.file}: {problem}" for problem in problems[:most]]
    left = len(problems) - len(shown)
    return [*shown, f"{call.options.file}: and {left:,} more {of}"] if left else shown


def _say(call: Call, counts: Counter[str], conflicts: list[str], problems: tuple[str, ...]) -> None:
    from probe.view.wording import count

    call.out.note("\n".join(_located(call, problems)))
    for conflict in conflicts[:PROBLEMS_SHOWN]:
        call.out.note(f"contradicts what is recorded, now unknown: {conflict}")
    said = f"{counts['added']:,} added, {counts['same']:,} already there, {counts['refused']:,} refused"
    said += ": later than now" if counts["refused"] else ""
    bad = count(counts["bad_lines"], "bad line")
    call.out.line(f"{said}, {count(len(conflicts), 'contradiction')}, {bad}")
