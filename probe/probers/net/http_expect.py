"""Whether an HTTP answer is the expected one: every expectation is tried, the first broken one is the reason."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from probe.clock import NS_PER_MS
from probe.model import Assertion, Finding, Reason, State
from probe.probers.net.clean import clean
from probe.trail import Trail

if TYPE_CHECKING:
    from probe.probers.http import HttpSettings

DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back at the end of the redirects. body is inflated, and cut at the limit if is_cut."""

    status: int
    headers: Mapping[str, str]
    url: str
    body: bytes
    is_cut: bool
    is_readable: bool


Judged = tuple[Reason, Assertion]


def judge(settings: HttpSettings, answer: Answer, trail: Trail) -> Finding:
    """The finding for a complete answer."""
    latency_us = sum(trail.phases_us.values()) - trail.phases_us.get("dns", 0)
    judged = [
        *_status(settings, answer),
        *_headers(settings, answer),
        *_body(settings, answer),
        *_size(settings, answer),
        *_certificate(settings, trail),
        *_speed(settings, latency_us),
    ]
    reason, broken = next(((reason, one) for reason, one in judged if not one.held), (None, None))
    return Finding(
        state=State.UP if reason is None else reason.state,
        reason=reason,
        latency_us=latency_us,
        phases_us=dict(trail.phases_us),
        address=trail.address,
        detail="" if broken is None else clean(f"{broken.expectation}: {broken.seen}"),
        facts=dict(trail.facts),
        assertions=tuple(assertion for _, assertion in judged),
    )


def is_expected(status: int, expected: tuple[int | str, ...]) -> bool:
    """Whether a status is one of these codes or classes ("2xx")."""
    return any(status == one or f"{status // 100}xx" == one for one in expected)


def _status(settings: HttpSettings, answer: Answer) -> Iterator[Judged]:
    wanted = ", ".join(str(one) for one in settings.expect_status)
    held = is_expected(answer.status, settings.expect_status)
    yield Reason.STATUS, Assertion(f"status {wanted}", str(answer.status), held)
    if settings.expect_final_url is not None:
        held = answer.url == settings.expect_final_url
        yield Reason.FINAL_URL, Assertion(f"final URL {settings.expect_final_url}", clean(answer.url), held)


def _headers(settings: HttpSettings, answer: Answer) -> Iterator[Judged]:
    for name, wanted in settings.expect_header.items():
        value = answer.headers.get(name.lower())
        seen = "not there" if value is None else clean(value)
        yield Reason.HEADER, Assertion(f"header {name} {wanted}".rstrip(), seen, value is not None and wanted in value)


def _body(settings: HttpSettings, answer: Answer) -> Iterator[Judged]:
    wanted: list[tuple[str, Callable[[], bool]]] = []
    if settings.expect_body is not None:
        text = settings.expect_body
        wanted.append((f"body contains {clean(text)}", lambda: text.encode() in answer.body))
    if settings.expect_body_regex is not None:
        pattern = settings.expect_body_regex
        wanted.append(
            (f"body matches {clean(pattern)}", lambda: bool(re.search(pattern, answer.body.decode("utf-8", "replace"))))
        )
    for expectation, found in wanted:
        if not answer.is_readable:
            yield Reason.ENCODING, Assertion(expectation, "a content encoding that was not asked for", held=False)
        else:
            held = found()
            where = f"the first {len(answer.body)} bytes" if answer.is_cut else f"{len(answer.body)} bytes"
            yield Reason.BODY, Assertion(expectation, "found" if held else f"not in {where}", held)


def _size(settings: HttpSettings, answer: Answer) -> Iterator[Judged]:
    size = len(answer.body)
    seen = f"{size} bytes" + (" or more" if answer.is_cut else "")
    if settings.min_bytes is not None:
        yield Reason.TOO_SMALL, Assertion(f"at least {settings.min_bytes} bytes", seen, size >= settings.min_bytes)
    if settings.max_bytes is not None:
        held = size <= settings.max_bytes
        yield Reason.TOO_LARGE, Assertion(f"at most {settings.max_bytes} bytes", seen, held)


def _certificate(settings: HttpSettings, trail: Trail) -> Iterator[Judged]:
    ends_ms = trail.facts.get("certificate", {}).get("not_after_ms")
    if settings.min_days_left is None or ends_ms is None:
        return
    days = (ends_ms - trail.clock.read().wall_ns // NS_PER_MS) // DAY_MS
    held = days >= settings.min_days_left
    yield Reason.TLS_EXPIRES_SOON, Assertion(f"certificate lasts {settings.min_days_left} days", f"{days} days", held)


def _speed(settings: HttpSettings, latency_us: int) -> Iterator[Judged]:
    if settings.max_time_ms is not None:
        held = latency_us <= settings.max_time_ms * 1000
        yield Reason.TOO_SLOW, Assertion(f"max_time {settings.max_time_ms} ms", f"{latency_us} µs", held)
