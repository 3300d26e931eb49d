"""Routes and certificates in words, beside the outage they were seen in."""

from __future__ import annotations

import pytest

from probe.model import Assertion, Check, Evidence, EvidenceKind, Finding, Reason, State
from probe.sla.beside import Mark
from probe.view import evidence, plain
from probe.view.check import Shown, check
from probe.view.outages import outages
from probe.view.page import Table, Tone
from tests.view.builders import NOW, outage

LAST = {"hop": 4, "address": "198.51.100.7", "network": "198.51.0.0/16"}


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"reached": True, "address": "192.0.2.9", "hops": [1, 2]}, "reaches 192.0.2.9 in 2 hops"),
        ({"reached": False, "last_hop": LAST}, "ends at hop 4, 198.51.100.7 (198.51.0.0/16)"),
        ({"state": "unknown", "detail": "not allowed"}, "not taken: not allowed"),
        ({"state": "down", "last_hop": None}, "nobody answered"),
    ],
)
def test_a_route_is_told_in_one_phrase(document: dict[str, object], words: str) -> None:
    """Where the way ends is what a reader looks for."""
    assert evidence.route(document) == words


def test_a_certificate_is_told_in_one_phrase() -> None:
    """Whose it is and until when; what is not known is not made up."""
    shown = {"certificate": {"subject": "shop.example", "not_after_ms": NOW}}
    assert evidence.certificate(shown) == "of shop.example, valid until 2026-10-03 04:00:00Z"
    assert evidence.certificate({"names": ["a", "b"]}) == "of a, b, valid until —"
    assert evidence.certificate({}) == "of nobody named, valid until —"


def test_an_outage_shows_what_was_seen_meanwhile() -> None:
    """The latest of each kind, and how many there were before it."""
    one = outage()
    routes = [
        Evidence(one.key, NOW, 0, EvidenceKind.ROUTE, {"reached": False, "last_hop": LAST | {"hop": hop}})
        for hop in (3, 4)
    ]
    certificate = Evidence(one.key, NOW, 0, EvidenceKind.CERTIFICATE, {"certificate": {"subject": "shop.example"}})
    shown = plain.text(outages([one], marks={one: Mark(None, (), (*routes, certificate))}), None)
    assert "route ends at hop 4, 198.51.100.7 (198.51.0.0/16) (1 before)" in shown
    assert "certificate of shop.example, valid until —" in shown


def a_tcp_check() -> Check:
    name = {"name": "db", "key": "db", "kind": "tcp", "target": "db:3306", "revision": "r", "meaning": "{}"}
    times = {"interval_ms": 60_000, "timeout_ms": 5000, "recheck_ms": 5000, "g_max_ms": 90_000}
    return Check(**name, **times, settings=None)  # type: ignore[arg-type]


def test_what_a_server_said_is_cut_to_a_line() -> None:
    """A greeting of binary noise fills no screen; the documents keep all of it."""
    talk = [{"heard": "x" * 4000}]
    found = Finding(
        state=State.DOWN,
        reason=Reason.BANNER,
        detail="y" * 4000,
        facts={"banner": "z" * 4000, "dialogue": talk},
        assertions=(Assertion("greeting", "x" * 4000, held=False),),
    )
    shown = plain.text(check(a_tcp_check(), found, NOW), None)
    assert shown.count("all of it in --json") == 4
    assert max(map(len, shown.splitlines())) < 220


def test_a_dialogue_is_shown_line_by_line_and_not_without_end() -> None:
    """Who says it stands at the first line of each; a peer that talks for ever fills no screen."""
    talk = [{"heard": r"250-a\x0d\x0a250 b\x0d\x0a"}, {"sent": r"QUIT\x0d\x0a"}, {"heard": r"x\x0a" * 50}]
    found = Finding(state=State.UP, facts={"dialogue": talk})
    lines = plain.text(check(a_tcp_check(), found, NOW), None).splitlines()
    begin = lines.index("  heard  250-a")
    assert lines[begin + 1 : begin + 4] == ["         250 b", "  sent   QUIT", "  heard  x"]
    assert lines[-1].strip() == "… 13 more lines (all of it in --json)"


def test_the_phase_that_broke_has_its_bar() -> None:
    """On the same scale as those that ended; alone, where none did."""
    found = Finding(state=State.DOWN, reason=Reason.TIMEOUT, phases_us={"connect": 1000})
    shown = plain.text(check(a_tcp_check(), found, NOW, Shown(broken=("banner", 3000))), None)
    assert f"connect             1.0 ms  {'█' * 7}\n" in shown
    assert f"banner, ended here  3.0 ms  {' ' * 7}{'█' * 22}\n" in shown
    bare = Finding(state=State.DOWN, reason=Reason.REFUSED)
    assert f"connect, ended here  9 µs  {'█' * 30}\n" in plain.text(
        check(a_tcp_check(), bare, NOW, Shown(broken=("connect", 9))), None
    )


def test_a_certificate_shows_its_names_and_its_last_days() -> None:
    """What it is for is what a wrong name is about; a few days left are a warning, none are bad."""
    names = [f"{number}.example" for number in range(12)]
    link = {"subject": "x", "issuer": "y", "fingerprint": "0", "names": names}
    chain = [link | {"not_after_ms": NOW + days * 86_400_000} for days in (-1, 3, 90)]
    page = check(a_tcp_check(), Finding(state=State.UP, facts={"certificate": chain[0], "chain": chain}), NOW)
    assert "names     0.example, 1.example" in plain.text(page, None)
    assert "9.example and 2 more (in --json)" in plain.text(page, None)
    (table,) = (block for block in page if isinstance(block, Table) and block.columns[0].title == "CERTIFICATE")
    assert [one[1][0].tone for one in table.rows] == [Tone.BAD, Tone.WARN, Tone.PLAIN]


def test_numbers_are_shown_in_their_units() -> None:
    """The name of a fact says which; what is no number is shown as it is."""
    facts = {
        "rtt_us": 7,
        "rtts_us": [],
        "ramp_ms": 2000,
        "down_bps": 40_354_780,
        "link_mbits": None,
        "cpu_percent": 2,
        "bytes": 5053334,
    }
    lines = plain.text(check(a_tcp_check(), Finding(state=State.UP, facts=facts), NOW), None).splitlines()
    shown = [" ".join(line.split()) for line in lines]
    for line in (
        "rtt 7 µs",
        "rtts none",
        "ramp 2,000 ms",
        "down 40.3 Mbit/s",
        "link speed —",
        "cpu 2 %",
        "bytes 5,053,334",
    ):
        assert line in shown
