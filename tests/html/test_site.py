"""The status page: what nobody measured is never green, and its folder is only ours as far as we wrote it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from probe.errors import UsageError
from probe.html import folder
from probe.html.folder import LIST, publish
from probe.html.site import HEIGHT, site, strip
from probe.report.publishing import page_of

DAY = "86400"


def day(**held: str) -> dict[str, str]:
    """A day that held so many seconds of each sort."""
    sorts = {"down": "0", "maintenance": "0", "uncertain": "0", "unknown": "0"}
    return {"day": "2026-10-03", "judged": DAY, **sorts, **held}


def heights(**held: str) -> dict[str, float]:
    """How high each part of the day's bar is."""
    return {bar.ink: bar.height for bar in strip([day(**held)]).bars}


@pytest.mark.parametrize(
    "held",
    [
        {},
        {"unknown": DAY},
        {"unknown": "0.001"},
        {"down": "60", "unknown": "60", "uncertain": "10", "maintenance": "5"},
        {"down": DAY},
        {"unknown": "86399", "uncertain": "1"},
        {"unknown": "86000", "down": "400"},
        {"down": "80000", "unknown": "6000", "uncertain": "100", "maintenance": "100"},
    ],
)
def test_a_bar_is_full_and_shows_all_that_was(held: dict[str, str]) -> None:
    """The parts add up, none overlap, and each sort that the day held is there."""
    bars = strip([day(**held)]).bars
    assert sum(bar.height for bar in bars) == pytest.approx(HEIGHT, abs=0.05)
    assert all(bar.height >= 3 for bar in bars if bar.ink != "up")
    inks = {"maintenance": "planned", "uncertain": "maybe"}
    shown = {bar.ink for bar in bars}
    for sort in held:
        assert inks.get(sort, sort) in shown


def test_what_nobody_measured_is_never_green() -> None:
    """A day wholly unknown has no green at all, half a day of it at most half."""
    assert heights(unknown=DAY) == {"unknown": HEIGHT}
    assert heights(unknown="86399", uncertain="1").keys() == {"unknown", "maybe"}
    assert heights(unknown="43200")["up"] <= HEIGHT / 2
    assert heights() == {"up": HEIGHT}


def test_a_strip_is_told_in_words() -> None:
    """For those who do not see it."""
    found = strip([day(down="660", unknown="30"), day(unknown=DAY), day(), day(unknown="5")])
    assert found.says == "The last 4 days: 1 with downtime, 1 wholly unknown, 2 more with some unknown time."
    assert found.days[0][1] == "2026-10-03: down 11 m, unknown 30 s"
    assert found.days[2][1] == "2026-10-03: up"


def service(state: str, **more: Any) -> dict[str, Any]:
    """A service of the document."""
    name = more.pop("name", "shop")
    check = {"name": "front", "kind": "http", "state": state, "since": None, "maintenance": False, "cause": None}
    known = {
        "name": name,
        "provider": None,
        "page": page_of(name),
        "state": state,
        "maintenance": False,
        "checks": [{**check, "days": [day()]}],
        "periods": [],
        "outages": [],
        "announced": [],
    }
    return {**known, **more}


def document(*services: dict[str, Any], agent: str = "running", line: str = "up") -> dict[str, Any]:
    """A document of the status page."""
    head = {"schema": 1, "generated_at": "2026-10-03T04:00:00Z", "vantage": "office", "days": 90, "line": line}
    return {**head, "agent": {"state": agent, "since": None}, "services": list(services)}


@pytest.mark.parametrize(
    ("made", "says"),
    [
        (document(service("up")), "All services are up."),
        (document(service("up"), service("down")), "1 service of 2 is down."),
        (document(service("down"), service("down")), "2 services of 2 are down."),
        (document(service("up"), service("unknown")), "No service is known to be down; the state of 1 of 2"),
        (document(service("up"), agent="stopped"), "Nothing is being measured now"),
        (document(), "Nothing is checked."),
        (document(service("up"), line="down"), "Our own line is down: services cannot be judged without it."),
    ],
)
def test_the_first_sentence_is_the_truth(made: dict[str, Any], says: str) -> None:
    """It claims that all is well only when all was seen to be."""
    assert says in site(made)["index.html"].replace("\u00a0", " ")


