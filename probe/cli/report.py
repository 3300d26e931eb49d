"""Judge every service by its SLA over a period: availability with bounds, downtime, budget, verdict, evidence.

Without --period or --from/--to, the last full period of each service's terms. Exit code 1 when a promise
or an own objective was missed.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Final

from probe.cli.command import Call, at, json_option, nearest, time_option
from probe.cli.exits import Exit
from probe.errors import UsageError

if TYPE_CHECKING:
    from probe.config import Config
    from probe.judge import PeriodChoice
    from probe.sla.assessment import Assessment


STDOUT: Final = Path("-")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which period, which services, and in what form."""
    parser.add_argument("--period", metavar="PERIOD", help="2026-10, 2026-Q3, 2026, or 30d for the trailing 30 days")
    time_option(parser, "--from", "judge from this instant on (with --to)")
    time_option(parser, "--to", "judge until this instant (default: now)")
    parser.add_argument("--service", metavar="NAME", action="append", default=[], help="one service; may be repeated")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write a table of the assessments; - for stdout")
    json_option(parser)


def run(call: Call) -> Exit:
    """Judge, show, and say whether anything was missed."""
    from probe import judge
    from probe.cli.opening import record

    if call.options.json and call.options.csv == STDOUT:
        raise UsageError("--csv - and --json both write to stdout; give one of them, or --csv a file")
    choice = _choice(call)
    with record(call) as (config, reader):
        services = _services(config, call.options.service)
        assessments = judge.assess(config, reader, choice, call.now_ms, services)
    if call.options.csv is not None:
        _write_csv(call, assessments)
    if call.options.csv != STDOUT:
        _show(call, config, assessments)
    return Exit.FAILED if any(map(_is_missed, assessments)) else Exit.FINE


def _is_missed(one: Assessment) -> bool:
    """Whether the promise, or the own objective beside it, was missed."""
    return "missed" in (one.verdict, one.objective.verdict if one.objective else None)


def _choice(call: Call) -> PeriodChoice | None:
    """The period asked for; None is the last full one."""
    from probe.judge import PeriodChoice

    start_ms, end_ms = at(call, "--from"), at(call, "--to")
    if call.options.period is not None:
        if start_ms is not None or end_ms is not None:
            raise UsageError("--period and --from/--to exclude each other; give one of them")
        return PeriodChoice(text=call.options.period)
    if start_ms is None and end_ms is None:
        return None
    if start_ms is None:
        raise UsageError("--to needs --from: when does the period begin?")
    end_ms = call.now_ms if end_ms is None else end_ms
    if start_ms >= end_ms:
        raise UsageError("--from is not before --to; swap them")
    return PeriodChoice(start_ms=start_ms, end_ms=end_ms)


def _services(config: Config, names: list[str]) -> tuple[str, ...] | None:
    known = [service.name for service in config.services]
    if unknown := [name for name in names if name not in known]:
        raise UsageError("\n".join(f"no service {name!r}; {nearest(name, known)}" for name in unknown))
    return tuple(names) or None


def _write_csv(call: Call, assessments: tuple[Assessment, ...]) -> None:
    from probe.report.csv import assessments_csv

    path: Path = call.options.csv
    if path == STDOUT:
        call.out.write(assessments_csv(assessments))
        return
    try:
        path.write_text(assessments_csv(assessments), encoding="utf-8", newline="")
    except OSError as error:
        raise UsageError(f"--csv {path}: cannot be written: {error.strerror}") from error
    call.out.note(f"wrote {path}")


def _show(call: Call, config: Config, assessments: tuple[Assessment, ...]) -> None:
    if call.options.json:
        from probe.report.json import report_document

        vantage = config.agent.vantage
        call.out.document(
            report_document(assessments, generated_at_ms=call.now_ms, vantage=vantage, tzdata=_tzdata(assessments))
        )
    else:
        from probe.view.report import report

        call.out.page(report(assessments))


def _tzdata(assessments: tuple[Assessment, ...]) -> str:
    return next((one.parameters["tzdata"] for one in assessments if "tzdata" in one.parameters), "")
