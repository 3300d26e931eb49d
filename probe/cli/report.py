"""Judge every service by its SLA over a period: availability with bounds, downtime, budget, verdict, evidence.

Without --period or --from/--to, the last full period of each service's terms. Exit code 1 when a promise
or an own objective was missed.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from probe.cli.command import Call, at, json_option, nearest, time_option
from probe.cli.exits import Exit
from probe.errors import UsageError

if TYPE_CHECKING:
    from probe.config import Config
    from probe.judge import PeriodChoice
    from probe.judge.reporting import Ask, Compared, Reported
    from probe.judge.vantages import View
    from probe.sla.assessment import Assessment
    from probe.store.reader import Reader

TREND: Final = 3
MOST_TREND: Final = 24
MANY: Final = 20
"""For more services than these the preceding periods are judged only when asked for."""


STDOUT: Final = Path("-")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which period, which services, under which rules, and in what form."""
    parser.add_argument("--period", metavar="PERIOD", help="2026-10, 2026-Q3, 2026, or 30d for the trailing 30 days")
    time_option(parser, "--from", "judge from this instant on (with --to)")
    time_option(parser, "--to", "judge until this instant (default: now)")
    parser.add_argument(
        "--service", metavar="NAME", action="append", default=[], help="one service or group; may be repeated"
    )
    parser.add_argument(
        "--vantage",
        metavar="NAME",
        action="append",
        default=[],
        help="what another vantage point saw (imported); several are judged apart, and together where a rule says how",
    )
    rules = parser.add_argument_group("other rules")
    rules.add_argument("--under", metavar="ID", help="judge by another SLA: an id of `probe sla list`, or a file")
    rules.add_argument(
        "--compare",
        action="store_true",
        help="services side by side, under their own rules and under one: that of --under, else the plain measure",
    )
    more = parser.add_argument_group("more figures")
    more.add_argument(
        "--trend", type=int, metavar="N", help=f"compare with N periods before (default: {TREND}; 0 for many services)"
    )
    more.add_argument("--quality", action="store_true", help="MTBF, MTTR, worst windows, loss and latency quantiles")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write a table of the assessments; - for stdout")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write one page with charts; - for stdout")
    json_option(parser)


def run(call: Call) -> Exit:
    """Judge, show, and say whether anything was missed."""
    from probe.cli import pages
    from probe.cli.opening import record

    _one_writes(call.options)
    if call.options.html is not None:
        pages.allowed(call.options)
    choice = period_choice(call)
    with record(call) as (config, reader):
        ask = _ask(call, config, choice)
        seen = _views(call, config, reader)
        if call.options.compare:
            return _compare(call, seen, reader, ask)
        parts = [(view.config, _judged(call, view, reader, ask)) for view in seen]
        found = [one for _, part in parts for one in part]
        if call.options.html is not None:
            pages.write(call, reader, parts)
    if call.options.csv is not None:
        _write_csv(call, tuple(one.assessment for one in found))
    if STDOUT not in (call.options.csv, call.options.html):
        _show(call, seen[0].config, found)
    return Exit.FAILED if any(_is_missed(one.assessment) for one in found) else Exit.FINE


def _one_writes(options: argparse.Namespace) -> None:
    """UsageError where more than one thing would go to stdout."""
    wanted = {"--csv -": options.csv == STDOUT, "--html -": options.html == STDOUT, "--json": options.json}
    said = [name for name, is_wanted in wanted.items() if is_wanted]
    if len(said) > 1:
        raise UsageError(f"{' and '.join(said)} both write to stdout; give one of them, or name a file")


def _is_missed(one: Assessment) -> bool:
    """Whether the promise, or the own objective beside it, was missed."""
    return "missed" in (one.verdict, one.objective.verdict if one.objective else None)


