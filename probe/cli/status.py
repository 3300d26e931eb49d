"""What is up, what is down, since when, whose fault it is, and how much error budget is left.

Exit code 1 when a check is confirmed down; `down (1 of 3)` is not confirmed yet. With --nagios one line and
the exit codes of monitoring plugins: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.
"""

from __future__ import annotations

import argparse
from dataclasses import replace

from probe.cli.command import Call, json_option, keys_of
from probe.cli.exits import Exit
from probe.errors import ProbeError, UsageError
from probe.model import Role
from probe.view.page import Page
from probe.view.snapshot import CheckStatus, Snapshot, Standing


def arguments(parser: argparse.ArgumentParser) -> None:
    """Names to look at, and how much of the list."""
    parser.add_argument("names", nargs="*", metavar="NAME", help="checks or services; all when none is given")
    parser.add_argument("--all", action="store_true", help="every check, also more than the screen holds")
    parser.add_argument("--nagios", action="store_true", help="one line and perfdata, for a monitoring plugin")
    json_option(parser)


def run(call: Call) -> Exit:
    """Look once, show it, and say whether anything is down."""
    if call.options.nagios:
        return _as_plugin(call)
    snapshot = _seen(call)
    if call.options.json:
        from probe.report.json import status_document

        call.out.document(status_document(snapshot))
    else:
        call.out.page(_page(call, snapshot))
    return Exit.FAILED if any(map(is_confirmed_down, snapshot.checks)) else Exit.FINE


def _seen(call: Call) -> Snapshot:
    """The record looked at once, for the names given."""
    from probe import judge
    from probe.cli.opening import glance

    with glance(call) as (roster, reader, whole):
        keys = keys_of(roster, call.options.names)
        if call.options.json:
            snapshot = judge.snapshot(whole(), reader, call.now_ms, is_full=True)
        else:
            snapshot = judge.look(roster, reader, call.now_ms, whole)
    return only(snapshot, set(keys)) if call.options.names else snapshot


def _as_plugin(call: Call) -> Exit:
    """One line whatever happens; what keeps us from looking is UNKNOWN."""
    from probe.view import nagios

    if call.options.json:
        raise UsageError("--nagios and --json exclude each other; give one of them")
    try:
        said = nagios.spoken(_seen(call))
    except ProbeError as error:
        said = nagios.line(nagios.Grade.UNKNOWN, str(error))
    call.out.line(said.line)
    return Exit(int(said.grade))


def is_confirmed_down(check: CheckStatus) -> bool:
    """Whether a check (not a witness of our own line) has failed as often as it takes to believe it."""
    return check.role is Role.CHECK and check.standing is Standing.DOWN and check.failures >= check.confirm


def only(snapshot: Snapshot, keys: set[str]) -> Snapshot:
    """The snapshot of some checks, and of the services that they belong to."""
    checks = tuple(check for check in snapshot.checks if check.key in keys)
    names = {check.service for check in checks}
    return replace(
        snapshot,
        checks=checks,
        services=tuple(one for one in snapshot.services if one.service in names and one.check in {None, *keys}),
        assessments=tuple(one for one in snapshot.assessments if one.service in names and one.check in {None, *keys}),
    )


def _page(call: Call, snapshot: Snapshot) -> Page:
    """A screenful on a terminal; everything in a pipe, for names and with --all."""
    from probe.view.status import fitted, status

    if not call.out.is_terminal or call.options.all or call.options.names:
        return status(snapshot, zone=call.zone())
    columns, lines = call.out.size
    return fitted(snapshot, (columns, lines - 1), zone=call.zone())
