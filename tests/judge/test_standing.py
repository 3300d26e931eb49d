"""The kept standings save time and decide nothing: with them and without them every figure is the same."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from probe.judge.brief import brief_of
from probe.judge.judging import Judge
from probe.judge.running import running_services
from probe.judge.standing import packed, standings, unpacked
from probe.model import EventKind, Finding, Reason, State
from probe.view.snapshot import ServiceStatus
from tests.config.test_load import OWN_TERMS
from tests.judge.office import CHECK, GATEWAY, GIFT, MINUTE, NOVEMBER, SECOND, SHOP, Office, an_office, refuse

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
    office.declare(None, None, every="FREQ=DAILY", from_time="10:05", lasts_ms=2 * MINUTE, starts="2026-10-01")


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


@pytest.fixture
def plain(tmp_path: Path) -> Any:
    """A deployment with one service, a good hour behind it."""
    with an_office(tmp_path) as office:
        office.run(3600)
        yield office


def test_time_that_passes_leaves_a_standing_valid(plain: Office) -> None:
    """The reason for keeping one: nothing is judged while all is well, and the figures are the same."""
    assert plain.keep() == 1
    plain.run(600)
    assert are_kept(plain)
    assert kept(plain) == anew(plain)
    assert plain.keep() == 0


def test_a_witness_that_speaks_after_the_recovery_is_heard(plain: Office) -> None:
    """An outage between two samples of a reference is charged once the second one is there."""
    start = plain.now_ms
    for key in ("ref-a", "ref-b", "ref-c"):
        plain.see(key, start, Finding(state=State.UP))
    for second in (1, 6, 11, 16):
        plain.see("shop", start + second * SECOND, Finding(state=State.DOWN, reason=Reason.TIMEOUT))
    for second in (21, 26):
        plain.see("shop", start + second * SECOND, Finding(state=State.UP))
    plain.now_ms += 30 * SECOND
    plain.commit()
    before = anew(plain)
    plain.keep()
    assert kept(plain) == before
    plain.see("ref-a", start + 60 * SECOND, Finding(state=State.UP))
    plain.now_ms += 40 * SECOND
    plain.commit()
    assert kept(plain) == anew(plain) != before


def test_a_lone_sample_is_not_kept(tmp_path: Path) -> None:
    """Until the second sample all time up to now is unknown, and grows."""
    with an_office(tmp_path) as office:
        office.run(50, {"shop": None})
        office.see("shop", office.now_ms, Finding(state=State.UP))
        office.commit()
        assert office.keep() == 0
        office.see("shop", office.now_ms + MINUTE, Finding(state=State.UP))
        office.now_ms += MINUTE
        office.commit()
        assert office.keep() == 1


def test_a_past_that_is_imported_is_judged_anew(plain: Office) -> None:
    """Outcomes from outside may lie before everything that was judged."""
    plain.keep()
    before = kept(plain)
    plain.bring("shop", [plain.now_ms - 1800 * SECOND + number * 10 * SECOND + 1 for number in range(9)], State.DOWN)
    assert not are_kept(plain)
    assert kept(plain) == anew(plain) != before


def test_a_break_that_is_told_late_is_judged_anew(plain: Office) -> None:
    """The machine slept between two good samples, and the record hears of it after the second."""
    plain.keep()
    before = kept(plain)
    plain.tell(EventKind.SUSPEND, plain.now_ms - 600 * SECOND, 20 * SECOND)
    assert kept(plain) == anew(plain) != before


def test_a_standing_of_another_calendar_does_not_hide_the_new_one(tmp_path: Path) -> None:
    """After a change of agreement two periods run at once; the one that the configuration means is found."""
    terms = OWN_TERMS.read_text()
    (tmp_path / "own-terms.toml").write_text(terms)
    (tmp_path / "yearly.toml").write_text(terms.replace("calendar_month", "calendar_year"))
    agreed = SHOP.replace("objective", 'timezone = "UTC"\nagreement = "own-terms.toml"\nobjective')
    with an_office(tmp_path, GATEWAY + agreed) as office:
        office.run(600)
        office.keep()
        office.follow(office.main.replace("own-terms", "yearly"))
        office.run(120)
        assert office.keep() == 1
        assert are_kept(office)
        assert [one.period for one in kept(office)] == ["2026"]
        assert office.keep() == 0


def test_only_services_that_are_up_are_due(tmp_path: Path) -> None:
    """One whose check fails, is silent or was never probed changes with every second."""
    with an_office(tmp_path) as office:
        assert office.keep() == 0
        office.run(300, {"shop": State.DOWN})
        assert office.keep() == 0
        office.run(120)
        assert office.keep() == 1
        office.run(600, {"shop": None})
        assert (office.keep(), are_kept(office)) == (0, False)
        assert kept(office) == anew(office)


def test_a_look_from_before_the_open_stretch_is_judged_anew(plain: Office) -> None:
    """A wall clock that was set back by an hour must not be shown what it has not reached."""
    plain.run(300, {"shop": State.DOWN})
    plain.run(120)
    plain.keep()
    plain.now_ms -= 400 * SECOND
    assert not are_kept(plain)
    assert kept(plain) == anew(plain)


def test_only_so_many_are_judged_at_a_time(tmp_path: Path) -> None:
    """The agent keeps them beside the work that matters."""
    services = "".join(f'[service.s{number}]\nobjective = "99 %"\n' for number in range(5))
    checks = "".join(CHECK.replace('"shop"', f'"s{number}"') for number in range(5))
    with an_office(tmp_path, GATEWAY + services, checks) as office:
        office.run(300)
        assert [office.keep(2), office.keep(2), office.keep(2), office.keep(2)] == [2, 2, 1, 0]


def test_a_service_with_nothing_promised_or_no_evidence(tmp_path: Path) -> None:
    """The first is not judged; our own line without a reference is, but nothing of it can be kept."""
    alone = '[agent]\nvantage = "office"\n[references]\ngateway = "none"\n'
    line = '[service.line]\nobjective = "99 %"\nuplink = true\n'
    with an_office(tmp_path, alone + SHOP + GIFT + line, CHECK + CHECK.replace('"shop"', '"gift"')) as office:
        office.run(300)
        assert office.keep() == 1
        assert [one.service for one in kept(office)] == ["shop", "line"]
        assert kept(office) == anew(office)


def test_a_new_period_starts_from_nothing(plain: Office) -> None:
    """What was kept for October says nothing about November."""
    plain.now_ms = NOVEMBER - 10 * MINUTE
    plain.run(540)
    plain.keep()
    assert are_kept(plain)
    plain.run(120)
    assert not are_kept(plain)
    assert [one.period for one in kept(plain)] == ["2026-11"]
    assert kept(plain) == anew(plain)


def test_short_forms_are_packed_exactly(tmp_path: Path) -> None:
    """Fractions, absence and words come back as they were."""
    with an_office(tmp_path, GATEWAY + SERVICES.replace("own-terms.toml", "digitalocean/droplet"), CHECKS) as office:
        judged = anew(office)
        office.run(1000, {"left": State.DOWN, "right": State.DOWN})
        judged += anew(office)
    assert unpacked(packed(judged)) == judged
    absent = replace(judged[0], check=None, target=None, point=None, budget_ms=None, budget_left_ms=None, reason=None)
    assert unpacked(packed([absent])) == [absent]


def test_without_an_agent_a_screen_shows_what_held_at_the_last_outcome(plain: Office) -> None:
    """Hours after the agent stopped a look costs no judging: the figures are those of the last outcome, and say so."""
    plain.keep()
    held = kept(plain)
    plain.now_ms += 120 * MINUTE
    assert not are_kept(plain)
    with plain.reader() as reader:
        seen = plain.looked(reader)
        last = max(one.at_ms for one in seen.latest.values())
        shown = list(standings(seen, reader, refuse, last))
    assert shown == [replace(one, as_of_ms=last) for one in held]
    assert kept(plain) == anew(plain) != held


def test_what_was_down_at_the_last_outcome_is_judged_as_of_now(plain: Office) -> None:
    """Nothing was kept of it, and time that passes changes it."""
    plain.run(120, {"shop": State.DOWN})
    assert plain.keep() == 0
    plain.now_ms += 120 * MINUTE
    with plain.reader() as reader:
        seen = plain.looked(reader)
        last = max(one.at_ms for one in seen.latest.values())
        shown = list(standings(seen, reader, lambda: plain.config, last))
    assert shown == anew(plain)
    assert [one.as_of_ms for one in shown] == [None]
