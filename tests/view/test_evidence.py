"""Routes and certificates in words, beside the outage they were seen in."""

from __future__ import annotations

import pytest

from probe.model import Evidence, EvidenceKind
from probe.sla.beside import Mark
from probe.view import evidence, plain
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
