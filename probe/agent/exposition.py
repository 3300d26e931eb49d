"""The agent's figures in the Prometheus text format. The home of prometheus_client.

Names are those of the blackbox exporter where it has one. What is not known is left out: a check that could
not be judged has no `probe_success`, which is neither 0 nor 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from typing import Any, Final, NamedTuple

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from probe.model import Outcome, State
from probe.store.outbox import Queue
from probe.view.snapshot import CheckStatus, Line, ServiceStatus, Snapshot

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
CHECK: Final = ("check", "kind", "service", "role")
SERVICE: Final = ("service", "check", "period")

BLACKBOX: Final[Mapping[str, str]] = {"ttfb": "processing", "body": "transfer"}
"""Phases of HTTP that have another name there."""

GAUGES: Final[Mapping[str, tuple[str, str]]] = {
    "probe_agent_checks": ("checks", "Checks that are configured, references included."),
    "probe_agent_paused_checks": ("paused", "Checks that are paused."),
    "probe_agent_in_flight_attempts": ("in_flight", "Attempts under way."),
    "probe_agent_waiting_attempts": ("waiting", "Attempts that wait for a place."),
    "probe_agent_failing_checks": ("failing", "Checks that are being rechecked."),
    "probe_agent_tasks": ("tasks", "Tasks of the event loop."),
    "probe_agent_open_descriptors": ("descriptors", "Open file descriptors."),
    "probe_storage_wal_bytes": ("wal_bytes", "Bytes of the record's write-ahead log."),
}
"""Gauges of the agent that are one figure of its health."""


class Seen(NamedTuple):
    """What the figures are made of: a look at the record, the last outcome of each check, health, channels."""

    snapshot: Snapshot
    last: Mapping[str, Outcome]
    health: Mapping[str, Any]
    queues: Mapping[str, Queue]


def exposition(seen: Seen) -> bytes:
    """Every figure as text."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Figures(seen))
    return generate_latest(registry)


class _Figures(Collector):
    def __init__(self, seen: Seen) -> None:
        self._seen = seen

    def collect(self) -> Iterator[Metric]:
        """Family by family."""
        seen = self._seen
        yield from _of_checks(seen.snapshot.checks, seen.last)
        yield from _of_services(seen.snapshot.services)
        yield from _of_agent(seen)
        yield from _of_channels(seen.queues)


def _of_checks(checks: Iterable[CheckStatus], last: Mapping[str, Outcome]) -> Iterator[Metric]:
    success = GaugeMetricFamily("probe_success", "Whether the last attempt succeeded (blackbox).", labels=CHECK)
    took = GaugeMetricFamily("probe_duration_seconds", "How long the last answer took (blackbox).", labels=CHECK)
    phases = GaugeMetricFamily(
        "probe_phase_duration_seconds", "How long each phase of the last attempt took.", labels=(*CHECK, "phase")
    )
    http = GaugeMetricFamily(
        "probe_http_duration_seconds", "The phases of an HTTP attempt (blackbox).", labels=(*CHECK, "phase")
    )
    status = GaugeMetricFamily("probe_http_status_code", "The status of the last HTTP answer (blackbox).", labels=CHECK)
    expiry = GaugeMetricFamily(
        "probe_ssl_earliest_cert_expiry", "When the certificate ends, Unix time (blackbox).", labels=CHECK
    )
    state = GaugeMetricFamily(
        "probe_check_state", "1 for the attributed state that the check is in.", labels=(*CHECK, "state")
    )
    failures = GaugeMetricFamily("probe_check_failures", "Failures in a row.", labels=CHECK)
    for check in checks:
        labels = [check.key, check.kind, check.service or "", str(check.role)]
        state.add_metric([*labels, str(check.standing)], 1)
        failures.add_metric(labels, check.failures)
        outcome = last.get(check.key)
        if outcome is None:
            continue
        finding = outcome.finding
        if finding.state is not State.UNKNOWN:
            success.add_metric(labels, int(finding.state is State.UP))
        if finding.latency_us is not None:
            took.add_metric(labels, finding.latency_us / 1e6)
        for phase, micros in finding.phases_us.items():
            phases.add_metric([*labels, phase], micros / 1e6)
            if check.kind == "http":
                http.add_metric([*labels, BLACKBOX.get(phase, phase)], micros / 1e6)
        _add_facts(finding.facts, labels, status, expiry)
    yield from (success, took, phases, http, status, expiry, state, failures)