def test_an_outage_of_our_own_line_is_not_the_services_last() -> None:
    """It is listed on the page of the service, with its cause."""
    edges = {"start": {"earliest": "2026-10-01T00:00:00Z", "latest": "2026-10-01T00:00:00Z"}, "end": None, "gap": "60"}
    ours = {"check": "front", "cause": "own_network", **edges}
    theirs = {**ours, "cause": "provider_or_path"}
    first = site(document(service("up", outages=[ours])))
    assert "Last outage" not in first["index.html"]
    assert "our own line" in first[page_of("shop")]
    assert "goes on; the provider" in site(document(service("up", outages=[ours, theirs])))["index.html"]


def test_names_of_services_make_safe_files_and_no_two_the_same() -> None:
    """Whatever a service is called, its page lies in the folder."""
    names = ["shop", "Shop", "../etc", "..", "", "a/b", "a b", "<b>", "ä" * 300, "shop-"]
    pages = [page_of(name) for name in names]
    assert len(set(pages)) == len(names)
    assert all(folder.OURS.fullmatch(one) and len(one) < 100 for one in pages)
    assert pages[0] == "service-shop.html"


def test_a_folder_is_made_and_renewed(tmp_path: Path) -> None:
    """What is no longer published goes, as far as it was ours; all else stays."""
    place = tmp_path / "status"
    publish(place, {"service-old.html": "1", "index.html": "2"})
    (place / "logo.png").write_bytes(b"theirs")
    publish(place, {"index.html": "3"})
    assert {one.name for one in place.iterdir()} == {"index.html", "logo.png", LIST}
    assert (place / "index.html").read_text() == "3"


def test_files_of_somebody_else_are_not_touched(tmp_path: Path) -> None:
    """A page that we did not write stops us before the first is written, links too."""
    (tmp_path / "index.html").write_text("theirs")
    (tmp_path / "status.json").symlink_to(tmp_path / "nowhere")
    with pytest.raises(UsageError, match=r"index\.html: was not written by `probe publish`(?s:.*)status\.json"):
        publish(tmp_path, {"service-a.html": "1", "index.html": "2", "status.json": "3"})
    assert {one.name for one in tmp_path.iterdir()} == {"index.html", "status.json"}
    assert (tmp_path / "index.html").read_text() == "theirs"


def test_a_list_that_names_other_files_is_not_believed(tmp_path: Path) -> None:
    """Nothing outside of the folder is removed, nor any name that is not ours."""
    outside = tmp_path / "outside.html"
    outside.write_text("theirs")
    place = tmp_path / "status"
    place.mkdir()
    (place / "notes.html").write_text("theirs")
    (place / LIST).write_text(json.dumps({"files": ["../outside.html", "notes.html", str(outside)]}))
    publish(place, {"index.html": "1"})
    assert outside.read_text() == "theirs"
    assert (place / "notes.html").exists()


@pytest.mark.parametrize("text", ["{", "[]", '{"files": 5}', "{}", '{"files": [5]}'])
def test_a_list_that_is_none_stops_us(tmp_path: Path, text: str) -> None:
    """It may be somebody else's."""
    (tmp_path / LIST).write_text(text)
    with pytest.raises(UsageError, match="is no list of `probe publish`"):
        publish(tmp_path, {"index.html": "1"})
    assert (tmp_path / LIST).read_text() == text


def test_a_page_that_became_a_link_is_replaced_and_what_it_points_to_is_not(tmp_path: Path) -> None:
    """Nothing outside of the folder is written."""
    outside = tmp_path / "outside"
    outside.write_text("theirs")
    place = tmp_path / "status"
    publish(place, {"index.html": "1"})
    (place / "index.html").unlink()
    (place / "index.html").symlink_to(outside)
    publish(place, {"index.html": "2"})
    assert (outside.read_text(), (place / "index.html").read_text()) == ("theirs", "2")


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    """A file in its place, or no folder above it."""
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file", tmp_path / "no" / "folder"):
        with pytest.raises(UsageError, match=r"cannot be written"):
            publish(place, {"index.html": "1"})


def test_a_write_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    """A page that is a folder by now is not replaced, and no part of a file stays."""
    publish(tmp_path, {"index.html": "1"})
    (tmp_path / "index.html").unlink()
    (tmp_path / "index.html").mkdir()
    with pytest.raises(UsageError, match="cannot be written"):
        publish(tmp_path, {"index.html": "2"})
    assert {one.name for one in tmp_path.iterdir()} == {"index.html", LIST}
