"""The figures of a record made by hand, and the documents beside them, as text that other programs read."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from probe import judge
from probe.agent.answers import _outages, _report, _status
from probe.agent.exposition import GAUGES, Seen, exposition
from probe.config import load
from probe.model import Finding, Outcome, Reason, State
from probe.store.outbox import Queue
from probe.store.reader import open_reader
from tests.cli.office import NOW, VANTAGE, Office, down, up

SECURE = Finding(
    state=State.UP,
    latency_us=250_000,
    phases_us={"connect": 1_000, "ttfb": 200_000, "body": 49_000},
    facts={"status": 200, "certificate": {"not_after_ms": 1_800_000_000_000}},
)
LOCAL = Finding(state=State.UNKNOWN, reason=Reason.NO_ROUTE_LOCAL)


@pytest.fixture
def office(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Office:
    """A page that was down for a while, mail that cannot be judged, references that answer."""
    made = Office(tmp_path, capsys)
    made.write()
    made.record(
        {"shop-front": [*up(40), *down(5), *[SECURE] * 15], "mail": [LOCAL] * 60, "ref-a": up(60), "ref-b": up(60)}
    )
    return made


def figures(office: Office) -> str:
    health = {
        **dict.fromkeys((key for key, _ in GAUGES.values()), 3),
        **dict.fromkeys(("lag_ms", "memory_kib", "started_ms", "acknowledged", "refused"), 1000),
        "version": "1",
        "vantage": VANTAGE,
        "storage": {"is_degraded": False, "spooled": 0},
    }
    config = load(office.config)
    with open_reader(office.database) as reader:
        seen = [one for check in config.checks for one in reader.last(VANTAGE, check.key, 1)]
        last: dict[str, Outcome] = {one.key: one for one in seen}
        snapshot = judge.snapshot(config, reader, NOW)
    return exposition(Seen(snapshot, last, health, {"hook": Queue(2, 1, None, "no")})).decode()


def test_figures_have_the_names_and_units_that_others_know(office: Office) -> None:
    """Seconds, shares, Unix times; phases of HTTP by the blackbox exporter's names."""
    text = figures(office)
    labels = '{check="shop-front",kind="http",role="check",service="shop"'
    assert f"probe_success{labels}}} 1.0" in text
    assert f"probe_duration_seconds{labels}}} 0.25" in text
    assert f"probe_http_status_code{labels}}} 200.0" in text
    assert f"probe_ssl_earliest_cert_expiry{labels}}} 1.8e+09" in text
    http = dict(re.findall(r'probe_http_duration_seconds\{.*phase="(\w+)".*\} (\S+)', text))
    assert http == {"connect": "0.001", "processing": "0.2", "transfer": "0.049"}
    assert set(re.findall(r'probe_phase_duration_seconds\{.*phase="(\w+)"', text)) == {"connect", "ttfb", "body"}
    assert 'probe_notify_waiting_messages{channel="hook"} 2.0' in text
    assert "probe_agent_lag_seconds 1.0" in text
    assert "probe_storage_wal_bytes 3.0" in text


def test_what_is_not_known_is_left_out(office: Office) -> None:
    """A check that could not be judged is neither 0 nor 1; one that never ran has a state and nothing else."""
    text = figures(office)
    assert 'probe_success{check="mail"' not in text
    assert 'probe_check_state{check="mail",kind="tcp",role="check",service="shop",state="unknown"} 1.0' in text
    assert 'probe_success{check="dual/4"' not in text
    assert 'check="dual/4",kind="icmp",role="check",service="",state="pending"} 1.0' in text


def test_a_service_has_its_bounds_budget_and_verdict(office: Office) -> None:
    """Low ≤ point ≤ high, as `report` has them."""
    text = figures(office)
    found = re.findall(r'probe_availability_ratio\{bound="(\w+)",check="shop-front".*\} (\S+)', text)
    bounds = {name: float(value) for name, value in found}
    assert 0 < bounds["low"] <= bounds["point"] <= bounds["high"] < 1
    assert re.search(r'probe_promised_ratio\{check="shop-front".*\} 0.999\n', text)
    assert re.search(r'probe_error_budget_left_seconds\{bound="worst",check="shop-front".*\} -', text)
    assert re.search(r'probe_verdict\{check="shop-front".*verdict="undecided"\} 1.0', text)


def test_the_documents_are_those_of_the_commands(office: Office) -> None:
    """One way to each figure."""
    config = load(office.config)
    with open_reader(office.database) as reader:
        status, report, outages = (json.loads(make(config, reader, NOW)) for make in (_status, _report, _outages))
    assert status["checks"] == office.probe("status", "--json").document["checks"]
    assert outages["outages"] == office.probe("outages", "--json").document["outages"]
    assert report["assessments"][0]["service"] == "shop"
    assert report.keys() == office.probe("report", "--json").document.keys()
