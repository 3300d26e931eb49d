"""[[check]] tables, [defaults] and [references] become Check values."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, Final

from probe.config import targets, values
from probe.config.files import printable
from probe.config.settings import plain, read_settings
from probe.config.table import Table
from probe.model import Check
from probe.probers import PROBERS, is_tried
from probe.probers.prober import Prober

SHORTEST_INTERVAL_MS: Final = 2_000
LONGEST_INTERVAL_MS: Final = 7 * values.UNITS_MS["d"]
TIMEOUT_MS: Final = 5_000
SYN_TIMEOUT_MS: Final = 3_500
"""SYN packets are sent again after 1 s and 3 s: a shorter timeout takes a lost packet for an outage."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When a check is tried and how its failures are read; timeout None is min(5 s, 0.8 × interval)."""

    interval_ms: int = 60_000
    timeout_ms: int | None = None
    recheck_ms: int | None = 5_000
    confirm: int = 3
    g_max_ms: int | None = None


def read_schedule(table: Table, defaults: Schedule) -> Schedule:
    """The schedule in a table, with its rules between keys judged; what is not written comes from `defaults`."""
    interval_ms = table.take("interval", _interval, defaults.interval_ms)
    timeout_ms = table.take("timeout", values.span, defaults.timeout_ms)
    if table.is_sound("interval", "timeout") and timeout_ms is not None and timeout_ms * 5 > interval_ms * 4:
        table.complain("timeout" if table.has("timeout") else "interval", _too_long(timeout_ms, interval_ms))
    return Schedule(
        interval_ms=interval_ms,
        timeout_ms=timeout_ms,
        recheck_ms=table.take("recheck", values.span, defaults.recheck_ms),
        confirm=table.take("confirm", values.whole(1, 100), defaults.confirm),
    )


def read_check(table: Table, defaults: Schedule, kinds: Mapping[str, type[Prober]] = PROBERS) -> list[Check]:
    """The checks of one [[check]] table: two for family "both", none when there is no telling what it is."""
    named = table.content.get("name")
    table.label = f'check "{printable(named)}"' if isinstance(named, str) else table.label
    name = table.need("name", values.name, "", '"shop-front"')
    kind = table.need("kind", values.choice(*kinds), "", '"http"')
    target = _target(table, kind, name, kinds)
    settings = _settings(table, kind, kinds)
    schedule = _with_g_max(table, read_schedule(table, fitting(defaults, settings)))
    family = table.take("family", values.choice(*targets.FAMILIES), "any")
    more: dict[str, Any] = {
        "network": table.take("network", values.text, None),
        "service": table.take("service", values.name, None),
        "allow_private": table.take("allow_private", values.flag, False),
        "name_is_service": table.take("name_is_service", values.flag, False),
        "renamed_from": table.take("renamed_from", values.name, None),
        "settings": settings,
    }
    if is_tried(kind):
        targets.judge_address(table, "target", target, family, more["allow_private"])
    table.done()
    if not name or not target or settings is None:
        return []
    return _by_family(make_check(kind, target, schedule, name=name, **more), family)


def _target(table: Table, kind: str, name: str, kinds: Mapping[str, type[Prober]]) -> str:
    """The target as its kind spells it; where nothing is reached out for, words for people, by default the name."""
    if kind and not is_tried(kind):
        return table.take("target", values.text, name)
    return table.need("target", targets.target(kind, kinds), "", '"https://shop.example.net/"')


def fitting(defaults: Schedule, settings: Any | None) -> Schedule:
    """The defaults as a kind wants them: what others report is expected as often as it may come late, and one
    report that is missing is not a lost packet. Nothing derived is confirmed a second time. What loads the line is
    repeated early only where the check itself says so.
    """
    if settings is not None and hasattr(settings, "usual_recheck_ms"):
        defaults = replace(defaults, recheck_ms=settings.usual_recheck_ms)
    if settings is None or not hasattr(settings, "usual_interval_ms"):
        return defaults
    return replace(defaults, interval_ms=settings.usual_interval_ms or defaults.interval_ms, confirm=1)


