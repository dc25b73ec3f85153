"""The sessions: every run, live."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import ClassVar

from msgspec.structs import replace
from textual import events, on
from textual.binding import Binding, BindingType
from textual.widget import Widget

from cockpit.insight.arrangement import Order
from cockpit.insight.query import Query, parse
from cockpit.snapshot import Snapshot
from cockpit.tui.look import Line
from cockpit.tui.screens.place import PlaceScreen
from cockpit.tui.screens.run import KEYS
from cockpit.tui.view import SessionsView, named
from cockpit.tui.widgets import notices
from cockpit.tui.widgets.listing import Listing
from cockpit.tui.widgets.panel import Panel
from cockpit.tui.widgets.queryline import QueryLine
from cockpit.tui.widgets.sessions import SessionsTable
from engine.contract.errors import UserError


class SessionsScreen(PlaceScreen):
    """One table of all runs, a filter above it where one is set, and what is wrong below it."""

    place = "sessions"
    first_keys = (
        "list.open", "sessions.mark", "run.compare", "run.stop", "sessions.filter", "run.resume", "run.fork",
        "sessions.group", "sessions.sort", "run.note",
    )  # fmt: skip
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "filter", id="sessions.filter", key_display="/", tooltip="Show only some runs"),
        Binding("escape", "all", "all", id="sessions.all", show=False, tooltip="Show all runs again"),
        *KEYS,
    ]

    def __init__(self) -> None:
        super().__init__()
        self._table: SessionsTable | None = None

    def body(self) -> Iterable[Widget]:
        """The filter and the table."""
        yield QueryLine(id="query")
        yield SessionsTable(id="sessions")

    @property
    def sessions(self) -> SessionsTable:
        """The sessions table."""
        return self.query_one("#sessions", SessionsTable)

    @property
    def _filter(self) -> QueryLine:
        return self.query_one("#query", QueryLine)

    def on_mount(self) -> None:
        """Show it as it was left."""
        self._table = self.sessions
        kept = self.cockpit.view.sessions
        self._filter.start(_read(kept.filter))
        order = Order(
            query=self._filter.filter,
            sort=kept.sort,
            turned=kept.turned,
            grouping=kept.grouping,
            closed=frozenset(kept.closed),
            opened=frozenset(kept.opened),
        )
        cursor = self.cockpit.root / kept.cursor if kept.cursor else None
        self.sessions.show(order, self.cockpit.marks, cursor)
        self.sessions.focus()

    def take(self, snapshots: tuple[Snapshot, ...]) -> None:
        """These are the runs now."""
        super().take(snapshots)
        if group := self.cockpit.group:
            self._make_sure_of(group, self.cockpit.awaited)
            self.cockpit.group = self.cockpit.awaited = None
        self.sessions.show(self.sessions.order, self.cockpit.marks)
        today = date.fromtimestamp(self.cockpit.clock())
        self.sessions.take(snapshots, today, whole=self.cockpit.unread == 0)
        self._count()
        self._show_strip()

    def offers(self, key: str) -> bool:
        """Nothing is offered to be done with a list of nothing but to show more of it."""
        if key == "sessions.filter":
            return bool(self.cockpit.snapshots)
        if key.startswith(("list.", "sessions.")):
            return self.sessions.item is not None
        return super().offers(key)

    def _make_sure_of(self, group: str, run: Path | None) -> None:
        """A group, or a run of it, that is asked for is shown, whatever was hidden when the place was left."""
        order = self.sessions.order
        if order.query.text:
            self._filter.clear()
        # Together below their heading: sorted among all others one would see one of them.
        order = replace(order, query=Query(), closed=order.closed - {group}, grouping="group")
        self.sessions.show(order, self.cockpit.marks)
        if run:
            self.sessions.await_run(run)
        else:
            self.sessions.await_group(group)

    def _count(self) -> None:
        self._filter.take(self.cockpit.snapshots, len(self.sessions.shown))

    def action_filter(self) -> None:
        """Write a filter."""
        self._filter.open()

    def action_all(self) -> None:
        """No filter any more."""
        self._filter.clear()

    @on(QueryLine.Changed)
    def _show_filtered(self, event: QueryLine.Changed) -> None:
        self.sessions.show(replace(self.sessions.order, query=event.query), self.cockpit.marks)
        self._count()
        self._remember()

    @on(QueryLine.Left)
    def _back_to_the_table(self) -> None:
        self.sessions.settle()
        self.sessions.focus()

    def action_mark(self) -> None:
        """Mark the line under the cursor, or take its mark, and go on to the next.

        Known to the whole app before the next key is looked at: keys may come in a burst.
        """
        self._mark(self.sessions.marks_after_key())
        self.sessions.action_move(1)

    def action_unmark(self) -> None:
        """Take all marks away, seen and unseen."""
        self._mark(())

    def _mark(self, marks: tuple[Path, ...]) -> None:
        self.sessions.show(self.sessions.order, marks)
        self.cockpit.mark(marks)
        self._show_strip()

    @on(SessionsTable.Ordered)
    def _remember(self) -> None:
        """Keep how it is shown, for the next start."""
        # By its handle: when the app is left, the table is taken from the screen before this is called.
        if self._table is None:
            return
        order, cursor = self._table.order, self._table.cursor
        root = self.cockpit.root
        kept = SessionsView(
            filter=order.query.text,
            sort=order.sort,
            turned=order.turned,
            grouping=order.grouping,
            closed=tuple(sorted(order.closed)),
            opened=tuple(sorted(order.opened)),
            cursor=named(root, cursor) if isinstance(cursor, Path) and cursor.is_relative_to(root) else "",
        )
        self.cockpit.remember(sessions=kept)

    def on_screen_suspend(self) -> None:
        """Another is seen: keep where the cursor was."""
        self._remember()

    def on_unmount(self) -> None:
        """The app is left: keep where the cursor was."""
        self._remember()

    @on(Listing.Moved)
    def _show_strip(self) -> None:
        self.query_one("#strip", Panel).show(self._strip())

    def on_resize(self, event: events.Resize) -> None:
        """More words fit."""
        self._show_strip()

    def _strip(self) -> list[Line]:
        if self.cockpit.problem:
            return [(("▲ ", "bad"), (f"the runs cannot be read: {self.cockpit.problem}", ""))]
        table = self.sessions
        held = table.item.held if table.item else None
        return notices.lines(table.arrangement.notices(), held, self.cockpit.look, self.size.width - 2)

    @on(Listing.Chosen, "#sessions")
    def _open_session(self) -> None:
        if run := self.sessions.selected:
            self.cockpit.open_session(run)

    @property
    def in_hand(self) -> Snapshot | None:
        """The session under the cursor."""
        return self.sessions.selected

    @property
    def targets(self) -> list[Snapshot]:
        """The marked runs, seen or not; where none is, all of the line under the cursor."""
        marked = [held.run for path in self.cockpit.marks if (held := self.sessions.arrangement.held.get(path))]
        return marked or self.sessions.below

    @property
    def are_marked(self) -> bool:
        """Whether they were marked."""
        return bool(self.cockpit.marks)

    @property
    def are_in_view(self) -> bool:
        """Whether no mark is hidden by the filter; a fold hides nothing, for its line tells of its runs."""
        shown = {held.run.path for held in self.sessions.shown}
        return shown.issuperset(self.cockpit.marks)


def _read(text: str) -> Query:
    """A filter that was kept; one that is not understood any more is none."""
    try:
        return parse(text)
    except UserError:
        return Query()