def _add_facts(
    facts: Mapping[str, Any], labels: list[str], status: GaugeMetricFamily, expiry: GaugeMetricFamily
) -> None:
    if isinstance(code := facts.get("status"), int):
        status.add_metric(labels, code)
    certificate = facts.get("certificate")
    if isinstance(certificate, Mapping) and isinstance(ends := certificate.get("not_after_ms"), int):
        expiry.add_metric(labels, ends / 1000)


def _of_services(services: Iterable[ServiceStatus]) -> Iterator[Metric]:
    ratio = GaugeMetricFamily(
        "probe_availability_ratio", "Availability of the running period, with its bounds.", labels=(*SERVICE, "bound")
    )
    target = GaugeMetricFamily("probe_promised_ratio", "The availability that was promised.", labels=SERVICE)
    budget = GaugeMetricFamily("probe_error_budget_seconds", "Downtime that the promise allows.", labels=SERVICE)
    left = GaugeMetricFamily(
        "probe_error_budget_left_seconds", "Downtime still allowed, at worst and at best.", labels=(*SERVICE, "bound")
    )
    verdict = GaugeMetricFamily("probe_verdict", "1 for the verdict so far.", labels=(*SERVICE, "verdict"))
    for one in services:
        labels = [one.service, one.check or "", one.period]
        for bound, value in (("low", one.low), ("point", one.point), ("high", one.high)):
            _add(ratio, [*labels, bound], value)
        _add(target, labels, one.target)
        _add(budget, labels, None if one.budget_ms is None else one.budget_ms / 1000)
        for bound, span in zip(("worst", "best"), one.budget_left_ms or (), strict=False):
            _add(left, [*labels, bound], span / 1000)
        verdict.add_metric([*labels, str(one.verdict)], 1)
    yield from (ratio, target, budget, left, verdict)


def _add(family: GaugeMetricFamily, labels: list[str], value: Fraction | None) -> None:
    if value is not None:
        family.add_metric(labels, float(value))


def _of_agent(seen: Seen) -> Iterator[Metric]:
    health, line = seen.health, seen.snapshot.line
    info = GaugeMetricFamily("probe_agent_info", "1; what runs and from where.", labels=("version", "vantage"))
    info.add_metric([health["version"], health["vantage"]], 1)
    yield info
    if line in {Line.UP, Line.DOWN}:
        yield GaugeMetricFamily("probe_own_line_up", "Whether a reference answers.", value=int(line is Line.UP))
    for name, (key, text) in GAUGES.items():
        yield GaugeMetricFamily(name, text, value=health[key])
    yield GaugeMetricFamily("probe_agent_lag_seconds", "Lateness of the schedule.", value=health["lag_ms"] / 1000)
    yield GaugeMetricFamily("probe_agent_memory_bytes", "Resident memory.", value=health["memory_kib"] * 1024)
    yield GaugeMetricFamily(
        "probe_agent_start_time_seconds", "When the agent began, Unix time.", value=health["started_ms"] / 1000
    )
    storage = health["storage"]
    yield GaugeMetricFamily(
        "probe_storage_degraded", "Whether outcomes wait in the spool.", value=int(storage["is_degraded"])
    )
    yield GaugeMetricFamily("probe_storage_spooled_records", "Records in the spool.", value=storage["spooled"])
    yield CounterMetricFamily("probe_outcomes_recorded", "Outcomes that are safe.", value=health["acknowledged"])
    yield CounterMetricFamily("probe_outcomes_refused", "Outcomes that were lost.", value=health["refused"])


def _of_channels(queues: Mapping[str, Queue]) -> Iterator[Metric]:
    waiting = GaugeMetricFamily("probe_notify_waiting_messages", "Messages not yet delivered.", labels=("channel",))
    over = GaugeMetricFamily("probe_notify_given_up_messages", "Messages that were given up.", labels=("channel",))
    for channel, queue in queues.items():
        waiting.add_metric([channel], queue.waiting)
        over.add_metric([channel], queue.given_up)
    yield from (waiting, over)
