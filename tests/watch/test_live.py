"""The live screen over a real record: every page as text at two sizes, the keys, and what goes wrong underneath."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from probe.view.board import Tab
from probe.view.cells import cells
from probe.view.page import Tone
from probe.view.terminal import STYLES
from probe.watch import Manner, Watch
from probe.watch.board import Board
from probe.watch.pages import CheckScreen, HelpScreen, ServiceScreen
from tests.judge.office import Office
from tests.watch.site import LONG, MORE, Standing, a_site, settled, shown, watching

SCREENS: Final = Path(__file__).parent / "screens"
SIZES: Final = ((80, 24), (120, 40))
PAGES: Final = {
    "checks": (),
    "line": ("tab",),
    "services": ("tab", "tab"),
    "check": ("enter",),
    "check-below": ("enter", "G"),
    "service": ("enter", "v"),
    "service-below": ("enter", "v", "pagedown", "pagedown"),
    "help": ("question_mark",),
    "filtered": ("slash", "n", "e", "w", "enter"),
    "month": ("5", "s", "down"),
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """One record for all that only look."""
    with a_site(tmp_path_factory.mktemp("site")) as made:
        yield made


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", PAGES)
async def test_every_page_reads_as_expected(site: Office, name: str, size: tuple[int, int]) -> None:
    """What a person sees is compared whole: outages, windows, unknown time, hostile words."""
    expected = SCREENS / f"{name}-{size[0]}.txt"
    async with watching(Standing(site), size, *PAGES[name]) as (app, _):
        text = shown(app)
    if not expected.exists():
        expected.parent.mkdir(exist_ok=True)
        expected.write_text(text)
        pytest.fail(f"{expected} was missing and is written: read it, then run again")
    assert text == expected.read_text()
    assert all(cells(line) <= size[0] for line in text.splitlines())
    assert "\x1b" not in text
    assert "\u202e" not in text


async def test_the_keys_open_close_and_change_what_is_shown(site: Office) -> None:
    """Each key does what the help says of it."""
    async with watching(Standing(site), (100, 30)) as (app, pilot):
        for key, kind in (("enter", CheckScreen), ("v", ServiceScreen), ("question_mark", HelpScreen)):
            await pilot.press(key)
            await settled(app, pilot)
            assert isinstance(app.screen, kind)
        await pilot.press("question_mark", "escape", "escape")
        await settled(app, pilot)
        assert isinstance(app.screen, Board)
        await pilot.press("left_square_bracket", "left_square_bracket", "shift+tab")
        assert (app.view.place, app.view.tab) == (0, Tab.SERVICES)
        await pilot.press("tab", "right_square_bracket", "s", "s")
        assert (app.view.place, app.view.order) == (1, "latency")
        await pilot.press("slash", "x", "slash", "q", "space")
        assert app.view.text == "x/q "
        await pilot.press("escape")
        await settled(app, pilot)
        assert (app.view.text, app.focused) == ("", None)
        await pilot.press("q")
    assert app.broken is None


async def test_the_cursor_stays_on_its_row_and_within_the_list(site: Office) -> None:
    """Moving past an end stays at it; another look does not move the cursor."""
    async with watching(Standing(site), (80, 24), "G") as (app, pilot):
        last = shown(app)
        await pilot.press("down", "r")
        await settled(app, pilot)
        assert shown(app) == last
        assert "› a-check" in last
        await pilot.press("home", "up", "k")
        assert "› shop" in shown(app)


async def test_paused_nothing_moves_until_it_goes_on(site: Office) -> None:
    """A person who reads is not interrupted."""
    async with watching(Standing(site), (80, 24), "space") as (app, pilot):
        looks = app.looks
        assert "PAUSED" in shown(app)
        await pilot.press("space")
        await settled(app, pilot)
        assert app.looks > looks
        assert "PAUSED" not in shown(app)


async def test_services_that_were_not_looked_at_yet_are_not_said_to_be_none(site: Office) -> None:
    """Between the key and the answer the list says that it is looking."""
    async with watching(Standing(site), (80, 24)) as (app, pilot):
        app.change(tab=Tab.SERVICES)
        assert "looking …" in shown(app)
        await settled(app, pilot)
        assert "2 services" in shown(app)


async def test_a_record_may_come_later_be_replaced_and_go(tmp_path: Path) -> None:
    """A screen opened before the agent ever ran shows the record as soon as there is one."""
    with a_site(tmp_path / "there") as site:
        database = site.folder / "storage" / "probe.db"
        away = database.with_name("away.db")
        database.rename(away)
        async with watching(Standing(site), (100, 30)) as (app, pilot):
            assert "there is no database at" in shown(app)
            away.rename(database)
            await pilot.press("r")
            await settled(app, pilot)
            assert LONG[:12] in shown(app)
            database.rename(away)
            await pilot.press("r")
            await settled(app, pilot)
            assert "any more" in shown(app)
            assert LONG[:12] in shown(app)
            away.rename(database)
            (site.folder / "probe.toml").write_text("broken [")
            await pilot.press("r")
            await settled(app, pilot)
            assert "the configuration has 1 problem" in shown(app)


async def test_a_check_that_left_the_configuration_is_said_on_its_page(tmp_path: Path) -> None:
    """An open page outlives what it is about."""
    with a_site(tmp_path / "there") as site:
        async with watching(Standing(site), (100, 30), "enter") as (app, pilot):
            site.follow(site.main, MORE)
            await pilot.press("r")
            await settled(app, pilot)
            assert "is not in the configuration any more" in shown(app)


class Breaks:
    """A source with a bug."""

    def glance(self, *_: Any) -> Any:
        """Break."""
        raise ZeroDivisionError("a bug")

    check = service = glance

    def close(self) -> None:
        """Nothing is held."""


async def test_a_bug_ends_the_screen_and_is_kept_to_be_told() -> None:
    """The terminal is given back first; the command then says what broke."""
    app = Watch(Breaks(), Manner())
    await app.run_async(headless=True, size=(80, 24))
    await app.shut()
    assert isinstance(app.broken, ZeroDivisionError)


@pytest.mark.parametrize("tone", [tone for tone in Tone if STYLES[tone].rpartition("(")[1]])
def test_every_tone_reads_on_black_and_on_white(tone: Tone) -> None:
    """The contrast of a word to a black and to a white ground is that of readable bold text, 3.9 : 1 or more."""
    number = int(STYLES[tone].partition("(")[2].rstrip(")"))
    light = _luminance(_rgb(number))
    assert (light + 0.05) / 0.05 >= 3.8
    assert 1.05 / (light + 0.05) >= 3.8


def _rgb(number: int) -> tuple[int, int, int]:
    """A colour of the 256 that terminals have."""
    if number >= 232:
        grey = 8 + 10 * (number - 232)
        return grey, grey, grey
    steps = (0, 95, 135, 175, 215, 255)
    red, rest = divmod(number - 16, 36)
    return steps[red], steps[rest // 6], steps[rest % 6]


def _luminance(rgb: tuple[int, int, int]) -> float:
    """Relative luminance as WCAG 2 defines it."""
    linear = [part / 255 / 12.92 if part <= 10 else ((part / 255 + 0.055) / 1.055) ** 2.4 for part in rgb]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
