"""Can the configured schedule decide these SLAs, and what interval would.

For each promise, over the period that runs: the budget, how far so many outages leave the downtime open
(N × (interval + the larger of recheck and timeout) + unknown time), the largest interval that decides, the chance
that an outage of some length is seen, and how long the agent itself may be off. Needs no record.
Exit code 1 when the schedule cannot decide a promise.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Final

from probe.cli.command import Call, json_option, nearest, read, span_ms
from probe.cli.exits import Exit
from probe.errors import StoreMissing, UsageError

if TYPE_CHECKING:
    from fractions import Fraction

    from probe.config import Config
    from probe.judge.planning import Wish
    from probe.store.reader import Reader

MOST_OUTAGES: Final = 10_000


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which services, and what to plan for."""
    parser.add_argument("names", nargs="*", metavar="SERVICE", help="services; all when none is given")
    parser.add_argument(
        "--outages", type=int, metavar="N", help="how many outages to plan for (default: those of the period, or 1)"
    )
    parser.add_argument("--unknown", metavar="SPAN", help="unknown time to plan for (default: that of the period)")
    parser.add_argument(
        "--lasting", metavar="SPAN", action="append", default=[], help="an outage whose chance to be seen matters"
    )
    parser.add_argument("--share", metavar="PERCENT", help="the part of the budget that may stay open (default: 10 %%)")
    json_option(parser)


def run(call: Call) -> Exit:
    """Plan, show, and say whether all can be decided."""
    from probe.judge.planning import plans

    wish = _wish(call)
    with _record(call) as (config, reader):
        _look_for(config, call.options.names)
        found = plans(config, reader, call.now_ms, wish)
    if call.options.json:
        from probe.report.planning import plans_document

        call.out.document(plans_document(found, generated_at_ms=call.now_ms))
    else:
        from probe.view.plan import plans as page

        call.out.page(page(found))
    return Exit.FAILED if any(plan.can_decide is False for plan in found) else Exit.FINE


@contextmanager
def _record(call: Call) -> Iterator[tuple[Config, Reader | None]]:
    """The configuration, and the record if there is one."""
    from probe.cli.opening import record

    with ExitStack() as stack:
        try:
            found: tuple[Config, Reader | None] = stack.enter_context(record(call))
        except StoreMissing:
            found = call.config(), None
        yield found


def _wish(call: Call) -> Wish:
    from probe.judge.planning import Wish
    from probe.sla.plan import SHARE

    options = call.options
    if options.outages is not None and not 1 <= options.outages <= MOST_OUTAGES:
        raise UsageError(f"--outages: {options.outages} is out of range; 1 to {MOST_OUTAGES:,} is possible")
    return Wish(
        outages=options.outages,
        unknown_ms=None if options.unknown is None else span_ms("--unknown", options.unknown),
        lengths_ms=tuple(span_ms("--lasting", given) for given in options.lasting),
        share=SHARE if options.share is None else read("--share", options.share, _share),
        services=frozenset(options.names) or None,
    )


def _share(given: str) -> Fraction:
    from probe.config import values

    return values.ratio(given if "%" in given or "/" in given else f"{given} %")


def _look_for(config: Config, names: list[str]) -> None:
    known = [service.name for service in config.services]
    if unknown := [name for name in names if name not in known]:
        raise UsageError("\n".join(f"no service {name!r}; {nearest(name, known)}" for name in unknown))
