"""The first screen: a list with a cursor."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input

from probe.view import board, plain
from probe.view.board import Row, Tab, View, key_of
from probe.view.page import BLANK, Page, Piece, faint, paragraph
from probe.view.rows import Slot, cut, heading, line
from probe.view.snapshot import CheckStatus, Snapshot
from probe.watch.following import Following, Question
from probe.watch.pages import CheckScreen, ServiceScreen
from probe.watch.sheet import Line, Sheet
from probe.watch.source import Manner, Source

MARGIN: int = 2


class Board(Following):
    """Checks, our own line, services; filtered and sorted."""

    KEYS = "↑↓ move  Enter detail  Tab list  / filter  s sort  [ ] window  ? help  q quit"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open"),
        Binding("tab", "tab(1)", priority=True),
        Binding("shift+tab", "tab(-1)", priority=True),
        Binding("slash", "filter", priority=True),  # so that what is typed right after it is not lost
        Binding("s", "sort"),
    ]

    def __init__(self, manner: Manner) -> None:
        """Nothing was seen yet."""
        super().__init__(manner)
        self._head, self._titles, self._about = (Sheet(manner, id=name) for name in ("head", "titles", "about"))
        self._log = Sheet(manner, id="log")
        self._filter = Input(id="filter", placeholder="name, target, kind, service, state", compact=True)
        self._filter.cursor_blink = False
        self._seen: Snapshot | None = None
        self._has_services = False
        self._rows: list[Row] = []
        self._strips: dict[str, str] = {}
        self._key: str | None = None
        self._place = 0

    def compose(self) -> ComposeResult:
        """From top to bottom."""
        yield self._head
        yield self._titles
        yield self.body
        yield self._about
        yield self._log
        yield self._filter
        yield self.keys

    def on_mount(self) -> None:
        """The filter is there once it is asked for."""
        self._filter.display = False

    # -- what is looked at

    def question(self) -> Question:
        """Every check's condition and the strips that can be seen; the services only on their list."""
        view, strips, wide = self.live.view, self._visible(), board.marks(self.size.width)

        def ask(source: Source) -> tuple[frozenset[str], bool, Snapshot]:
            return strips, view.tab is Tab.SERVICES, source.glance(view, strips, wide)

        return ask

    def answer(self, found: tuple[frozenset[str], bool, Snapshot]) -> None:
        """Keep it and show it; rows that came into sight have their strips looked at next."""
        asked, self._has_services, self._seen = found
        self.trouble = None
        length = len(self._seen.checks[0].strip) if self._seen.checks else 0
        known = {key: strip for key, strip in self._strips.items() if len(strip) == length}
        self._strips = known | {one.key: one.strip for one in self._seen.checks if one.key in asked}
        self.redraw()
        self._fetch()

    def forget(self) -> None:
        """Another window or list: no strip is right any more."""
        self._strips = {}

    def _visible(self) -> frozenset[str]:
        if self.live.view.tab is Tab.SERVICES:
            return frozenset()
        top = self.body.top
        return frozenset(key_of(row) for row in self._rows[top : top + self.body.rows])

    def _fetch(self) -> None:
        if not self.live.view.is_paused and self._visible() - self._strips.keys():
            self.live.nudge()

    # -- what is shown

    def redraw(self) -> None:
        """All of it, from what is known."""
        self.draw_keys()
        self._show_log()
        if self._seen is None:
            self._show_head(self.troubled() or (paragraph(faint("looking …")),))
            return
        view = self.live.view
        self._rows = board.chosen(self._seen, view)
        self._follow_key()
        is_looking = view.tab is Tab.SERVICES and not self._has_services
        top = board.top(self._seen, view, self._rows, self.manner.zone, is_looking=is_looking)
        self._show_head((*top[:-1], *self.troubled(), BLANK))
        self._show_rows(self._seen, view)

    def _show_head(self, page: Page) -> None:
        lines = sum(1 for _ in plain.lines(page, max(self.size.width, 1)))
        self._head.styles.height = min(lines, 8)
        self._head.show_page(page)

    def _show_log(self) -> None:
        """What the agent said last, a line each."""
        said = [] if self.live.beside is None else list(self.live.beside.lines)
        self._log.styles.height = len(said)
        self._log.show_page(tuple(paragraph(cut((faint(line),), max(self.size.width, 1))) for line in said))

    def _show_rows(self, seen: Snapshot, view: View) -> None:
        slots = board.slots(seen, view, self._rows, self.size.width)
        self._titles.show(1, lambda _number: self._cleaned((Piece("  "), *heading(slots))))
        cursor = self._place if self._rows else None
        self.body.show(len(self._rows), lambda number: self._row(number, slots, seen.as_of_ms), cursor)
        self._about.show_page(board.about(self._rows[self._place] if self._rows else None, self.size.width))

    def _row(self, number: int, slots: list[Slot], as_of_ms: int) -> Line:
        row = self._rows[number]
        if isinstance(row, CheckStatus):
            row = replace(row, strip=self._strips.get(row.key, ""))
        mark = "› " if number == self._place else "  "
        return self._cleaned((Piece(mark), *line(slots, board.cells_of(row, as_of_ms, slots))))

    def _cleaned(self, words: tuple[Piece, ...]) -> Line:
        return next(iter(plain.lines((paragraph(words),), is_ascii=self.manner.is_ascii)))

    # -- the cursor stays on its row while the list moves under it

    def _follow_key(self) -> None:
        places = {key_of(row): place for place, row in enumerate(self._rows)}
        self._place = places.get(self._key or "", min(self._place, max(len(self._rows) - 1, 0)))
        self._key = key_of(self._rows[self._place]) if self._rows else self._key

    def action_move(self, step: int) -> None:
        """The cursor so many rows up or down."""
        if not self._rows or self._seen is None:
            return
        self._place = max(0, min(self._place + step, len(self._rows) - 1))
        self._key = key_of(self._rows[self._place])
        self._show_rows(self._seen, self.live.view)
        self._fetch()

    def action_open(self) -> None:
        """All about the row under the cursor."""
        if not self._rows:
            return
        row = self._rows[self._place]
        page = (
            CheckScreen(self.manner, row.key)
            if isinstance(row, CheckStatus)
            else ServiceScreen(self.manner, row.service)
        )
        self.live.push_screen(page)

    def action_back(self) -> None:
        """The filter goes; there is no screen before this one."""
        self._filter.value = ""
        self._close_filter()

    def action_tab(self, step: int) -> None:
        """The next list."""
        tabs = list(Tab)
        self._key, self._place, self.body.top = None, 0, 0
        tab = tabs[(tabs.index(self.live.view.tab) + step) % len(tabs)]
        self.live.change(tab=tab, sort=0)

    def action_sort(self) -> None:
        """Another order; the cursor goes to the top."""
        self._key, self._place, self.body.top = None, 0, 0
        self.live.change(sort=self.live.view.sort + 1)

    # -- the filter

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A slash within the filter is a character of it."""
        return action != "filter" or self.focused is None

    def action_filter(self) -> None:
        """Type what names must hold."""
        self._filter.display = True
        self.set_focus(self._filter)

    def on_input_changed(self, event: Input.Changed) -> None:
        """The list follows each character."""
        self._key, self._place = None, 0
        self.live.change(text=event.value)

    def on_input_submitted(self) -> None:
        """The filter stays, the keys are keys again."""
        self._close_filter()

    def _close_filter(self) -> None:
        self.set_focus(None)
        self._filter.display = False
        self.call_after_refresh(self.redraw)
