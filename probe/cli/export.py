"""Write outcomes as JSON Lines or CSV, to a file or to stdout, which `probe import` reads back; or as Parquet."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from probe import whole
from probe.cli.command import Call, at, keys_on_record, time_option
from probe.cli.exits import Exit
from probe.errors import UsageError

if TYPE_CHECKING:
    from probe.model import Outcome
    from probe.store.reader import Reader

FORMATS: Final = ("jsonl", "csv", "parquet")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which outcomes, where to, and as what."""
    parser.add_argument("names", nargs="*", metavar="NAME", help="checks or services; all on record when none is given")
    parser.add_argument("--output", "-o", type=Path, metavar="FILE", help="a new file (default: -, stdout)")
    parser.add_argument("--format", choices=FORMATS, help="default: by the file's name, else jsonl")
    time_option(parser, "--from", "from this instant on (default: the beginning)")
    time_option(parser, "--to", "until this instant (default: now)")


def run(call: Call) -> Exit:
    """Stream the outcomes, check by check, oldest first."""
    from probe.cli.opening import record

    path: Path | None = None if call.options.output == Path("-") else call.options.output
    form = _form(call.options.format, path)
    times = _times(call)
    with ExitStack() as stack:
        config, reader = stack.enter_context(record(call))
        keys = keys_on_record(config, reader, call.options.names)
        vantage = config.agent.vantage
        advance = stack.enter_context(call.out.progress("exporting", len(keys)))
        outcomes = _outcomes(reader, vantage, keys, times, advance)
        if form == "parquet" and path is not None:
            count = _to_file(path, partial(_parquet, outcomes=outcomes, vantage=vantage))
        else:
            lines = _lines(outcomes, vantage, is_csv=form == "csv")
            count = _to_stdout(call, lines) if path is None else _to_file(path, partial(_text, lines=lines))
    call.out.note(f"{count - (form == 'csv'):,} outcomes written" + (f" to {path}" if path else ""))
    return Exit.FINE


def _times(call: Call) -> tuple[int, int]:
    """From when on, and until when."""
    start_ms, end_ms = at(call, "--from") or 0, at(call, "--to")
    if end_ms is not None and start_ms >= end_ms:
        raise UsageError("--from is not before --to; swap them")
    return start_ms, call.now_ms + 1 if end_ms is None else end_ms


def _form(asked: str | None, path: Path | None) -> str:
    """What is written; UsageError before the record is opened where that cannot be."""
    by_name = path.suffix.removeprefix(".") if path is not None else ""
    form: str = asked or (by_name if by_name in FORMATS else FORMATS[0])
    if form == "parquet":
        from probe.report import parquet

        parquet.require()
        if path is None:
            raise UsageError("Parquet is no text; name a file with --output")
    return form


def _outcomes(
    reader: Reader, vantage: str, keys: list[str], times: tuple[int, int], advance: Callable[[int], None]
) -> Iterator[Outcome]:
    for key in keys:
        yield from reader.outcomes(vantage, key, *times)
        advance(1)


def _lines(outcomes: Iterator[Outcome], vantage: str, *, is_csv: bool) -> Iterator[str]:
    from probe.store.exchange import to_csv, to_jsonl

    if is_csv:
        return to_csv(outcomes, vantage)
    return (to_jsonl(one, vantage) + "\n" for one in outcomes)


def _to_stdout(call: Call, lines: Iterator[str]) -> int:
    return _write_all(lines, call.out.write)


def _write_all(lines: Iterator[str], write: Callable[[str], object]) -> int:
    """Write each line and return how many there were."""
    count = 0
    for line in lines:
        write(line)
        count += 1
    return count


def _text(path: Path, *, lines: Iterator[str]) -> int:
    with path.open("w", encoding="utf-8", newline="") as file:
        return _write_all(lines, file.write)


def _parquet(path: Path, *, outcomes: Iterator[Outcome], vantage: str) -> int:
    from probe.report import parquet

    return parquet.write(path, outcomes, vantage)


def _to_file(path: Path, write: Callable[[Path], int]) -> int:
    """Write a file that was not there; it appears whole or not at all."""
    if path.exists():
        raise UsageError(f"{path}: exists; name another file or move it away")
    try:
        return whole.put(path, write)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}") from error
