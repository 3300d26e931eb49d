"""Declare, import, list and remove maintenance windows. What a window is worth, the SLA terms decide when judging.

probe maintenance add --service shop --start 2026-10-03T02:00:00Z --end 2026-10-03T04:00:00Z
probe maintenance add --service shop --every "FREQ=WEEKLY;BYDAY=SU" --from 03:00 --lasts 30m
                      --zone Europe/Berlin --starts 2026-01-11
probe maintenance import calendar.ics --provider DigitalOcean
probe maintenance list
probe maintenance remove 3

A window may be declared after the fact; the record keeps when and by whom. `import` reads iCalendar files and
mails with one, whose occurrences become windows within 400 days of now: importing again adds what is new, moves
what was moved and removes what was called off.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from typing import Final

from probe.cli.command import Call, deed, json_option, time_option
from probe.cli.exits import Exit
from probe.cli.person import person
from probe.errors import UsageError


def arguments(parser: argparse.ArgumentParser) -> None:
    """Four deeds, each with its own options."""
    deeds = parser.add_subparsers(dest="deed", metavar="add|import|list|remove", required=True)
    json_option(parser)
    _add_arguments(deed(deeds, "add", "declare a window"))
    _import_arguments(deed(deeds, "import", "read a calendar or a notice"))
    json_option(deed(deeds, "list", "all windows, removed ones too"), is_deed=True)
    removal = deed(deeds, "remove", "take a window back; the record keeps that it was there")
    removal.add_argument("id", type=int, metavar="ID", help="the number that `list` shows")


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    _scope_arguments(parser, "everything, if none is given")
    once = parser.add_argument_group("a single window")
    time_option(once, "--start", "its beginning: now, +2h, 2026-10-03T02:00:00Z")
    time_option(once, "--end", "its end, likewise")
    often = parser.add_argument_group("a recurring window, by the wall clock of its zone")
    often.add_argument("--every", metavar="RRULE", help='the days, such as "FREQ=WEEKLY;BYDAY=SU"')
    often.add_argument("--from", metavar="HH:MM", help="when on those days")
    often.add_argument("--lasts", metavar="SPAN", help="how long: 30m, 2h")
    often.add_argument("--zone", metavar="ZONE", help="such as Europe/Berlin (default: UTC)")
    often.add_argument("--starts", metavar="DATE", help="no occurrence before this day (default: when announced)")
    often.add_argument("--until", metavar="DATE", help="no occurrence after this day")
    _about_arguments(parser, "when the provider announced it")


def _import_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="an .ics file, or a mail with one; - for stdin")
    _scope_arguments(parser, "the provider that the notice names, if none is given")
    parser.add_argument("--zone", metavar="ZONE", help="of times that name no zone, such as Europe/Berlin")
    _about_arguments(parser, "when the provider announced it (default: as the mail or the calendar says)")
    json_option(parser, is_deed=True)


def _scope_arguments(parser: argparse.ArgumentParser, otherwise: str) -> None:
    scope = parser.add_argument_group(f"what it covers ({otherwise})")
    scope.add_argument("--provider", metavar="NAME", help="all services of a provider")
    scope.add_argument("--service", metavar="NAME", help="one service")
    scope.add_argument("--check", metavar="NAME", action="append", default=[], help="one check; may be repeated")


def _about_arguments(parser: argparse.ArgumentParser, announced: str) -> None:
    about = parser.add_argument_group("what else is known")
    time_option(about, "--announced-at", announced)
    about.add_argument("--kind", choices=("scheduled", "emergency"), help="planned, or not (default: scheduled)")
    about.add_argument("--reason", metavar="TEXT", help="what it was declared for")


def run(call: Call) -> Exit:
    """Do one of the four."""
    if call.options.json and call.options.deed not in {"import", "list"}:
        raise UsageError("--json: only `probe maintenance list` and `import` have a document to print")
    return DEEDS[call.options.deed](call)


def _list(call: Call) -> Exit:
    from probe.cli.opening import record

    with record(call) as (_, reader):
        declared = reader.windows()
    if call.options.json:
        from probe.report.records import windows_document

        call.out.document(windows_document(declared))
    else:
        from probe.view.maintenance import windows

        call.out.page(windows(declared, zone=call.zone()))
    return Exit.FINE


def _add(call: Call) -> Exit:
    from dataclasses import replace

    from probe import control
    from probe.cli.opening import configuration
    from probe.cli.windows import window_of
    from probe.store.changes import AddWindow
    from probe.view.maintenance import scope, when

    config = configuration(call)
    window = window_of(call.options, config, call.now_ms)
    window = replace(window, entered_at_ms=call.now_ms, entered_by=person(), source="typed")
    found = control.submit(config.storage.path, AddWindow(window))
    call.out.line(f"window {found}: {scope(window)}, {when(window, call.zone())}")
    return Exit.FINE


def _import(call: Call) -> Exit:
    from probe.cli import calendars

    return calendars.take(call)


def _remove(call: Call) -> Exit:
    from probe import control
    from probe.cli.opening import record
    from probe.store.changes import RemoveWindow

    with record(call) as (config, reader):
        known = [window.id for window in reader.windows() if window.removed_at_ms is None]
    if call.options.id not in known:
        raise UsageError(f"no window {call.options.id}; `probe maintenance list` shows them")
    control.submit(config.storage.path, RemoveWindow(id=call.options.id, at_ms=call.now_ms, by=person()))
    call.out.line(f"window {call.options.id} is removed; the record keeps that it was declared")
    return Exit.FINE


DEEDS: Final[Mapping[str, Callable[[Call], Exit]]] = {
    "add": _add,
    "import": _import,
    "list": _list,
    "remove": _remove,
}
