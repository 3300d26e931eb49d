"""Write outcomes as JSON Lines or CSV, to a file or to stdout. `probe import` reads both back."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from probe.cli.command import Call, at, keys_on_record, time_option
from probe.cli.exits import Exit
from probe.errors import UsageError

if TYPE_CHECKING:
    from probe.model import Outcome
    from probe.store.reader import Reader


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which outcomes, where to, and as what."""
    parser.add_argument("names", nargs="*", metavar="NAME", help="checks or services; all on record when none is given")
    parser.add_argument("--output", "-o", type=Path, metavar="FILE", help="a new file (default: -, stdout)")
    parser.add_argument("--format", choices=("jsonl", "csv"), help="default: by the file's name, else jsonl")
    time_option(parser, "--from", "from this instant on (default: the beginning)")
    time_option(parser, "--to", "until this instant (default: now)")


def run(call: Call) -> Exit:
    """Stream the outcomes, check by check, oldest first."""
    from probe.cli.opening import record

    path: Path | None = None if call.options.output == Path("-") else call.options.output
    is_csv = call.options.format == "csv" or (
        call.options.format is None and path is not None and path.suffix == ".csv"
    )
    start_ms = at(call, "--from") or 0
    asked_ms = at(call, "--to")
    end_ms = call.now_ms + 1 if asked_ms is None else asked_ms
    with ExitStack() as stack:
        config, reader = stack.enter_context(record(call))
        keys = keys_on_record(config, reader, call.options.names)
        vantage = config.agent.vantage
        advance = stack.enter_context(call.out.progress("exporting", len(keys)))
        lines = _lines(_outcomes(reader, vantage, keys, (start_ms, end_ms), advance), vantage, is_csv=is_csv)
        count = _to_stdout(call, lines) if path is None else _to_file(path, lines)
    call.out.note(f"{count - is_csv:,} outcomes written" + (f" to {path}" if path else ""))
    return Exit.FINE


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


def _to_file(path: Path, lines: Iterator[str]) -> int:
    """Write a file that was not there; it appears whole or not at all."""
    part = path.with_name(path.name + ".part")
    if path.exists():
        raise UsageError(f"{path}: exists; name another file or move it away")
    try:
        with part.open("w", encoding="utf-8", newline="") as file:
            count = _write_all(lines, file.write)
            file.flush()
            os.fsync(file.fileno())
        part.rename(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise UsageError(f"{path}: cannot be written: {error.strerror}") from error
    return count
