"""Every number becomes text here: instants, spans, ratios, latencies, and the words for causes and verdicts.

Absence is "—". Figures are rounded down, never to nearest: 99.9999 % is not shown as 100 %.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from fractions import Fraction
from functools import lru_cache
from typing import Final

from probe.model import Cause, Role, State
from probe.sla.assessment import Measured, Ms, Promise, Verdict, Why
from probe.view.page import Piece, Tone, Words, words
from probe.view.snapshot import CheckStatus, Line, Standing

NOTHING: Final = "—"
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
SECOND: Final = 1000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
UNITS: Final[tuple[tuple[int, str], ...]] = ((DAY, "d"), (HOUR, "h"), (MINUTE, "m"))

CAUSES: Final[Mapping[Cause, str]] = {
    Cause.PROVIDER_OR_PATH: "the provider or the path to it",
    Cause.ISP: "our own line: the ISP",
    Cause.OWN_NETWORK: "our own line",
    Cause.OWN_NETWORK_OR_ISP: "our own line",
    Cause.AGENT_GAP: "nothing was measured",
    Cause.UNKNOWN_REFERENCE: "nobody charged: no reference was certainly up",
    Cause.UNKNOWN_TARGET: "the attempts could not be judged",
}

WHYS: Final[Mapping[Why, str]] = {
    Why.COVERAGE: "too much of the time is unknown",
    Why.RESOLUTION: "the samples are too far apart to tell",
    Why.BOTH: "the samples are too far apart, and too much of the time is unknown",
    Why.TERMS: "the terms leave open what decides it",
    Why.RUNNING: "the period is still running",
    Why.NO_TIME: "no time is left to judge",
    Why.REFERENCES: "too few references watch our own line",
}

LINES: Final[Mapping[Line, Words]] = {
    Line.UP: (Piece("our own line up", Tone.GOOD),),
    Line.DOWN: (Piece("OUR OWN LINE DOWN", Tone.BAD),),
    Line.UNKNOWN: (Piece("our own line unknown", Tone.WARN),),
    Line.UNWATCHED: (Piece("our own line unwatched: no references", Tone.WARN),),
}

STANDINGS: Final[Mapping[Standing, Piece]] = {
    Standing.UP: Piece("up", Tone.GOOD),
    Standing.DOWN: Piece("down", Tone.BAD),
    Standing.UNKNOWN: Piece("unknown", Tone.WARN),
    Standing.PAUSED: Piece("paused", Tone.FAINT),
    Standing.PENDING: Piece("pending", Tone.FAINT),
}

STATES: Final[Mapping[State, Piece]] = {
    State.UP: Piece("up", Tone.GOOD),
    State.DOWN: Piece("down", Tone.BAD),
    State.UNKNOWN: Piece("unknown", Tone.WARN),
}

VERDICTS: Final[Mapping[Verdict, Piece]] = {
    Verdict.MET: Piece("met", Tone.GOOD),
    Verdict.MISSED: Piece("missed", Tone.BAD),
    Verdict.UNDECIDED: Piece("undecided", Tone.WARN),
}


def instant(at_ms: Ms | None, zone: tzinfo = UTC) -> str:
    """An instant to the second in a zone, with its offset: `2026-10-03 04:10:00Z`."""
    if at_ms is None:
        return NOTHING
    at = moment(at_ms, zone)
    return at.strftime("%Y-%m-%d %H:%M:%S") + offset(at)


def moment(at_ms: Ms, zone: tzinfo = UTC) -> datetime:
    """The instant as an aware datetime, rounded down to the millisecond; what no calendar holds becomes its end."""
    try:
        return (EPOCH + timedelta(milliseconds=at_ms.__floor__())).astimezone(zone)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC) if at_ms > 0 else datetime.min.replace(tzinfo=UTC)


def offset(at: datetime) -> str:
    """The offset of an aware datetime from UTC: `Z` or `+02:00`."""
    text = at.strftime("%z")
    return "Z" if not text or text == "+0000" else f"{text[:3]}:{text[3:5]}"


def between(earliest_ms: int | None, latest_ms: int | None, zone: tzinfo = UTC) -> str:
    """An instant known only as a range: `2026-10-03 04:10:00–04:11:00Z`."""
    if earliest_ms is None or latest_ms is None:
        return NOTHING
    first, last = moment(earliest_ms, zone), moment(latest_ms, zone)
    if earliest_ms == latest_ms:
        return instant(earliest_ms, zone)
    if first.date() == last.date() and first.utcoffset() == last.utcoffset():
        return first.strftime("%Y-%m-%d %H:%M:%S") + "–" + last.strftime("%H:%M:%S") + offset(last)
    return f"{instant(earliest_ms, zone)} – {instant(latest_ms, zone)}"


def span(length_ms: Ms | None) -> str:
    """A span in full, to the millisecond: `11 m 32.5 s`, `2 d 3 h 4 m 12 s`."""
    if length_ms is None:
        return NOTHING
    if length_ms < 0:
        return "−" + span(-length_ms)
    whole = int(length_ms)
    parts = []
    for size, unit in UNITS:
        count, whole = divmod(whole, size)
        if count:
            parts.append(f"{count} {unit}")
    if whole or not parts:
        parts.append(f"{seconds(whole)} s")
    return " ".join(parts)


def seconds(length_ms: int) -> str:
    """Milliseconds as seconds without trailing zeros: 32500 → `32.5`."""
    whole, part = divmod(length_ms, SECOND)
    return f"{whole}.{part:03d}".rstrip("0").rstrip(".")


def brief(length_ms: Ms | None) -> str:
    """A span in its two largest units, rounded down: `45 s`, `11 m 32 s`, `2 d 03 h`."""
    if length_ms is None:
        return NOTHING
    if length_ms < 0:
        return "−" + brief(-length_ms)
    whole = int(length_ms)
    if whole < SECOND:
        return "0 s" if not whole else f"{whole} ms"
    for size, unit, smaller, small_unit in (
        (DAY, "d", HOUR, "h"),
        (HOUR, "h", MINUTE, "m"),
        (MINUTE, "m", SECOND, "s"),
    ):
        if whole >= size:
            return f"{whole // size} {unit} {whole % size // smaller:02d} {small_unit}"
    return f"{whole // SECOND} s"


def scale(length_ms: int) -> str:
    """The length of a scale for a heading: `24 H`, `90 M`, `7 D`."""
    if length_ms > DAY and length_ms % DAY == 0:
        return f"{length_ms // DAY} D"
    return f"{length_ms // HOUR} H" if length_ms % HOUR == 0 else f"{length_ms // MINUTE} M"


def rough(length_ms: Ms | None) -> str:
    """A span in one unit with one decimal, rounded down (a negative one towards more overspent): `43.2 m`."""
    if length_ms is None:
        return NOTHING
    top, bottom = length_ms.numerator, length_ms.denominator
    size, unit = next((one for one in UNITS if abs(top) >= one[0] * bottom), (SECOND, "s"))
    tenths = top * 10 // (size * bottom)
    return f"{'−' if tenths < 0 else ''}{abs(tenths) // 10}.{abs(tenths) % 10} {unit}"


def rough_range(low: Ms, high: Ms) -> str:
    """Two spans as a range, one figure where they read the same."""
    first, last = rough(low), rough(high)
    return first if first == last else f"{first} – {last}"


def percent(ratio: Fraction | None, digits: int = 3) -> str:
    """A ratio as a percentage rounded down to so many decimals: 0.999959 → `99.995`."""
    if ratio is None:
        return NOTHING
    scaled = ratio.numerator * 10 ** (digits + 2) // ratio.denominator
    sign, scaled = ("−", -scaled) if scaled < 0 else ("", scaled)
    whole, part = divmod(scaled, 10**digits)
    return f"{sign}{whole}.{part:0{digits}d}"


def percent_range(low: Fraction | None, high: Fraction | None) -> str:
    """An availability as a range: `99.912–99.987 %`; one figure where both are the same."""
    if low is None or high is None:
        return NOTHING
    return f"{percent(low)} %" if low == high else f"{percent(low)}–{percent(high)} %"


@lru_cache(maxsize=256)
def exact_percent(ratio: Fraction | None) -> str:
    """A promised ratio exactly: `99.95 %`, or as a fraction where no finite decimal exists."""
    if ratio is None:
        return NOTHING
    hundred = ratio * 100
    for digits in range(13):
        if (hundred * 10**digits).denominator == 1:
            return f"{percent(ratio, digits)} %" if digits else f"{int(hundred)} %"
    return f"{ratio.numerator}/{ratio.denominator}"


def measured(found: Measured) -> str:
    """A figure that is not availability, with its bounds: `12.4–13.1 ms, best estimate 12.7 ms, of 1,440 samples`."""
    low, point, high = (NOTHING if one is None else _in_unit(one, found.unit) for one in found[1:4])
    most = f"{low} to {high}" if found.high is not None else f"at least {low}, not bounded by the log"
    return f"{most}, best estimate {point}, of {count(found.samples, 'sample')}"


def speeds(found: Measured) -> str:
    """The measurements of a line: `49 Mbit/s to 92 Mbit/s, 82.7 Mbit/s in the mean, of 28 measurements`."""
    least, mean, most = (NOTHING if one is None else bits(one) for one in found[1:4])
    return f"{least} to {most}, {mean} in the mean, of {count(found.samples, 'valid measurement')}"


def _in_unit(value: Fraction, unit: str) -> str:
    return f"{percent(value)} %" if unit == "%" else f"{percent(value / 100)} {unit}"


def promise(promised: Promise | None, unit: str = "%") -> str:
    """A promise in one phrase: `availability ≥ 99.99 %`, `round_trip ≤ 45 ms`."""
    if promised is None:
        return "nothing: no SLA terms and no objective"
    sign = {">=": "≥", ">": ">", "<=": "≤", "<": "<"}.get(promised.op, promised.op)
    target = exact_percent(promised.target) if unit == "%" else f"{exact_percent(promised.target / 100)[:-2]} {unit}"
    return f"{promised.metric} {sign} {target}"


def latency(taken_us: int | None) -> str:
    """A latency rounded down, three digits or so: `0.05 ms`, `12.3 ms`, `1.23 s`."""
    if taken_us is None:
        return NOTHING
    if taken_us >= 1_000_000:
        return f"{taken_us // 1_000_000}.{taken_us % 1_000_000 // 10_000:02d} s"
    if taken_us < 1000:
        return f"0.{taken_us // 10:02d} ms"
    return f"{taken_us // 1000}.{taken_us % 1000 // 100} ms"


def exact(taken_us: int | None) -> str:
    """The same to the microsecond where it is less than a millisecond: `7 µs`, `12.3 ms`."""
    return f"{taken_us} µs" if taken_us is not None and taken_us < 1000 else latency(taken_us)


def cause(why: Cause | None) -> str:
    """Whose fault, in words; empty when nobody's."""
    return "" if why is None else CAUSES[why]


