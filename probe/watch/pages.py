"""Screens of text: a check, a service, the help."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from probe.view.board import marks
from probe.view.bought import service_page
from probe.view.closer import check_page
from probe.view.help import help_page
from probe.view.page import BLANK, Page, Piece, Tone, paragraph
from probe.view.snapshot import CheckDetail, ServiceDetail, Snapshot
from probe.view.status import headline
from probe.watch.following import Following, Question
from probe.watch.source import Manner, Source


class Paper(Following):
    """A page of text that is scrolled."""

    KEYS = "↑↓ scroll  Esc back  [ ] window  Space pause  ? help  q quit"

    def compose(self) -> ComposeResult:
        """The text and the keys."""
        yield self.body
        yield self.keys

    def page(self) -> Page:
        """What to show."""
        return ()

    def redraw(self) -> None:
        """The text anew, from where it was scrolled to."""
        self.draw_keys()
        self.body.show_page((*self.troubled(), *self.page()))

    def _head(self, seen: Snapshot) -> Page:
        paused = (paragraph(Piece("PAUSED", Tone.WARN)),) if self.live.view.is_paused else ()
        return (headline(seen, self.manner.zone), *paused, BLANK)


class CheckScreen(Paper):
    """One check closely."""

    KEYS = "↑↓ scroll  Esc back  v its service  [ ] window  Space pause  ? help  q quit"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("v", "service")]

    def __init__(self, manner: Manner, key: str) -> None:
        """The check of that key."""
        super().__init__(manner)
        self._key = key
        self._seen: CheckDetail | None = None

    def question(self) -> Question:
        """That check in the present window."""
        key, view, wide = self._key, self.live.view, 2 * marks(self.size.width)

        def ask(source: Source) -> CheckDetail:
            return source.check(key, view, wide)

        return ask

    def answer(self, found: CheckDetail) -> None:
        """Show it."""
        self._seen, self.trouble = found, None
        self.redraw()

    def page(self) -> Page:
        """The check's page."""
        seen = self._seen
        return () if seen is None else (*self._head(seen.snapshot), *check_page(seen, zone=self.manner.zone))

    def action_service(self) -> None:
        """Open the service that the check is part of."""
        if self._seen is not None and self._seen.status.service:
            self.live.push_screen(ServiceScreen(self.manner, self._seen.status.service))


class ServiceScreen(Paper):
    """One service closely."""

    def __init__(self, manner: Manner, name: str) -> None:
        """The service of that name."""
        super().__init__(manner)
        self._name_of = name
        self._seen: ServiceDetail | None = None

    def question(self) -> Question:
        """That service in its running period."""
        name, view, wide = self._name_of, self.live.view, marks(self.size.width)

        def ask(source: Source) -> ServiceDetail:
            return source.service(name, view, wide)

        return ask

    def answer(self, found: ServiceDetail) -> None:
        """Show it."""
        self._seen, self.trouble = found, None
        self.redraw()

    def page(self) -> Page:
        """The service's page."""
        seen = self._seen
        return () if seen is None else (*self._head(seen.snapshot), *service_page(seen, zone=self.manner.zone))


class HelpScreen(Paper):
    """Keys and words."""

    KEYS = "↑↓ scroll  Esc back  q quit"

    def page(self) -> Page:
        """The help."""
        return help_page()

    def action_help(self) -> None:
        """It is open already: back."""
        self.action_back()
