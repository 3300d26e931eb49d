"""Whether an HTTP answer is the expected one: every expectation is tried, the first broken one is the reason."""

from __future__ import annotations

from codecs import getincrementaldecoder
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from probe.model import Assertion, Finding, Reason
from probe.probers.attempting import Judged, conclude, speed
from probe.probers.net.breath import STRETCH, Breath
from probe.probers.net.clean import clean
from probe.probers.net.expression import search
from probe.probers.net.handshake import judge_days, judge_version
from probe.probers.net.json_path import judge_json
from probe.trail import Trail

if TYPE_CHECKING:
    from probe.probers.http import HttpSettings

PIECE: Final = 1 << 20
"""Bytes of a body that are looked at in one stretch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back at the end of the redirects. body is inflated, and cut at the limit if is_cut."""

    status: int
    headers: Mapping[str, str]
    url: str
    body: bytes
    is_cut: bool
    is_readable: bool


async def judge(settings: HttpSettings, answer: Answer, trail: Trail) -> Finding:
    """The finding for a complete answer. Raises Fault when our own expression is too slow on it."""
    body = await _body(settings, answer, trail) if looks_at_body(settings) else []
    return _concluded(settings, answer, trail, body)


def judge_at_once(settings: HttpSettings, answer: Answer, trail: Trail) -> Finding:
    """The same, where nothing is expected of the body that could take long."""
    return _concluded(settings, answer, trail, [])


def looks_at_body(settings: HttpSettings) -> bool:
    """Whether something is expected of the body but its size."""
    return settings.expect_body is not None or settings.expect_body_regex is not None or bool(settings.expect_json)


def _concluded(settings: HttpSettings, answer: Answer, trail: Trail, body: list[Judged]) -> Finding:
    latency_us = sum(trail.phases_us.values()) - trail.phases_us.get("dns", 0)
    judged = [_judge_status(answer.status, settings.expect_status)]
    if settings.expect_final_url is not None:
        held = answer.url == settings.expect_final_url
        judged.append((Reason.FINAL_URL, Assertion(f"final URL {settings.expect_final_url}", clean(answer.url), held)))
    judged += [*_headers(settings, answer), *body] if settings.expect_header else body
    judged += _size(settings, answer)
    judged += judge_version(settings.min_tls, trail)
    judged += judge_days(settings.min_days_left, trail)
    judged += speed(settings.max_time_ms, latency_us)
    return conclude(judged, latency_us, trail)


def is_expected(status: int, expected: tuple[int | str, ...]) -> bool:
    """Whether a status is one of these codes or classes ("2xx")."""
    return any(status == one or f"{status // 100}xx" == one for one in expected)


@lru_cache(maxsize=1024)
def _judge_status(status: int, expected: tuple[int | str, ...]) -> Judged:
    wanted = ", ".join(str(one) for one in expected)
    return Reason.STATUS, Assertion(f"status {wanted}", str(status), is_expected(status, expected))


def _headers(settings: HttpSettings, answer: Answer) -> Iterator[Judged]:
    for name, wanted in settings.expect_header.items():
        value = answer.headers.get(name.lower())
        seen = "not there" if value is None else clean(value)
        yield Reason.HEADER, Assertion(f"header {name} {wanted}".rstrip(), seen, value is not None and wanted in value)


async def _body(settings: HttpSettings, answer: Answer, trail: Trail) -> list[Judged]:
    text, pattern = settings.expect_body, settings.expect_body_regex
    judged: list[Judged] = []
    if text is not None:
        held = answer.is_readable and await _contains(answer.body, text.encode())
        judged.append(_found(f"body contains {clean(text)}", answer, held=held))
    if pattern is not None:
        held = answer.is_readable and await search(pattern, await _text(answer.body), trail)
        judged.append(_found(f"body matches {clean(pattern)}", answer, held=held))
    for path, wanted in settings.expect_json.items():
        judged.append(await judge_json(path, wanted, answer))
    return judged


def _found(expectation: str, answer: Answer, *, held: bool) -> Judged:
    if not answer.is_readable:
        return Reason.ENCODING, Assertion(expectation, "a content encoding that was not asked for", held=False)
    where = f"the first {len(answer.body)} bytes" if answer.is_cut else f"{len(answer.body)} bytes"
    return Reason.BODY, Assertion(expectation, "found" if held else f"not in {where}", held)


async def _contains(body: bytes, text: bytes) -> bool:
    breath = Breath()
    for start in range(0, len(body) or 1, PIECE):
        if body.find(text, start, start + PIECE + len(text)) >= 0:
            return True
        await breath.take(STRETCH)
    return False


async def _text(body: bytes) -> str:
    breath = Breath()
    decoder = getincrementaldecoder("utf-8")("replace")
    pieces = []
    for start in range(0, len(body), PIECE):
        pieces.append(decoder.decode(body[start : start + PIECE]))
        await breath.take(STRETCH)
    return "".join([*pieces, decoder.decode(b"", final=True)])


def _size(settings: HttpSettings, answer: Answer) -> Iterator[Judged]:
    size = len(answer.body)
    seen = f"{size} bytes" + (" or more" if answer.is_cut else "")
    if settings.min_bytes is not None:
        yield Reason.TOO_SMALL, Assertion(f"at least {settings.min_bytes} bytes", seen, size >= settings.min_bytes)
    if settings.max_bytes is not None:
        held = size <= settings.max_bytes
        yield Reason.TOO_LARGE, Assertion(f"at most {settings.max_bytes} bytes", seen, held)
