"""The kept standings save time and decide nothing: with them and without them every figure is the same."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from probe.judge.brief import brief_of
from probe.judge.judging import Judge
from probe.judge.running import running_services
from probe.judge.standing import standings
from probe.model import EventKind, Finding, Reason, State
from probe.view.snapshot import ServiceStatus
from tests.config.test_load import OWN_TERMS
from tests.judge.office import GATEWAY, MINUTE, NOVEMBER, SECOND, Office, an_office, refuse

SERVICES: Final = """
[service.front]
objective = "99.99 %"

[service.pair]
agreement = "own-terms.toml"
objective = "99.9 %"
combine = "all_down"
timezone = "UTC"

[service.line]
provider = "My ISP"
objective = "99.5 %"
uplink = true
"""
CHECKS: Final = """
[[check]]
name = "front"
kind = "tcp"
target = "192.0.2.80:443"
service = "front"
interval = "20s"
timeout = "3s"
confirm = 2

[[check]]
name = "left"
kind = "tcp"
target = "192.0.2.81:443"
service = "pair"
interval = "60s"

[[check]]
name = "right"
kind = "tcp"
target = "192.0.2.82:443"
service = "pair"
interval = "45s"
confirm = 1
"""
FRONTS: Final = ("front", "left", "right")
LINES: Final = ("ref-a", "ref-b", "ref-c", "gateway")
LOCAL: Final = Finding(state=State.UNKNOWN, reason=Reason.NO_ROUTE_LOCAL)
STATES: Final = (State.UP, State.UP, State.DOWN, State.UNKNOWN, LOCAL, None)

Step = Callable[[Office], None]


def anew(office: Office) -> list[ServiceStatus]:
    """Every running assessment in short, with nothing kept."""
    with office.reader() as reader:
        judge = Judge(office.config, reader, office.now_ms)
        wanted = running_services(office.config, office.now_ms)
        return [brief_of(one) for service, period in wanted for one in judge.assess(service, period)]


def kept(office: Office) -> list[ServiceStatus]:
    """The same with what was kept used wherever it holds."""
    with office.reader() as reader:
        return list(standings(office.looked(reader), reader, lambda: office.config))


def are_kept(office: Office) -> bool:
    """Whether a look needs nothing judged."""
    with office.reader() as reader:
        try:
            standings(office.looked(reader), reader, refuse)
        except AssertionError:
            return False
    return True


def _passing(seconds: int, states: dict[str, Any]) -> Step:
    return lambda office: office.run(seconds, states)


def _window(ago: int, lasts: int, scope: dict[str, Any]) -> Step:
    def declare(office: Office) -> None:
        start = office.now_ms + ago * SECOND
        office.declare(start, start + lasts * SECOND, **scope)

    return declare


def _withdraw(office: Office) -> None:
    with office.reader() as reader:
        left = [one.id for one in reader.windows() if one.removed_at_ms is None]
    if left and left[0] is not None:
        office.withdraw(left[0])


def _recurring(office: Office) -> None:
    office.declare(
        None, None, every="FREQ=DAILY", from_time="10:05", lasts_ms=2 * MINUTE, starts="2026-10-01"
    )


def _import(key: str, ago: int, state: State) -> Step:
    def bring(office: Office) -> None:
        office.now_ms += SECOND
        office.bring(key, [office.now_ms - (ago + number * 20) * SECOND - 500 for number in range(6)], state)

    return bring


def _late(kind: EventKind, ago: int, lasted: int) -> Step:
    return lambda office: office.tell(kind, office.now_ms - ago * SECOND, lasted * SECOND)


def _boot(office: Office) -> None:
    office.now_ms += 7 * SECOND
    office.boot()


def _rewrite(office: Office) -> None:
    target = '"99.99 %"' if '"99.9999 %"' in office.main else '"99.9999 %"'
    office.follow(office.main.replace('"99.99 %"', target).replace('"99.9999 %"', target))


def _retire(office: Office) -> None:
    office.follow("\n".join(line for line in office.main.splitlines() if "ref-c" not in line))


def _roll(office: Office) -> None:
    if office.now_ms < NOVEMBER:
        office.now_ms = NOVEMBER - 90 * SECOND


STEPS: Final = st.one_of(
    st.builds(
        _passing,
        st.integers(5, 400),
        st.fixed_dictionaries({key: st.sampled_from(STATES) for key in (*FRONTS, *LINES)}),
    ),
    st.builds(_passing, st.integers(5, 200), st.dictionaries(st.sampled_from(FRONTS), st.just(State.DOWN))),
    st.builds(_passing, st.integers(1, 90), st.just({})),
    st.builds(
        _window,
        st.integers(-600, 100),
        st.integers(1, 400),
        st.sampled_from([{}, {"service": "front"}, {"checks": ("left",)}, {"provider": "my isp"}]),
    ),
    st.sampled_from([_withdraw, _recurring, _boot, _rewrite, _retire, _roll]),
    st.builds(
        _import, st.sampled_from([*FRONTS, "ref-a"]), st.integers(0, 600), st.sampled_from([State.UP, State.DOWN])
    ),
    st.builds(_late, st.sampled_from([EventKind.SUSPEND, EventKind.STALL]), st.integers(0, 300), st.integers(1, 60)),
)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(STEPS, st.booleans()), min_size=3, max_size=14))
def test_what_was_kept_never_decides(steps: list[tuple[Step, bool]]) -> None:
    """Whatever happens, and whenever standings were kept, a look says what judging anew says."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "own-terms.toml").write_text(OWN_TERMS.read_text())
        with an_office(Path(folder), GATEWAY + SERVICES, CHECKS) as office:
            office.run(61)
            for step, is_kept in steps:
                step(office)
                if is_kept:
                    office.keep()
                assert kept(office) == anew(office)
