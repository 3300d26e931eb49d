"""What a channel gets: words for people, a document for programs, one key for the same things."""

from __future__ import annotations

import json

from probe.notify.parcel import MOST_EVENTS, parcel
from probe.notify.wording import COUNTED, LINES, MOST_LINES
from probe.store.outbox import Kind
from tests.notify.messages import a_message


def test_every_kind_has_words() -> None:
    """A kind without words would stop its channel."""
    assert set(COUNTED) == set(LINES) == set(Kind)
    made = parcel([a_message(kind) for kind in Kind])
    assert len(made.text.splitlines()) == len(Kind)
    assert "None" not in made.text + made.subject


def test_the_subject_names_everything_and_the_worst_first() -> None:
    """What a phone shows of it."""
    assert parcel([a_message()]).subject == "probe: shop0 is down"
    mixed = [a_message(), a_message(number=1), a_message(Kind.LINE_DOWN), a_message(Kind.VERDICT)]
    assert parcel(mixed).subject == "probe: our own line is down; 2 checks are down; store: missed"


def test_an_outage_is_told_with_bounds_and_cause() -> None:
    """Whose fault is said as far as it is known, and no further."""
    began, ended = parcel([a_message()]).text, parcel([a_message(Kind.OUTAGE_ENDED)]).text
    assert began == (
        "store / shop0 (DigitalOcean) is down since not before 2026-10-03T04:10:00.000Z and not after "
        "2026-10-03T04:10:30.000Z: timeout; the provider or the path to it"
    )
    assert ended.startswith("store / shop0 is up again: began not before")
    end = "ended not before 2026-10-03T04:20:00.000Z and not after 2026-10-03T04:20:05.000Z; "
    assert ended.endswith(end + "whose fault is not known: no reference answered")
    lost = {**a_message().document, "start": {"earliest": None, "latest": "2026-10-03T04:10:30.000Z"}, "detail": "gone"}
    assert "since not after 2026-10-03T04:10:30.000Z: timeout (gone);" in parcel([a_message(document=lost)]).text


def test_a_storm_is_one_message_of_bounded_size() -> None:
    """Ten thousand checks: some by name, all by number."""
    made = parcel([a_message(number=number) for number in range(10_000)])
    assert made.subject == "probe: 10000 checks are down"
    assert len(made.text.splitlines()) == MOST_LINES + 1
    assert made.text.endswith("… and 9980 more: 10000 checks are down")
    assert len(made.document["events"]) == MOST_EVENTS
    assert made.document["left_out"] == 10_000 - MOST_EVENTS
    assert made.document["counts"] == {"outage_began": 10_000}
    assert len(json.dumps(made.document)) < 1 << 20


def test_the_same_things_have_the_same_key() -> None:
    """A receiver that saw it before can tell."""
    one, other = [a_message(), a_message(number=1)], [a_message(), a_message(number=2)]
    assert parcel(one).id == parcel(one).id != parcel(other).id
    assert parcel(one).document["id"] == parcel(one).id
    assert [event["id"] for event in parcel(one).document["events"]] == [each.id for each in one]
