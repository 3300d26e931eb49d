"""Routes and certificates in words, beside the outage they were seen in."""

from __future__ import annotations

import pytest

from probe.model import Check, Evidence, EvidenceKind, Finding, Reason, State
from probe.sla.beside import Mark
from probe.view import evidence, plain
from probe.view.check import check
from probe.view.outages import outages
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


def test_what_a_server_said_is_cut_to_a_line() -> None:
    """A greeting of binary noise fills no screen; the documents keep all of it."""
    talk = [{"heard": "x" * 4000}]
    found = Finding(
        state=State.DOWN, reason=Reason.BANNER, detail="y" * 4000, facts={"banner": "z" * 4000, "dialogue": talk}
    )
    name = {"name": "db", "key": "db", "kind": "tcp", "target": "db:3306", "revision": "r", "meaning": "{}"}
    times = {"interval_ms": 60_000, "timeout_ms": 5000, "recheck_ms": 5000, "g_max_ms": 90_000}
    tested = Check(**name, **times, settings=None)  # type: ignore[arg-type]
    shown = plain.text(check(tested, found, NOW), None)
    assert shown.count("all of it in --json") == 3
    assert max(map(len, shown.splitlines())) < 200
