"""Probe once, now, and show all that was seen: addresses, phases, certificate, assertions, state, reason.

A NAME is a check of the configuration (or a service with all of its checks); an address is tested with the
defaults of its kind: https://example.com/, icmp://192.0.2.1, tcp://192.0.2.1:22, dns://192.0.2.53?name=example.com
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from probe.cli.command import Call, json_option, keys_of
from probe.cli.exits import Exit
from probe.errors import UsageError

if TYPE_CHECKING:
    from probe.clock import Clock
    from probe.config import Config
    from probe.model import Check
    from probe.runner import Attempted


def arguments(parser: argparse.ArgumentParser) -> None:
    """What to test, and whether to keep it."""
    parser.add_argument("names", nargs="+", metavar="NAME|URL", help="checks of the configuration, or an address")
    parser.add_argument("--record", action="store_true", help="keep the outcome; no verdict ever uses it")
    json_option(parser)


def run(call: Call) -> Exit:
    """Test each once, one after the other; exit code 1 when any is down."""
    import asyncio

    checks, config = _wanted(call)
    attempts = asyncio.run(_attempt_all(checks, call.clock))
    if call.options.record and config is not None:
        _record(call, config, checks, attempts)
    _show(call, checks, attempts)
    return Exit.FAILED if any(one.finding.state == "down" for one in attempts) else Exit.FINE


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
        checks = [check for check in config.checks if check.key in keys]
    if addresses:
        from probe.cli.address import check_of

        checks += [check_of(address) for address in addresses]
    return checks, config


async def _attempt_all(checks: list[Check], clock: Clock) -> list[Attempted]:
    from probe import probers
    from probe.runner import attempt

    attempts = []
    for check in checks:
        prober = probers.PROBERS[check.kind]()
        try:
            prober.prepare(check)
            attempts.append(await attempt(check, prober, clock))
        except ValueError as error:
            raise UsageError(f"{check.key}: {error}") from error
        finally:
            await prober.aclose()
    return attempts


def _record(call: Call, config: Config, checks: list[Check], attempts: list[Attempted]) -> None:
    from probe import control
    from probe.model import Origin, Outcome
    from probe.store.changes import RecordManual

    for check, tried in zip(checks, attempts, strict=True):
        outcome = Outcome(
            key=check.key,
            revision=check.revision,
            at_ms=tried.sent.wall_ms,
            clock=0,
            origin=Origin.MANUAL,
            finding=tried.finding,
        )
        control.submit(config.storage.path, RecordManual(outcome, vantage=config.agent.vantage))


def _show(call: Call, checks: list[Check], attempts: list[Attempted]) -> None:
    if call.options.json:
        from probe.report.records import check_document

        call.out.document(check_document(list(zip(checks, attempts, strict=True))))
        return
    from probe.view import check as view
    from probe.view.page import stacked

    zone, is_recorded = call.zone(), call.options.record
    pairs = zip(checks, attempts, strict=True)
    call.out.page(
        stacked([view.check(one, t.finding, t.sent.wall_ms, zone=zone, is_recorded=is_recorded) for one, t in pairs])
    )
