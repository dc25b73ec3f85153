"""A list of lines under headings, with a cursor that stays on its item while others come and go."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import ClassVar

from msgspec import Struct
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message

from cockpit.tui.look import Line
from cockpit.tui.widgets.painted import Painted


class Row(Struct, frozen=True):
    """One line; `key` says what it stands for, None makes it a heading that the cursor passes over.

    A heading that has a key `leads` what follows it, and the cursor stops there.
    """

    key: Hashable
    line: Line
    leads: bool = False


class Listing(Painted, can_focus=True):
    """Subclasses say what the rows are; this scrolls, moves the cursor and tells what was chosen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter", "choose", "open", id="list.open", key_display="enter", tooltip="Open the line of the cursor"
        ),
        Binding("up,k", "move(-1)", "up", id="list.up", show=False, tooltip="One line up"),
        Binding("down,j", "move(1)", "down", id="list.down", show=False, tooltip="One line down"),
        Binding("pageup", "page(-1)", "page up", id="list.page_up", show=False, tooltip="One page up"),
        Binding("pagedown", "page(1)", "page down", id="list.page_down", show=False, tooltip="One page down"),
        Binding("home,g", "move(-1000000)", "first", id="list.first", show=False, tooltip="To the first line"),
        Binding("end,G", "move(1000000)", "last", id="list.last", show=False, tooltip="To the last line"),
    ]

    class Chosen(Message):
        """Enter was pressed on an item."""

        def __init__(self, listing: Listing, key: Hashable) -> None:
            super().__init__()
            self.listing, self.key = listing, key

        @property
        def control(self) -> Listing:
            """Whose message it is, for Textual's selectors."""
            return self.listing

    class Moved(Message):
        """The cursor stands on another item, or that item or the focus changed."""

        def __init__(self, listing: Listing) -> None:
            super().__init__()
            self.listing = listing

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.cursor: Hashable = None
        self._rows: list[Row] = []
        self._keys: list[Hashable] = []
        self._places: dict[Hashable, int] = {}
        self._offset = 0
        self._led_by: Hashable = None

    def rows(self, width: int) -> list[Row]:
        """Everything there is to list."""
        raise NotImplementedError

    def top(self, width: int, seen: str) -> Line:
        """The line that stays on top; `seen` says which part is on the screen when it is not all."""
        raise NotImplementedError

    def reload(self) -> None:
        """The rows may be others now: keep the cursor on its item, or near where that was."""
        place = self._place()
        self._rows = self.rows(self.size.width or 80)
        self._keys = [r.key for r in self._rows if r.key is not None]
        self._places = {r.key: i for i, r in enumerate(self._rows) if r.key is not None}
        if self.cursor is None or self.cursor not in self._places:
            near = [r.key for r in self._rows[place:] + self._rows[:place][::-1] if r.key is not None]
            self.cursor = near[0] if near else None
        if self.cursor is not None and self.cursor == self._led_by:
            place = self._place()
            self._offset = next((i for i in range(place, -1, -1) if _heads(self._rows[i])), place)
        self.restate()

    def restate(self) -> None:
        """Draw it anew, and tell whoever speaks of the line of the cursor."""
        self.repaint()
        self.post_message(self.Moved(self))

    def lead_with(self, key: Hashable) -> None:
        """Put the cursor on an item and its heading on top, and keep it there until the cursor is moved."""
        self.cursor = self._led_by = key

    def point_at(self, key: Hashable) -> None:
        """Put the cursor on an item."""
        self.cursor, self._led_by = key, None
        self.restate()

    def draw(self, width: int, height: int) -> Sequence[Line]:
        """The top line, and the rows from the offset on that keeps the cursor in sight."""
        room, place = max(1, height - 1), self._place()
        # The heading above the first item comes into sight with it.
        first = place - 1 if place == 1 and _heads(self._rows[0]) else place
        self._offset = min(max(self._offset, place - room + 1), first, max(0, len(self._rows) - room))
        self._offset = max(self._offset, 0)
        seen = self._rows[self._offset : self._offset + room]
        part = f"{self._offset + 1}-{self._offset + len(seen)} of {len(self._rows)}"
        self.reversed_line = place - self._offset + 1 if self.has_focus and self.cursor is not None else None
        return [self.top(width, part if len(seen) < len(self._rows) else ""), *(self._marked(r) for r in seen)]

    def _marked(self, row: Row) -> Line:
        here = row.key is not None and row.key == self.cursor
        # Where keys go is told by more than reverse video.
        mark = ("›" if self.has_focus else "·") if here else " "
        return ((mark, "bold" if here else ""), *self.line(row))

    def line(self, row: Row) -> Line:
        """What a row says; asked only of rows that are seen."""
        return row.line

    def _place(self) -> int:
        return 0 if self.cursor is None else self._places.get(self.cursor, 0)

    def on_resize(self, event: events.Resize) -> None:
        """Other columns may fit."""
        self.reload()

    def watch_has_focus(self, _has_focus: bool) -> None:
        """The cursor shows where keys go. Not on_focus and on_blur: they are called before the state has changed."""
        super().watch_has_focus(_has_focus)
        self.restate()

    def action_move(self, by: int) -> None:
        """Move over so many items."""
        keys = self._keys
        if keys and self.cursor in self._places:
            self.point_at(keys[min(max(keys.index(self.cursor) + by, 0), len(keys) - 1)])

    def action_page(self, pages: int) -> None:
        """Move over so many screens of items."""
        self.action_move(pages * max(1, self.size.height - 2))

    def action_choose(self) -> None:
        """Open the item under the cursor."""
        if self.cursor is not None:
            self.post_message(self.Chosen(self, self.cursor))

    def on_click(self, event: events.Click) -> None:
        """A click puts the cursor there; one where it stands already opens."""
        place = event.y - 1 + self._offset
        if event.y < 1 or place >= len(self._rows) or self._rows[place].key is None:
            return
        if self._rows[place].key == self.cursor and event.chain > 1:
            self.action_choose()
        else:
            self.point_at(self._rows[place].key)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The wheel moves the cursor."""
        self.action_move(1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The wheel moves the cursor."""
        self.action_move(-1)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """All rows and the top line."""
        return len(self._rows or self.rows(width)) + 1


def _heads(row: Row) -> bool:
    return row.leads or row.key is None
