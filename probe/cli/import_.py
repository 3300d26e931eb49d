"""Take outcomes in from JSON Lines or CSV (check, at, state, and latency_ms, reason, vantage, origin, family if known).

Or the history of another monitor: Uptime Kuma's database, or a JSON answer of Prometheus for probe_success:

  probe import kuma kuma.db
  probe import prometheus answer.json

Or, with --to, another monitor's configuration as checks to look over:

  probe import gatus config.yaml --to checks.d/50-gatus.toml

Importing twice changes nothing. Two outcomes for one instant that contradict each other become one `unknown`,
and are listed. Lines that cannot be read are listed with their number; the others are taken (not with --strict).
What could not be carried is said, line by line. A file that exists is never written over.
"""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from probe.cli.command import Call, json_option, span_ms
from probe.cli.exits import Exit
from probe.cli.taking import Taking, way
from probe.errors import UsageError

if TYPE_CHECKING:
    from probe.store.exchange import Imported, Parsed

HISTORIES: Final = ("kuma", "prometheus")
CONFIGURATIONS: Final = ("gatus", "kuma", "blackbox", "nagios", "smokeping")
PROBLEMS_SHOWN: Final = 100


def arguments(parser: argparse.ArgumentParser) -> None:
    """Where from, and how it is to be read."""
    forms = sorted({*HISTORIES, *CONFIGURATIONS})
    parser.add_argument("form", nargs="?", choices=forms, help="whose file it is; none: JSON Lines or CSV")
    parser.add_argument("file", metavar="FILE", help="the file to read; - for stdin (JSON Lines and CSV)")
    parser.add_argument("--format", choices=("jsonl", "csv"), help="what it is (default: by its name, else jsonl)")
    parser.add_argument(
        "--interval", metavar="SPAN", help="how far apart the samples are, for checks of which nothing is recorded yet"
    )
    parser.add_argument("--strict", action="store_true", help="take nothing when any line is bad")
    parser.add_argument("--to", type=Path, metavar="NEW", help="write the checks of a configuration to this new file")
    parser.add_argument("--modules", type=Path, metavar="YAML", help="blackbox: the exporter's own configuration")
    json_option(parser)


def run(call: Call) -> Exit:
    """Read, record or write, count; exit code 1 when anything was refused."""
    form, options = call.options.form, call.options
    if options.modules is not None and form != "blackbox":
        raise UsageError("--modules is for `probe import blackbox`")
    if form is None:
        if options.to is not None:
            raise UsageError(f"--to writes a configuration; say whose it is: {', '.join(CONFIGURATIONS)}")
        return _lines(call)
    if options.to is not None:
        if form not in CONFIGURATIONS:
            raise UsageError(f"{form} has no checks; its targets: probe import blackbox prometheus.yml --to …")
        from probe.cli.drafting import draft

        return draft(call)
    if form not in HISTORIES:
        raise UsageError(f"{form} keeps no history that can be read; --to checks.d/NAME.toml takes its configuration")
    return _history(call, form)


def _lines(call: Call) -> Exit:
    """JSON Lines or CSV."""
    from probe.cli.opening import configuration
    from probe.store.exchange import iso

    interval_ms = _interval_ms(call)
    config = configuration(call)
    parsed = _parsed(call.options.file, call.options.format)
    if parsed.problems and call.options.strict:
        raise UsageError("\n".join([*_located(call, parsed.problems), "nothing was imported"]))
    now_ms = call.now_ms
    refusals = tuple(f"{row.key} at {iso(row.at_ms)}: later than now" for row in parsed.rows if row.at_ms > now_ms)
    with way(config.storage.path) as path, call.out.progress("importing", len(parsed.rows)) as advance:
        taking = Taking(path, config.agent.vantage, now_ms)
        taking.outcomes(_by_check(parsed.rows), interval_ms, advance)
    taking.counts["bad_lines"] = len(parsed.problems)
    if call.options.json:
        problems = _located(call, parsed.problems, None)
        said = {"refusals": refusals, "conflicts": taking.conflicts, "problems": problems}
        call.out.document({"schema": 1, **taking.counts, **said})
    else:
        call.out.note("\n".join(_located(call, refusals, of="refused outcomes")))
        call.out.note("\n".join(_located(call, parsed.problems)))
        _say(call, taking)
    return Exit.FAILED if parsed.problems or taking.counts["refused"] else Exit.FINE


def _history(call: Call, form: str) -> Exit:
    """Another monitor's history, check by check."""
    from probe.cli.opening import configuration

    interval_ms = _interval_ms(call)
    config = configuration(call)
    history = import_module(f"probe.importers.{form}").history(Path(call.options.file))
    keys: list[str] = []
    with way(config.storage.path) as path, call.out.progress("importing") as advance:
        taking = Taking(path, config.agent.vantage, call.now_ms)
        for piece in history.pieces:
            keys.append(piece.key)
            taking.outcomes(piece.rows, interval_ms or piece.interval_ms, advance)
            taking.maintenance(piece.windows)
    taking.counts["bad_lines"] = history.remarks.bad_rows
    unknown = sorted(set(keys) - {check.key for check in config.checks})
    _tell(call, taking, history.remarks.lines(), unknown)
    return Exit.FAILED if history.remarks.bad_rows or taking.counts["refused"] else Exit.FINE


def _tell(call: Call, taking: Taking, left_out: list[str], unknown: list[str]) -> None:
    if call.options.json:
        said = {"conflicts": taking.conflicts, "windows": taking.windows, "left_out": left_out, "unconfigured": unknown}
        call.out.document({"schema": 1, **taking.counts, **said})
        return
    for line in left_out:
        call.out.note(f"{call.options.file}: not carried: {line}")
    _say(call, taking)
    added, same = taking.windows["added"], taking.windows["same"]
    if added or same:
        call.out.line(f"maintenance windows: {added:,} added, {same:,} already there")
    if unknown:
        shown = ", ".join(unknown[:10]) + (" …" if len(unknown) > 10 else "")
        call.out.note(f"not in the configuration, so part of no service yet: {shown}")


def _interval_ms(call: Call) -> int | None:
    return None if call.options.interval is None else span_ms("--interval", call.options.interval)


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


def _by_check(rows: tuple[Imported, ...]) -> tuple[Imported, ...]:
    """One check after the other, in order of time: days of one check come together."""
    return tuple(sorted(rows, key=_place))


def _place(row: Imported) -> Any:
    return row.vantage or "", row.key, row.at_ms


def _located(
    call: Call, problems: tuple[str, ...], most: int | None = PROBLEMS_SHOWN, *, of: str = "bad lines"
) -> list[str]:
    """The problems with the file's name, the first ones in full."""
    shown = [f"{call.options.file}: {problem}" for problem in problems[:most]]
    left = len(problems) - len(shown)
    return [*shown, f"{call.options.file}: and {left:,} more {of}"] if left else shown


def _say(call: Call, taking: Taking) -> None:
    from probe.view.wording import count

    counts, conflicts = taking.counts, taking.conflicts
    for conflict in conflicts[:PROBLEMS_SHOWN]:
        call.out.note(f"contradicts what is recorded, now unknown: {conflict}")
    said = f"{counts['added']:,} added, {counts['same']:,} already there, {counts['refused']:,} refused"
    said += ": later than now" if counts["refused"] else ""
    bad = count(counts["bad_lines"], "bad line")
    call.out.line(f"{said}, {count(len(conflicts), 'contradiction')}, {bad}")
