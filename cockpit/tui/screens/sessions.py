"""The sessions: every run, live."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.widget import Widget

from cockpit.snapshot import Snapshot
from cockpit.tui.look import Line
from cockpit.tui.screens.place import PlaceScreen
from cockpit.tui.screens.run import KEYS
from cockpit.tui.screens.session import SessionScreen
from cockpit.tui.widgets.listing import Listing
from cockpit.tui.widgets.panel import Panel
from cockpit.tui.widgets.reading import trouble
from cockpit.tui.widgets.sessions import SessionsTable


class SessionsScreen(PlaceScreen):
    """One table of all runs, and what is wrong below it."""

    place = "sessions"
    BINDINGS: ClassVar[list[BindingType]] = [*KEYS]

    def body(self) -> Iterable[Widget]:
        """The table."""
        yield SessionsTable(id="sessions")

    @property
    def sessions(self) -> SessionsTable:
        """The sessions table."""
        return self.query_one("#sessions", SessionsTable)

    def take(self, snapshots: tuple[Snapshot, ...]) -> None:
        """These are the runs now."""
        super().take(snapshots)
        if group := self.cockpit.group:
            self.cockpit.group = None
            self.sessions.await_group(group)
        self.sessions.take(snapshots)
        self._show_strip()

    @on(Listing.Moved)
    def _show_strip(self) -> None:
        line = self._strip()
        self.query_one("#strip", Panel).show([line] if line else [])

    def _strip(self) -> Line:
        if self.cockpit.problem:
            return (("▲ ", "bad"), (f"the runs cannot be read: {self.cockpit.problem}", ""))
        return trouble(self.sessions.selected) if self.sessions.selected else ()

    @on(Listing.Chosen, "#sessions")
    def _open_session(self) -> None:
        run = self.sessions.selected
        if run:
            self.app.push_screen(SessionScreen(run))

    @property
    def in_hand(self) -> Snapshot | None:
        """The session under the cursor."""
        return self.sessions.selected
