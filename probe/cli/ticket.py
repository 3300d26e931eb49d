"""What the provider was told about an outage, when it answered and when it closed: clauses start their clock there.

probe ticket add shop 4711 --opened 2026-10-03T04:20:00Z
probe ticket add shop 4711 --answered 2026-10-03T05:00:00Z --closed 2026-10-03T07:10:00Z
probe ticket list

A ticket belongs to the outage that it was opened in; --outage names another by an instant in it. Adding to a ticket
that is there completes it. Nothing is overwritten: the record keeps every entry, with when and by whom.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from probe.cli.command import Call, at, json_option, nearest, read, time_option
from probe.cli.exits import Exit
from probe.cli.person import person
from probe.errors import UsageError

if TYPE_CHECKING:
    from probe.config import Config

INSTANTS: Final = ("opened", "answered", "closed", "outage")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Two deeds, each with its own options."""
    deeds = parser.add_subparsers(dest="deed", metavar="add|list", required=True)
    adding = deeds.add_parser("add", help="enter a ticket, or what is new of one", allow_abbrev=False)
    adding.add_argument("service", metavar="SERVICE", help="the service it is about")
    adding.add_argument("number", metavar="NUMBER", help="the provider's number of it")
    time_option(adding, "--opened", "when the provider was told: now, -30m, 2026-10-03T04:20:00Z (first entry: now)")
    time_option(adding, "--answered", "when it answered")
    time_option(adding, "--closed", "when it said that the fault is repaired")
    time_option(adding, "--outage", "an instant in the outage that it is about (default: when it was opened)")
    adding.add_argument("--check", metavar="NAME", help="the check it is about (default: the whole service)")
    adding.add_argument("--note", metavar="TEXT", help="what else is worth keeping")
    adding.add_argument(
        "--withdraw", action="store_true", help="take the ticket back; the record keeps that it was there"
    )
    listing = deeds.add_parser("list", help="all tickets, withdrawn ones too", allow_abbrev=False)
    listing.add_argument("--service", metavar="NAME", help="those of one service")
    json_option(listing)


def run(call: Call) -> Exit:
    """Do one of the two."""
    return DEEDS[call.options.deed](call)


def _add(call: Call) -> Exit:
    from probe import control
    from probe.model import Ticket
    from probe.store.changes import AddTicket

    config, options = call.config(), call.options
    _look_for(config, options.service)
    given = {name: at(call, f"--{name}") for name in INSTANTS}
    if late := [name for name, at_ms in given.items() if at_ms is not None and at_ms > call.now_ms]:
        raise UsageError("\n".join(f"--{name}: lies in the future; enter it when it has happened" for name in late))
    is_new = not _is_known(config, options.service, _text("NUMBER", options.number))
    ticket = Ticket(
        service=options.service,
        number=_text("NUMBER", options.number),
        key=None if options.check is None else _key(config, options.service, options.check),
        outage_ms=given["outage"],
        opened_ms=call.now_ms if is_new and given["opened"] is None else given["opened"],
        answered_ms=given["answered"],
        closed_ms=given["closed"],
        note="" if options.note is None else _text("--note", options.note),
        is_withdrawn=options.withdraw,
        entered_at_ms=call.now_ms,
        entered_by=person(),
    )
    entries = control.submit(config.storage.path, AddTicket(ticket))
    done = "withdrawn" if options.withdraw else "entered" if entries == 1 else "completed"
    call.out.line(f"ticket {ticket.number} of service {ticket.service} is {done}")
    return Exit.FINE


def _list(call: Call) -> Exit:
    from probe.cli.opening import record

    with record(call) as (config, reader):
        if call.options.service is not None:
            _look_for(config, call.options.service)
        told = [one for one in reader.tickets() if call.options.service in {None, one.service}]
    if call.options.json:
        from probe.report.beside import tickets_document

        call.out.document(tickets_document(told))
    else:
        from probe.view.tickets import tickets

        call.out.page(tickets(told, zone=call.zone()))
    return Exit.FINE


def _look_for(config: Config, name: str) -> None:
    known = [service.name for service in config.services]
    if name not in known:
        raise UsageError(f"no service {name!r}; {nearest(name, known)}")


def _key(config: Config, service: str, name: str) -> str:
    """The key of a check of the service; UsageError for another's."""
    mine = [check for check in config.checks if check.service == service]
    keys = [check.key for check in mine if check.key == name]
    if not keys:
        raise UsageError(f"--check: no check {name!r} in {service}; {nearest(name, [check.key for check in mine])}")
    return keys[0]


def _text(option: str, given: str) -> str:
    from probe.config import values

    return read(option, given, values.text)[:200]


def _is_known(config: Config, service: str, number: str) -> bool:
    from probe.errors import StoreMissing
    from probe.store.reader import open_reader

    try:
        with open_reader(config.storage.path) as reader:
            return any((one.service, one.number) == (service, number) for one in reader.tickets())
    except StoreMissing:
        return False


DEEDS: Final[Mapping[str, Callable[[Call], Exit]]] = {"add": _add, "list": _list}
