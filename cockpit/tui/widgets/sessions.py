"""The sessions: every run below the runs folder, under its group, over its seeds, or in one list."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from datetime import date
from pathlib import Path
from typing import ClassVar

from msgspec.structs import replace
from textual.binding import Binding, BindingType
from textual.message import Message

from cockpit.insight.arrangement import GROUPINGS, Arrangement, Held, Item, Key, Order
from cockpit.snapshot import Snapshot
from cockpit.tui.keys import called
from cockpit.tui.look import Line
from cockpit.tui.places import KEYS
from cockpit.tui.widgets import cells, columns
from cockpit.tui.widgets.counts import counts as counts
from cockpit.tui.widgets.listing import Listing, Row

_FIRST = {"group": "session", "seeds": "setting", "none": "session"}


class SessionsTable(Listing):
    """The table. Its keys are the runs' paths, and what stands above them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "space",
            "screen.mark",
            "mark",
            id="sessions.mark",
            tooltip="Mark the line, or take its mark: s S K R h d D then ask the marked, wherever the cursor is",
        ),
        Binding(
            "asterisk", "screen.unmark", "unmark", id="sessions.unmark", show=False, tooltip="Take all marks away"
        ),
        Binding("g", "group", "group", id="sessions.group", tooltip="Group by preset, over seeds, not at all"),
        Binding("o", "sort", "sort", id="sessions.sort", tooltip="Sort by the next column, in the end as at first"),
        Binding("O", "turn", "turn round", id="sessions.turn", show=False, tooltip="Sort the other way round"),
        Binding("left", "fold(True)", "fold", id="sessions.fold", show=False, tooltip="Close the group or setting"),
        Binding("right", "fold(False)", "unfold", id="sessions.unfold", show=False, tooltip="Open it"),
    ]

    class Ordered(Message):
        """The order or grouping is another."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.order = Order()
        self.marks: tuple[Path, ...] = ()
        self._taken = False
        self._snapshots: Sequence[Snapshot] = ()
        self._marked_runs: frozenset[Path] = frozenset()
        self.arrangement = Arrangement()
        self._items: list[Item] = []
        self._by_key: dict[Key, Item] = {}
        self._today = date.min
        self._fit = columns.fitting(80, [], self._today)
        self._lines: dict[Key, tuple[Item, columns.Columns, bool, Line]] = {}
        self._awaited: str | None = None
        self._wanted: Path | None = None
        #: What the cursor was put on: where another order shows it only as a part of a line, or not, it is not lost.
        self._followed: Item | None = None
        # While runs are still being read for the first time the cursor waits on whichever is the first.
        self._settled = False

    @property
    def item(self) -> Item | None:
        """What the cursor stands on."""
        return self._by_key.get(self.cursor) if self.cursor is not None else None  # type: ignore[call-overload]

    @property
    def selected(self) -> Snapshot | None:
        """The run under the cursor."""
        return self.item.held.run if self.item and self.item.held else None

    @property
    def below(self) -> list[Snapshot]:
        """The runs of the line under the cursor: one, or all of its setting or group."""
        return [each.run for each in self.item.runs] if self.item else []

    @property
    def shown(self) -> list[Held]:
        """The runs that the filter lets through, folded or not."""
        return self.arrangement.shown(self.order.query, self._marked_runs)

    def take(self, snapshots: Sequence[Snapshot], today: date, *, whole: bool) -> None:
        """These are the runs now, or where they are not the `whole`, those that have been read."""
        if self._knows(snapshots, today):
            return
        self._taken, self._snapshots, self._today = True, snapshots, today
        self.arrangement.take(snapshots)
        self._arrange()
        self._go_to_awaited()
        self._settled = self._settled or (whole and bool(snapshots))
        self.reload()

    def _knows(self, snapshots: Sequence[Snapshot], today: date) -> bool:
        """Whether these very runs are shown, and nothing else moves their lines: a mark asks that often."""
        waits = self._awaited or self._wanted or self.order.query.speaks_of("started")
        return snapshots is self._snapshots and today == self._today and not waits

    def show(self, order: Order, marks: tuple[Path, ...], cursor: Path | None = None) -> None:
        """Show the runs so from now on, with the cursor on this one if it is there."""
        self._wanted = cursor or self._wanted
        if order == self.order and not order.query.speaks_of("mark"):
            if marks != self.marks:
                self.marks, self._marked_runs = marks, frozenset(marks)
                self.restate()  # of the marked is told what the keys would do
        elif (order, marks) != (self.order, self.marks):
            anew = order != self.order
            if order.query == self.order.query and self._followed and self._row_of(self._followed) != self.cursor:
                self.settle()
            self.order, self.marks, self._marked_runs = order, marks, frozenset(marks)
            self._arrange(anew=anew)
            self.reload()

    def lead_with(self, key: Hashable) -> None:
        """Put the cursor there, and from now on only a person moves it."""
        self._put(key)
        super().lead_with(key)

    def point_at(self, key: Hashable) -> None:
        """Put the cursor there, and from now on only a person moves it."""
        self._put(key)
        super().point_at(key)

    def settle(self) -> None:
        """The cursor is meant to be where it is, wherever it was before the order changed."""
        self._followed = self.item

    def await_run(self, run: Path) -> None:
        """Put the cursor on a run as soon as it is shown, unless a person moves it before."""
        self._wanted = run

    def await_group(self, group: str) -> None:
        """Put the cursor on a group's first run and the group into sight, as soon as there is one."""
        self._awaited = group

    def _put(self, key: Hashable) -> None:
        self._settled, self._wanted = True, None
        self._followed = self._by_key.get(key)  # type: ignore[call-overload]

    def _arrange(self, *, anew: bool = False) -> None:
        before = self.item
        self._items = self.arrangement.items(self.order, self._marked_runs)
        self._by_key = {item.key: item for item in self._items}
        self._lines = {key: line for key, line in self._lines.items() if key in self._by_key}
        wanted = self.arrangement.held.get(self._wanted) if self._wanted else None
        if wanted and self._go_to_line_of(Item(key=wanted.run.path, title="", runs=(wanted,))):
            self._put(self.cursor)
        elif anew:
            self._followed = self._followed or before
            if not self._go_to_line_of(self._followed):
                self._go_to_line_of(before)
        elif before and before.key not in self._by_key and not self._go_to_line_of(self._followed):
            self._followed = before
        if self.cursor is None or not self._settled:
            self.cursor = self._first()

    def _first(self) -> Key | None:
        """Where the cursor begins: at a run of one's own, if there is one."""
        runs = [item for item in self._items if item.held]
        return next((item.key for item in runs if not item.runs[0].run.published), runs[0].key if runs else None)

    def _row_of(self, item: Item) -> Key | None:
        """The line of an item of another order: its own, that of one of its runs, or of what holds the first."""
        if item.key in self._by_key:
            return item.key
        runs = dict.fromkeys(each.run.path for each in item.runs)
        own = next((row.key for row in self._items if row.held and row.key in runs), None)
        first = next(iter(runs))
        holding = (row.key for row in reversed(self._items) if any(each.run.path == first for each in row.runs))
        return own or next(holding, None)

    def _go_to_line_of(self, item: Item | None) -> bool:
        """Put the cursor there, if there is such a line."""
        row = self._row_of(item) if item else None
        self.cursor = row or self.cursor
        return row is not None

    def _go_to_awaited(self) -> None:
        below = [item.key for item in self._items if item.runs[0].run.group == self._awaited]
        if below:
            self.lead_with(next((key for key in below if isinstance(key, Path)), below[0]))
            self._awaited = None

    def rows(self, width: int) -> list[Row]:
        """A row an item; what it says is asked when it is seen."""
        self._fit = columns.fitting(width - 1, self._items, self._today)
        return [Row(item.key, (), leads=item.key in self._by_key and not item.held) for item in self._items]

    def line(self, row: Row) -> Line:
        """What a row says, made anew only when its item, its mark or the columns changed."""
        item = self._by_key[row.key]  # type: ignore[index]
        marked = all(each.run.path in self._marked_runs for each in item.runs)
        known = self._lines.get(item.key)
        if known is None or known[1] != self._fit or known[2] != marked or not _same(known[0], item):
            made = cells.line(item, self._fit, self.look, marked=marked)
            known = self._lines[item.key] = item, self._fit, marked, made
        return known[3]

    def top(self, width: int, seen: str) -> Line:
        """The columns' headings."""
        if not self._taken:
            return ((" reading the runs", "dim"),)
        if not self.arrangement.held:
            enter = called(self, "list.open", Listing.BINDINGS)
            where = f"On a preset (key {called(self, 'app.presets', KEYS)})"
            return ((f" sessions: none yet. {where} {enter}, then {enter} again, starts one.", "dim"),)
        if not self._items:
            return ((" no session matches the filter", "dim"),)
        first = seen or _FIRST[self.order.grouping]
        return ((" ", ""), *columns.headings(self._fit, first, self.order.sort, turned=self.order.turned))

    def marks_after_key(self) -> tuple[Path, ...]:
        """The marks with all runs of the line under the cursor; without them where all have one."""
        runs = [run.path for run in self.below]
        if runs and self._marked_runs.issuperset(runs):
            return tuple(mark for mark in self.marks if mark not in runs)
        return (*self.marks, *(run for run in runs if run not in self._marked_runs))

    def action_group(self) -> None:
        """The next way to group."""
        following = GROUPINGS[(GROUPINGS.index(self.order.grouping) + 1) % len(GROUPINGS)]
        self._reorder(replace(self.order, grouping=following))

    def action_sort(self) -> None:
        """By the next column that is seen."""
        ways = columns.sortable(self._fit)
        at = ways.index(self.order.sort) + 1 if self.order.sort in ways else 1
        self._reorder(replace(self.order, sort=ways[at % len(ways)], turned=False))

    def action_turn(self) -> None:
        """The other way round."""
        if self.order.sort:
            self._reorder(replace(self.order, turned=not self.order.turned))

    def action_fold(self, away: bool) -> None:
        """Close or open what the cursor stands on; on a run or what is closed already, go up to what holds it."""
        item = self.item
        if item is None:
            return
        if item.held or (away and not item.open):
            self._up_from(item)
        elif isinstance(item.key, tuple) and item.open == away:
            self._toggle(item)

    def _up_from(self, item: Item) -> None:
        place = self._places.get(item.key, 0)
        above = next((each for each in reversed(self._items[:place]) if _depth(each) < _depth(item)), None)
        if above:
            self.point_at(above.key)

    def _toggle(self, item: Item) -> None:
        assert isinstance(item.key, tuple)
        self.settle()
        kind, name = item.key
        if kind == "group":
            self._reorder(replace(self.order, closed=self.order.closed ^ {name}))
        else:
            self._reorder(replace(self.order, opened=self.order.opened ^ {name}))

    def action_choose(self) -> None:
        """Open the run under the cursor, or close and open what holds several."""
        if self.item and not self.item.held:
            self._toggle(self.item)
        else:
            super().action_choose()

    def _reorder(self, order: Order) -> None:
        self.show(order, self.marks)
        self.post_message(self.Ordered())


def _same(old: Item, new: Item) -> bool:
    """Whether two items say the same, by the very things they were made of."""
    return (
        old.title == new.title
        and old.seed == new.seed
        and old.open == new.open
        and len(old.runs) == len(new.runs)
        and all(a is b for a, b in zip(old.runs, new.runs, strict=True))
    )


def _depth(item: Item) -> int:
    """How deep an item stands: a group, a setting below it, a run below either."""
    return 2 if item.held else 1 if item.over else 0
