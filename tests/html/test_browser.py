"""The pages in a real browser: nothing is logged, nothing is asked for, everybody can read them, paper too."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from probe.html.report import report_html
from probe.html.site import site
from tests.claim import night
from tests.html.browser import Browser
from tests.html.exhibits import HEADER, exhibit
from tests.html.test_site import day, document, service

HOSTILE = "<img src=https://example.invalid/x onerror=alert(1)>"
OUTAGE = {
    "check": "front",
    "start": {"earliest": "2026-10-01T00:00:00Z", "latest": "2026-10-01T00:01:00Z"},
    "end": {"earliest": "2026-10-01T00:05:00Z", "latest": "2026-10-01T00:06:00Z"},
    "cause": "provider_or_path",
    "gap": "0",
}
WORK: dict[str, Any] = {
    "start": "2026-10-04T00:00:00Z",
    "end": "2026-10-04T01:00:00Z",
    "kind": "scheduled",
    "checks": [],
    "announced_at": None,
    "reason": HOSTILE,
}


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A report of two services, a status page, and the letter of a claim, each with something of everything."""
    folder = tmp_path_factory.mktemp("pages")
    report = report_html(HEADER, [exhibit(), exhibit(service=HOSTILE, provider=HOSTILE)], lambda _: None)
    days = [day(), day(down="60", unknown="60"), day(unknown="86400"), day(maintenance="600", uncertain="60")] * 22
    period = {
        "check": "front",
        "period": "2026-10",
        "target": "999/1000",
        "availability": {"low": {"exact": "9/10"}, "point": None, "high": {"exact": "1/1"}},
        "verdict": "undecided",
        "reason": "running",
    }
    whole = service("down", name=HOSTILE, outages=[OUTAGE], announced=[WORK], periods=[period], provider="P")
    whole["checks"] = [{**whole["checks"][0], "days": days, "state": state} for state in ("down", "unknown", "paused")]
    for name, text in {"report.html": report, **site(document(whole, service("up")))}.items():
        (folder / name).write_text(text, encoding="utf-8")
    night.told(night.recorded(folder / "night"))
    night.claimed(folder / "night", folder / "shop.zip")
    (folder / "letter.html").write_bytes(night.opened((folder / "shop.zip").read_bytes())["letter.html"])
    shown = {name: folder / f"{name}.html" for name in ("report", "index", "letter")}
    return {**shown, "service": folder / whole["page"]}


@pytest.mark.parametrize("name", ["report", "index", "service", "letter"])
@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
def test_everybody_can_read_it(chromium: Browser, axe: str, pages: dict[str, Path], name: str, is_dark: bool) -> None:
    """axe-core finds nothing at all in the light and in the dark, with every table open."""
    chromium.look(1000, is_dark=is_dark)
    chromium.open(pages[name])
    chromium.run("document.querySelectorAll('details').forEach(one => one.open = true)")
    chromium.run(axe + ";0")
    found = chromium.run("axe.run().then(r => r.violations.map(v => v.id + ': ' + v.nodes[0].html))")
    assert found == []
    assert chromium.run("axe.run().then(r => r.passes.length)") > 10


@pytest.mark.parametrize("name", ["report", "index", "service", "letter"])
def test_nothing_is_logged_and_nothing_asked_for(chromium: Browser, pages: dict[str, Path], name: str) -> None:
    """One request: the page itself. Hostile names are text."""
    chromium.look(1000)
    chromium.open(pages[name])
    assert chromium.complaints == []
    assert chromium.requests == [pages[name].as_uri()]
    assert chromium.run("document.images.length + document.scripts.length") == 0
    if name in {"report", "service"}:
        assert "onerror=alert(1)" in chromium.run("document.body.innerText")


def test_a_script_that_got_in_would_not_run(chromium: Browser, pages: dict[str, Path], tmp_path: Path) -> None:
    """The page's own policy forbids it, and pictures from elsewhere; so the tests above would have seen a request."""
    text = pages["index"].read_text(encoding="utf-8")
    intruder = "<script>document.title = 'in'</script><img src='https://example.invalid/x'>"
    (tmp_path / "bad.html").write_text(text.replace("<main>", "<main>" + intruder), encoding="utf-8")
    chromium.open(tmp_path / "bad.html")
    assert chromium.run("document.title").startswith("Status as seen")
    assert len(chromium.complaints) == 2
    assert all("Content Security Policy" in one for one in chromium.complaints)


@pytest.mark.parametrize("width", [360, 800, 1400])
@pytest.mark.parametrize("name", ["report", "index", "service", "letter"])
def test_nothing_is_wider_than_the_screen(chromium: Browser, pages: dict[str, Path], name: str, width: int) -> None:
    """From a telephone on; wide tables scroll by themselves."""
    chromium.look(width)
    chromium.open(pages[name])
    assert chromium.run("document.documentElement.scrollWidth") <= width


def test_charts_are_drawn_in_colours_of_the_page(chromium: Browser, pages: dict[str, Path]) -> None:
    """What is written in a chart is the ink of the page, light on dark in the dark."""
    inks = []
    for is_dark in (False, True):
        chromium.look(1000, is_dark=is_dark)
        chromium.open(pages["report"])
        assert chromium.run("[...document.querySelectorAll('figure svg')].every(s => s.getBBox().width > 300)")
        inks.append(chromium.run("getComputedStyle(document.querySelector('svg text')).fill"))
    assert inks == ["rgb(27, 31, 36)", "rgb(231, 234, 237)"]


def test_it_prints(chromium: Browser, pages: dict[str, Path]) -> None:
    """A4, at least a page for each service, none of them nearly empty."""
    chromium.look(1000, is_dark=True)
    chromium.open(pages["report"])
    paper = chromium.paper()
    boxes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", paper)
    assert {(round(float(w)), round(float(h))) for w, h in boxes} == {(595, 842)}
    assert 4 <= len(boxes) <= 10