def _views(call: Call, config: Config, reader: Reader) -> tuple[View, ...]:
    """The configuration as it measured from each vantage point asked for, under the rules asked for."""
    from probe.judge import reporting, vantages

    names = list(dict.fromkeys(call.options.vantage)) or [config.agent.vantage]
    known = list(reader.vantages()) if call.options.vantage else names
    if unknown := [name for name in names if name not in known]:
        lines = (f"--vantage: no vantage point {name!r} on record; {nearest(name, known)}" for name in unknown)
        raise UsageError("\n".join(lines))
    if len(names) > 1 and call.options.compare:
        raise UsageError("--compare lays services side by side from one vantage point; give one --vantage")
    if call.options.under and not call.options.compare:
        config = reporting.under(config, call.options.under, Path.cwd())
    return vantages.views(config, names)


def _judged(call: Call, view: View, reader: Reader, ask: Ask) -> list[Reported]:
    """What one view comes to; of several vantage points together under their common name."""
    from dataclasses import replace

    from probe.judge import reporting

    found = reporting.report(view.config, reader, call.now_ms, ask)
    if view.together is None:
        return list(found)
    return [one._replace(assessment=replace(one.assessment, vantage=view.together)) for one in found]


def _ask(call: Call, config: Config, choice: PeriodChoice | None) -> Ask:
    """What the options ask for; UsageError for names that do not exist."""
    from probe.judge.reporting import Ask

    names = _services(config, call.options.service)
    number = len(config.services if names is None else names)
    wanted = call.options.trend
    if wanted is not None and not 0 <= wanted <= MOST_TREND:
        raise UsageError(f"--trend: {wanted} is out of range; 0 to {MOST_TREND} is possible")
    is_brief = call.options.compare or number > MANY
    before = (0 if is_brief else TREND) if wanted is None else wanted
    return Ask(
        choice=choice, services=names, before=before, has_quality=call.options.quality or call.options.html is not None
    )


def period_choice(call: Call) -> PeriodChoice | None:
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


def _services(config: Config, names: list[str]) -> frozenset[str] | None:
    known = [service.name for service in config.services]
    known += dict.fromkeys(group for service in config.services for group in service.groups)
    if unknown := [name for name in names if name not in known]:
        raise UsageError("\n".join(f"no service {name!r}; {nearest(name, known)}" for name in unknown))
    return frozenset(names) or None


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


def _show(call: Call, config: Config, found: Sequence[Reported]) -> None:
    if call.options.json:
        from probe.report.json import assessment_document, report_document

        call.out.document(
            report_document(
                [assessment_document(one.assessment, one.beside) for one in found],
                generated_at_ms=call.now_ms,
                vantage=config.agent.vantage,
                tzdata=_tzdata(one.assessment for one in found),
            )
        )
    else:
        from probe.view.report import report

        call.out.page(report([one.assessment for one in found], [one.beside for one in found]))


def _compare(call: Call, seen: Sequence[View], reader: Reader, ask: Ask) -> Exit:
    """Services side by side; exit code 1 when one missed its own promise."""
    from probe.judge import reporting

    config, under = seen[0].config, call.options.under
    common = reporting.under(config, under, Path.cwd()) if under else reporting.plainly(config)
    return _beside(call, config, reporting.compare(config, common, reader, call.now_ms, ask))


def _beside(call: Call, config: Config, found: Sequence[Compared]) -> Exit:
    if call.options.json:
        from probe.report.beside import comparison_document
        from probe.report.json import assessment_document, report_header

        pairs = [
            (
                one.service,
                one.check,
                None if one.own is None else assessment_document(one.own),
                None if one.common is None else assessment_document(one.common),
            )
            for one in found
        ]
        vantage, tzdata = config.agent.vantage, _tzdata(one.own for one in found if one.own)
        header = report_header(generated_at_ms=call.now_ms, vantage=vantage, tzdata=tzdata)
        call.out.document(comparison_document(pairs, under=call.options.under, header=header))
    else:
        from probe.view.comparison import comparison

        call.out.page(comparison(found, call.options.under))
    return Exit.FAILED if any(one.own and one.own.verdict == "missed" for one in found) else Exit.FINE


def _tzdata(assessments: Iterable[Assessment]) -> str:
    return next((one.parameters["tzdata"] for one in assessments if "tzdata" in one.parameters), "")