def standing(check: CheckStatus) -> Words:
    """The condition of a check: `up`, `down`, and `down (1 of 3)` until it is confirmed."""
    base = STANDINGS[check.standing]
    if check.standing is Standing.DOWN and check.failures < check.confirm:
        base = Piece(f"down ({check.failures} of {check.confirm})", Tone.WARN)
    if check.in_maintenance:
        return words(base, Piece(" maint", Tone.FAINT))
    return (base,)


def verdict(found: Verdict, why: Why | None) -> Words:
    """A verdict with its reason: `undecided: the samples are too far apart to tell`."""
    return words(VERDICTS[found], f": {WHYS[why]}" if why else "")


def strong_verdict(found: Verdict) -> Piece:
    """The verdict's word, in capitals because it is what people look for."""
    return Piece(str(found).upper(), VERDICTS[found].tone)


def bits(rate: Ms) -> str:
    """A speed in Mbit/s, rounded down to a tenth: `92.4 Mbit/s`, `80 Mbit/s`."""
    tenths = int(rate * 10 // 1_000_000)
    return f"{tenths // 10:,}" + (f".{tenths % 10}" if tenths % 10 else "") + " Mbit/s"


def count(number: int, one: str, many: str | None = None) -> str:
    """A number and its noun: `1 outage`, `3 outages`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def counted(roles: Iterable[Role]) -> str:
    """What a configuration tests: `3 checks, 2 references`; the gateway is a reference."""
    checks = [role is Role.CHECK for role in roles]
    return f"{count(sum(checks), 'check')}, {count(len(checks) - sum(checks), 'reference')}"
