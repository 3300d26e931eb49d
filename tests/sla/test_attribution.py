"""Whose fault: V31, the truth table, and what an ISP claim needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from probe.model import Cause
from probe.sla import attribution, timeline
from probe.sla.attribution import Witness
from probe.sla.interval import EMPTY, Intervals
from probe.sla.service import Member
from tests.sla.build import member

END = 3_600_000
GOOD = [[0, 60, 61, "G"]]
TARGET = [[0, 60, 10, "G"], [600, 60, 6, "B"], [960, 60, 45, "G"]]
SILENT = [[0, 60, 13, "G"], [780, 60, 4, "B"], [1020, 60, 44, "G"]]


def check(runs: Sequence[Sequence[Any]], key: str = "a", network: str | None = None) -> Member:
    """A check that confirms at once and answers at once."""
    return member(runs, key, confirm=1, network=network, timeout_ms=0)


def seen(references: Sequence[Sequence[Sequence[Any]]], gateway: Sequence[Sequence[Any]] | None = None) -> Witness:
    """References in two networks, and a gateway."""
    members = [check(runs, f"r{i}", f"network {i % 2}") for i, runs in enumerate(references)]
    return attribution.witness(members, None if gateway is None else check(gateway), 0, END)


def charged(runs: Sequence[Sequence[Any]], witness: Witness, **more: Any) -> timeline.Timeline:
    """The claim against the provider of a check that saw these runs."""
    target = member(runs, confirm=1, **{"timeout_ms": 0, **more})
    return attribution.charged(timeline.of_spans(target.spans, 0, END), target, witness)


def isp_claim(
    references: Sequence[Sequence[Sequence[Any]]], gateway: Sequence[Sequence[Any]] | None
) -> timeline.Timeline:
    """The claim against the ISP."""
    members = [check(runs, f"r{i}", f"network {i % 2}") for i, runs in enumerate(references)]
    return attribution.isp_claim(members, seen(references, gateway), 0, END)


def line(runs: Sequence[Sequence[Any]]) -> timeline.Timeline:
    """The time line of a check over an hour."""
    return timeline.of_spans(check(runs).spans, 0, END)


def secs(whole: Intervals) -> list[tuple[int, int]]:
    """The stretches in seconds."""
    return [(int(a) // 1000, int(b) // 1000) for a, b in whole]


def test_host_and_isp_share_one_log_by_who_was_certainly_up() -> None:
    """V31: the target is bad 600..900, the references 780..960."""
    witness = seen([SILENT] * 3, GOOD)
    host = charged(TARGET, witness)
    assert (secs(host.down), secs(host.worst)) == ([(600, 720)], [(540, 960)])
    assert secs(host.maybe) == [(540, 600), (900, 960)]
    assert secs(host.unknown) == [(720, 900)]
    isp = isp_claim([SILENT] * 3, GOOD)
    assert (secs(isp.down), secs(isp.worst)) == ([(780, 960)], [(720, 1020)])


def test_one_good_reference_vouches_for_our_line() -> None:
    """A success is self-proving; a failure is not."""
    assert charged(TARGET, seen([SILENT, SILENT, GOOD])) == line(TARGET)


def test_an_attempt_that_our_line_may_have_cut_off_proves_nothing() -> None:
    """Failures 60 s apart from 600 on, the last witness at 720: with a timeout the one sent at 720 has none."""
    witness = seen([SILENT] * 3, GOOD)
    assert secs(charged(TARGET, witness, timeout_ms=1).down) == [(600, 660)]
    assert secs(charged(TARGET, witness, timeout_ms=60_000).down) == [(600, 660)]
    assert secs(charged(TARGET, witness, timeout_ms=60_001).down) == []
    rising = [[0, 60, 9, "B"], [540, 60, 52, "G"]]
    assert secs(charged(TARGET, seen([rising])).down) == [(600, 900)]
    late = [[0, 60, 11, "B"], [690, 60, 50, "G"]]
    assert secs(charged(TARGET, seen([late])).down) == [(720, 900)], "nor does one sent before the line was back"


def test_where_failures_are_not_evenly_spaced_the_nearest_sure_one_is_taken() -> None:
    """Rechecks come closer than the grid; a span keeps their number and largest distance only."""
    uneven = [[0, 60, 10, "G"], [600, 60, 4, "B"], [605, 1, 1, "B"], [840, 60, 40, "G"]]
    short = [[0, 60, 12, "G"], [720, 60, 48, "B"]]
    assert secs(charged(uneven, seen([short])).down) == []
    long = [[0, 60, 13, "G"], [780, 60, 48, "B"]]
    assert secs(charged(uneven, seen([long])).down) == [(600, 660)]
    back = [[0, 60, 11, "B"], [660, 60, 50, "G"]]
    assert secs(charged(uneven, seen([back])).down) == [(720, 780)]


def test_without_references_nothing_is_charged() -> None:
    """A failure that nobody can vouch for is unknown time, never downtime."""
    host = charged(TARGET, seen([]))
    assert (host.down, secs(host.unknown)) == (EMPTY, [(600, 900)])
    nothing = isp_claim([], None)
    assert (nothing.down, secs(nothing.unknown)) == (EMPTY, [(0, 3600)])


def test_an_isp_claim_needs_three_references_in_two_networks_and_the_gateway() -> None:
    """With fewer the failures stay possible, and none is proven."""
    for isp in (isp_claim([SILENT] * 2, GOOD), isp_claim([SILENT] * 3, None), isp_claim([SILENT] * 3, SILENT)):
        assert (isp.down, secs(isp.worst)) == (EMPTY, [(720, 1020)])
    one_network = attribution.witness([check(SILENT, f"r{i}", "one") for i in range(3)], None, 0, END)
    assert not one_network.can_accuse_isp


@pytest.mark.parametrize(
    ("references", "gateway", "expected"),
    [
        ([GOOD, SILENT, SILENT], GOOD, Cause.PROVIDER_OR_PATH),
        ([SILENT] * 3, GOOD, Cause.ISP),
        ([SILENT] * 3, SILENT, Cause.OWN_NETWORK),
        ([SILENT] * 3, None, Cause.OWN_NETWORK_OR_ISP),
        ([SILENT] * 2, GOOD, Cause.UNKNOWN_REFERENCE),
        ([SILENT, []], GOOD, Cause.UNKNOWN_REFERENCE),
        ([], GOOD, Cause.UNKNOWN_REFERENCE),
    ],
)
def test_the_cause_follows_the_truth_table(
    references: list[list[list[Any]]], gateway: list[list[Any]] | None, expected: Cause
) -> None:
    """The target is bad while the references are as they are (metrology, section 3.3)."""
    failing = Intervals.span(800_000, 900_000)
    assert attribution.cause_of(failing, seen(references, gateway)) is expected


@pytest.mark.parametrize(("others", "expected"), [(SILENT, Cause.OWN_NETWORK), (GOOD, Cause.PROVIDER_OR_PATH)])
def test_a_reference_without_a_way_out_does_not_speak_for_the_others(others: list[list[Any]], expected: Cause) -> None:
    """No route for IPv6, and all of IPv4 silent: our own line, which nobody is charged with, the ISP neither."""
    blind = replace(check([[0, 60, 61, "U"]], "v6", "network 2"), local=((0, END),))
    members = [*(check(others, f"r{i}", f"network {i % 2}") for i in range(3)), blind]
    witness = attribution.witness(members, check(GOOD), 0, END)
    assert attribution.cause_of(Intervals.span(800_000, 900_000), witness) is expected
    assert attribution.isp_claim(members, witness, 0, END).down == EMPTY


def test_no_failure_has_no_other_cause() -> None:
    """A line outage without proven seconds is nobody's."""
    assert attribution.cause_of(EMPTY, seen([GOOD])) is Cause.UNKNOWN_REFERENCE


def claimed(*references: Member) -> list[tuple[int, int]]:
    """What is proven against the ISP by references in networks of their own."""
    members = [replace(each, network=f"network {i}") for i, each in enumerate(references)]
    witness = attribution.witness(members, check(GOOD), 0, END)
    return secs(attribution.isp_claim(members, witness, 0, END).down)


def test_a_reference_that_came_later_leaves_what_was_proven_before_it() -> None:
    """Three suffice while they are the only ones; a fourth is asked from its first sample on."""
    three = [check(SILENT)] * 3
    assert claimed(*three, check([[1020, 60, 44, "G"]])) == [(780, 960)]
    assert claimed(*three, check([[840, 60, 3, "G"]])) == [(780, 840)]


def test_a_reference_that_was_replaced_is_not_asked_any_more() -> None:
    """What ceased to be one proves nothing and hides nothing; two are never enough."""
    three, before = [check(SILENT)] * 3, check([[0, 60, 6, "G"]])
    assert claimed(*three, replace(before, until_ms=300_000)) == [(780, 960)]
    assert claimed(*three, before) == []
    assert claimed(*three[:2], replace(before, until_ms=300_000)) == []
    assert claimed(*three, check([])) == [(780, 960)]
