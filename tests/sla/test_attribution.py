"""Whose fault: V31, the truth table, and what an ISP claim needs."""

from __future__ import annotations

from collections.abc import Sequence
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
    """A check that confirms at once."""
    return member(runs, key, confirm=1, network=network)


def seen(references: Sequence[Sequence[Sequence[Any]]], gateway: Sequence[Sequence[Any]] | None = None) -> Witness:
    """References in two networks, and a gateway."""
    members = [check(runs, f"r{i}", f"network {i % 2}") for i, runs in enumerate(references)]
    return attribution.witness(members, None if gateway is None else check(gateway), 0, END)


def line(runs: Sequence[Sequence[Any]]) -> timeline.Timeline:
    """The time line of a check over an hour."""
    return timeline.of_spans(check(runs).spans, 0, END)


def secs(whole: Intervals) -> list[tuple[int, int]]:
    """The stretches in seconds."""
    return [(int(a) // 1000, int(b) // 1000) for a, b in whole]


def test_host_and_isp_share_one_log_by_who_was_certainly_up() -> None:
    """V31: the target is bad 600..900, the references 780..960."""
    witness = seen([SILENT] * 3, GOOD)
    host = attribution.charged(line(TARGET), witness)
    assert (secs(host.down), secs(host.worst)) == ([(600, 720)], [(540, 960)])
    assert secs(host.maybe) == [(540, 600), (900, 960)]
    assert secs(host.unknown) == [(720, 900)]
    isp = attribution.isp_claim(witness, 0, END)
    assert (secs(isp.down), secs(isp.worst)) == ([(780, 960)], [(720, 1020)])


def test_one_good_reference_vouches_for_our_line() -> None:
    """A success is self-proving; a failure is not."""
    target = line(TARGET)
    assert attribution.charged(target, seen([SILENT, SILENT, GOOD])) is target


def test_without_references_nothing_is_charged() -> None:
    """A failure that nobody can vouch for is unknown time, never downtime."""
    host = attribution.charged(line(TARGET), seen([]))
    assert (host.down, secs(host.unknown)) == (EMPTY, [(600, 900)])
    nothing = attribution.isp_claim(seen([]), 0, END)
    assert (nothing.down, secs(nothing.unknown)) == (EMPTY, [(0, 3600)])


def test_an_isp_claim_needs_three_references_in_two_networks_and_the_gateway() -> None:
    """With fewer the failures stay possible, and none is proven."""
    for witness in (seen([SILENT] * 2, GOOD), seen([SILENT] * 3), seen([SILENT] * 3, SILENT)):
        isp = attribution.isp_claim(witness, 0, END)
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


def test_no_failure_has_no_other_cause() -> None:
    """A line outage without proven seconds is nobody's."""
    assert attribution.cause_of(EMPTY, seen([GOOD])) is Cause.UNKNOWN_REFERENCE
