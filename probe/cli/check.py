"""Probe once, now, and show all that was seen: addresses, phases, certificate, assertions, state, reason.

A NAME is a check of the configuration (or a service with all of its checks); an address is tested with the
defaults of its kind: https://example.com/, icmp://192.0.2.1, tcp://192.0.2.1:22, dns://192.0.2.53?name=example.com, trace://192.0.2.1
"""

from __future__ import annotations

import argparse
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from probe.cli.command import Call, json_option, keys_of
from probe.cli.exits import Exit
from probe.errors import UsageError

if TYPE_CHECKING:
    from probe.clock import Clock
    from probe.config import Config
    from probe.model import Check, Finding
    from probe.runner import Attempted


class Tried(NamedTuple):
    """A check, its attempt, the route to the address it used (None: none, or nobody asked), and where it broke."""

    check: Check
    attempted: Attempted
    route: dict[str, Any] | None
    broken: tuple[str, int] | None


def arguments(parser: argparse.ArgumentParser) -> None:
    """What to test, and whether to keep it."""
    parser.add_argument("names", nargs="+", metavar="NAME|URL", help="checks of the configuration, or an address")
    parser.add_argument("--record", action="store_true", help="keep the outcome; no verdict ever uses it")
    parser.add_argument("--trace", action="store_true", help="show the route to the address that was used")
    json_option(parser)


def run(call: Call) -> Exit:
    """Test each once, one after the other; exit code 1 when any is down."""
    import asyncio

    checks, config = _wanted(call)
    tried = asyncio.run(_try_all(checks, call.clock, config, has_routes=call.options.trace))
    for one in tried:
        if call.options.trace and one.route is None and one.check.kind != "trace":
            call.out.note(f"no route for {one.check.key}: it has no address to lead to")
    if call.options.record and config is not None:
        _record(call, config, tried)
    else:
        _tell_spending(call, tried)
    _show(call, tried)
    return Exit.FAILED if any(one.attempted.finding.state == "down" for one in tried) else Exit.FINE


def _wanted(call: Call) -> tuple[list[Check], Config | None]:
    """The checks to run; the configuration is read only for names and for --record."""
    addresses = [name for name in call.options.names if "://" in name]
    names = [name for name in call.options.names if "://" not in name]
    if call.options.record and addresses:
        raise UsageError("--record keeps outcomes of checks in the configuration; an address has no record")
    checks: list[Check] = []
    config = None
    if names:
        config = call.config()
        keys = set(keys_of(config, names))
        checks = _tried(call, [check for check in config.checks if check.key in keys], names)
    if addresses:
        from probe.cli.address import check_of

        checks += [check_of(address) for address in addresses]
    return checks, config


def _tried(call: Call, checks: list[Check], names: list[str]) -> list[Check]:
    """Those that can be probed; others are left out of a service, and refused where they were asked for by name."""
    from probe import probers

    others = [check for check in checks if not probers.is_tried(check.kind)]
    refused = others if len(others) == len(checks) else [one for one in others if one.key in names]
    for check in refused:
        raise UsageError(f"{check.key} is of kind {check.kind}: it cannot be probed, see `probe status`")
    for check in others:
        call.out.note(f"left out: {check.key} is of kind {check.kind}, see `probe status`")
    return [check for check in checks if check not in others]


async def _try_all(checks: list[Check], clock: Clock, config: Config | None, *, has_routes: bool) -> list[Tried]:
    tried = []
    for check in checks:
        one, phase = await _attempt(check, clock, config)
        route = await _route(check, one.finding, clock) if has_routes else None
        tried.append(Tried(check, one, route, _broken(one, phase)))
    return tried


def _broken(tried: Attempted, phase: str | None) -> tuple[str, int] | None:
    """The phase in which an attempt ended, and the time that no other phase has; None where none broke."""
    from probe.clock import NS_PER_US

    if phase is None or tried.finding.state == "up":
        return None
    took_us = (tried.ended.boot_ns - tried.sent.boot_ns) // NS_PER_US
    return phase, max(took_us - sum(tried.finding.phases_us.values()), 0)


async def _attempt(check: Check, clock: Clock, config: Config | None) -> tuple[Attempted, str | None]:
    """What came of it, and the phase that was open at its end."""
    from probe import probers, trail
    from probe.runner import attempt

    prober = probers.PROBERS[check.kind]()
    _count_spending(check, clock, config, prober)
    try:
        prober.prepare(check)
        return await attempt(check, prober, clock), trail.current().phase
    except ValueError as error:
        raise UsageError(f"{check.key}: {error}") from error
    finally:
        await prober.aclose()


def _count_spending(check: Check, clock: Clock, config: Config | None, prober: Any) -> None:
    """What the record says that this day's speed tests have moved counts here too."""
    from probe.agent import spending
    from probe.errors import StoreMissing

    if check.kind == spending.KIND and config is not None:
        with suppress(StoreMissing):
            spending.restore(config, clock, prober)


def _tell_spending(call: Call, tried: list[Tried]) -> None:
    """A speed test that nobody recorded is in no later count."""
    from probe.agent.spending import spent_by

    for one in tried:
        spent = spent_by(one.check.kind, one.attempted.finding)
        if spent:
            words = f"{one.check.key} moved {spent} bytes; max_bytes counts them only with --record"
            call.out.note(words)


async def _route(check: Check, found: Finding, clock: Clock) -> dict[str, Any] | None:
    from probe import probers
    from probe.agent import evidence

    way = evidence.wanted(check, found)
    if way is None or check.kind == "trace":
        return None
    prober = probers.PROBERS["trace"]()
    try:
        return evidence.route_document((await evidence.take_route(check, way, prober, clock)).finding)
    finally:
        await prober.aclose()


def _record(call: Call, config: Config, tried: list[Tried]) -> None:
    from probe import control
    from probe.model import Origin, Outcome
    from probe.store.changes import RecordManual

    for check, one, *_ in tried:
        outcome = Outcome(
            key=check.key,
            revision=check.revision,
            at_ms=one.sent.wall_ms,
            clock=0,
            origin=Origin.MANUAL,
            finding=one.finding,
        )
        control.submit(config.storage.path, RecordManual(outcome, vantage=config.agent.vantage))


def _show(call: Call, tried: list[Tried]) -> None:
    if call.options.json:
        from probe.report.records import check_document

        call.out.document(check_document(tried))
        return
    from probe.view import check as view
    from probe.view.page import stacked

    zone, is_recorded = call.zone(), call.options.record
    pages = []
    for check, one, route, broken in tried:
        shown = view.Shown(zone, is_recorded=is_recorded, broken=broken)
        pages.append(view.check(check, one.finding, one.sent.wall_ms, shown, route))
    call.out.page(stacked(pages))