def _with_g_max(table: Table, schedule: Schedule) -> Schedule:
    g_max_ms = table.take("g_max", values.span, None)
    if g_max_ms is not None and table.is_sound("interval") and g_max_ms * 10 < schedule.interval_ms * 11:
        least = values.span_text(-(-schedule.interval_ms * 11 // 10))
        table.complain(
            "g_max",
            f"{values.span_text(g_max_ms)} would make a gap of every pause between two attempts; "
            f"use at least 1.1 × interval = {least}",
        )
    return replace(schedule, g_max_ms=g_max_ms)


def make_check(kind: str, target: str, schedule: Schedule, **more: Any) -> Check:
    """A check whose derived parts (timeout, recheck, g_max, meaning, revision) follow from the rest."""
    interval_ms = schedule.interval_ms
    recheck_ms = schedule.recheck_ms
    settings = more.get("settings")
    check = Check(
        key=more.pop("key", more["name"]),
        kind=kind,
        target=target,
        interval_ms=interval_ms,
        timeout_ms=schedule.timeout_ms or min(getattr(settings, "usual_timeout_ms", TIMEOUT_MS), interval_ms * 4 // 5),
        recheck_ms=recheck_ms if recheck_ms and recheck_ms < interval_ms else None,
        confirm=schedule.confirm,
        g_max_ms=schedule.g_max_ms or max(interval_ms * 3 // 2, getattr(settings, "linked_ms", 0)),
        revision="",
        meaning="",
        **more,
    )
    return with_meaning(check)


def with_meaning(check: Check) -> Check:
    """The check with `meaning`, all that decides what its samples mean, and `revision`, the digest of that."""
    meaning = json.dumps(
        {
            "kind": check.kind,
            "target": check.target,
            "settings": plain(check.settings),
            "family": check.family,
            "timeout_ms": check.timeout_ms,
            "name_is_service": check.name_is_service,
        },
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
    )
    return replace(check, meaning=meaning, revision=sha256(meaning.encode()).hexdigest()[:16])


def short_timeouts(checks: Iterable[Check]) -> list[str]:
    """A remark for each check whose timeout would take what is merely slow for an outage."""
    remarks = []
    for check in checks:
        takes_handshake = check.kind in {"http", "tcp", "tls"}
        least_ms = SYN_TIMEOUT_MS if takes_handshake else getattr(check.settings, "least_timeout_ms", 0)
        if check.timeout_ms < least_ms:
            why = "one lost packet reads as a failure" if takes_handshake else "the whole attempt does not fit"
            remarks.append(
                f'check "{check.key}": timeout {values.span_text(check.timeout_ms)}: {why}; '
                f"use {values.span_text(least_ms)} or more"
            )
    return remarks


def _by_family(check: Check, family: str) -> list[Check]:
    if family != "both":
        return [with_meaning(replace(check, family=family))]
    return [
        with_meaning(
            replace(
                check,
                key=f"{check.name}/{version}",
                family=version,
                renamed_from=check.renamed_from and f"{check.renamed_from}/{version}",
            )
        )
        for version in ("4", "6")
    ]


def _settings(table: Table, kind: str, kinds: Mapping[str, type[Prober]]) -> Any | None:
    """The settings of the check's kind; a table for another kind is a problem."""
    for other in kinds:
        if other != kind and table.has(other):
            table.take(other, lambda value: value, None)
            if kind:
                table.complain(other, f"settings of another kind; this check is of kind {kind}")
    if not kind:
        return None
    section = table.table(kind)
    settings = read_settings(kinds[kind].Settings, section)
    targets.judge_secrets(section, settings)
    return settings


def _interval(value: object) -> int:
    interval_ms = values.span(value)
    if not SHORTEST_INTERVAL_MS <= interval_ms <= LONGEST_INTERVAL_MS:
        raise ValueError(f"{values.span_text(interval_ms)} is out of range; 2s to 7d is possible")
    return interval_ms


def _too_long(timeout_ms: int, interval_ms: int) -> str:
    return (
        f"timeout {values.span_text(timeout_ms)} is over 0.8 × interval {values.span_text(interval_ms)}; "
        f"at most {values.span_text(interval_ms * 4 // 5)} fits"
    )
