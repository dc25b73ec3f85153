"""A table of cells with a shade each: it scrolls both ways under heads that stay, and its cursor is a cell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from rich.cells import cell_len, set_cell_size
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message

from cockpit.insight.format import within
from cockpit.insight.matrix import Cell, Metric, Table
from cockpit.insight.matrixtext import baseline, corner, difference, figure, heading, spread
from cockpit.tui.look import STATE_STYLES, Line, Look, Span, shortened
from cockpit.tui.widgets.painted import Painted
from engine.contract.cleaning import clean

#: The shade and the style of each level, lowest first; the number beside them says the same.
SHADES = ((" ", ""), ("░", "node"), ("▒", "busy"), ("▓", "good"), ("█", "good"))
#: A cell at its narrowest, with a deviation and without, and at its widest; the heads of rows at their widest.
NARROWEST, BARE, WIDEST, HEADS = 15, 10, 26, 26
#: The lines of a cell.
Part = Literal["mean", "runs", "difference", "published"]


class Heat(Painted, can_focus=True):
    """Shows a table, moves the cursor over its cells, and tells when one is opened."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "runs", id="matrix.open", key_display="enter", tooltip="The runs behind the cell"),
        Binding("up,k", "move(-1, 0)", "up", id="matrix.up", show=False, tooltip="One row up"),
        Binding("down,j", "move(1, 0)", "down", id="matrix.down", show=False, tooltip="One row down"),
        Binding("left,h", "move(0, -1)", "left", id="matrix.left", show=False, tooltip="One column to the left"),
        Binding("right,l", "move(0, 1)", "right", id="matrix.right", show=False, tooltip="One column to the right"),
        Binding("home", "move(-9999, -9999)", "first", id="matrix.first", show=False, tooltip="The first cell"),
        Binding("end", "move(9999, 9999)", "last", id="matrix.last", show=False, tooltip="The last cell"),
        Binding("pageup", "page(-1)", "page up", id="matrix.page_up", show=False, tooltip="One page up"),
        Binding("pagedown", "page(1)", "page down", id="matrix.page_down", show=False, tooltip="One page down"),
    ]

    class Chosen(Message):
        """A cell was opened."""

        def __init__(self, cell: Cell, row: str, col: str) -> None:
            super().__init__()
            self.cell, self.row, self.col = cell, row, col

    class Moved(Message):
        """The cursor stands on another cell."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._table: Table | None = None
        self._at = (0, 0)
        self._moved = False
        self._first = (0, 0)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Nothing can be opened where no table is."""
        return False if action == "choose" and self._table is None else super().check_action(action, parameters)

    def show(self, table: Table | None) -> None:
        """Show this from now on; the cursor stays on the values it stands on, where they are still there."""
        place = self.place if self._moved else None
        self._table = table
        row, col = self._at if self._moved else (0, 0)
        if table and place and place[0] in table.rows.values and place[1] in table.cols.values:
            row, col = table.rows.values.index(place[0]), table.cols.values.index(place[1])
        self._go(row, col)

    def reset(self) -> None:
        """The next table is another one: the cursor begins at its first cell."""
        self._moved = False

    @property
    def place(self) -> tuple[str, str] | None:
        """The values of both axes under the cursor."""
        table = self._table
        return (table.rows.values[self._at[0]], table.cols.values[self._at[1]]) if table else None

    @property
    def cell(self) -> Cell:
        """What stands under the cursor."""
        return self._table.cell(*self.place) if self._table and self.place else Cell()

    def draw(self, width: int, height: int) -> Sequence[Line]:
        """The heads of the columns, and as many rows and columns as fit, with the cursor's among them."""
        table = self._table
        if table is None:
            return []
        rows, cols = table.rows.values, table.cols.values
        parts = self._parts(height)
        names = [heading(table.rows, value, table.metric) for value in rows]
        narrowest = NARROWEST if any(cell.std is not None for cell in table.cells.values()) else BARE
        head = self._head_size(names, parts, width, narrowest)
        if (width - head) // narrowest < len(cols):
            head = max(head, cell_len(corner(table)) + len(f"  {len(cols)}-{len(cols)} of {len(cols)} "))
        deep, wide = max(1, (height - 1) // len(parts)), max(1, (width - head) // narrowest)
        each = min(WIDEST, max(narrowest, (width - head) // min(wide, len(cols))))
        top, left = self._scrolled(deep, wide)
        seen = range(left, min(left + wide, len(cols)))
        above = f" {corner(table)}{_more(seen, len(cols))}"
        heads = [shortened(heading(table.cols, cols[c], table.metric), each - 4) for c in seen]
        lines: list[Line] = [
            (
                (set_cell_size(above, head), "dim"),
                *((f"   {set_cell_size(name, each - 3)}", "title") for name in heads),
            )
        ]
        for r in range(top, min(top + deep, len(rows))):
            cells = [table.cell(rows[r], cols[c]) for c in seen]
            for part in parts:
                spans = [
                    span
                    for c, cell in zip(seen, cells, strict=True)
                    for span in self._cell(cell, part, each, here=(r, c) == self._at)
                ]
                lines.append((self._head(part, names[r], head, here=r == self._at[0]), *spans))
        return lines

    def _head_size(self, names: Sequence[str], parts: Sequence[Part], width: int, narrowest: int) -> int:
        """The cells of the rows' heads; that the baseline's axis is named must cost no column."""
        table = self._table
        assert table
        least = (*names, corner(table), *(f" {_label(part, table)}" for part in parts[1:]))
        whole = (*least, *(f" {_label(part, table, HEADS)}" for part in parts[1:]))
        short, long = (min(HEADS, max(map(cell_len, each)) + 2, max(8, width // 3)) for each in (least, whole))
        fits = (width - long) // narrowest >= min(len(table.cols.values), (width - short) // narrowest)
        return long if fits else short

    def _parts(self, height: int) -> tuple[Part, ...]:
        """The lines of a cell: two at least, and where all rows fit one each for what else there is to say."""
        table = self._table
        assert table
        cells = table.cells.values()
        extras: list[Part] = ["difference"] if any(c.difference is not None for c in cells) else []
        extras += ["published"] if any(c.published is not None for c in cells) else []
        room = (height - 1) // max(1, len(table.rows.values))
        return ("mean", "runs", *extras[: max(0, room - 2)])

    def _head(self, part: Part, name: str, width: int, *, here: bool) -> Span:
        """What stands before a row: its name, below it what its further lines are."""
        assert self._table
        if part == "mean":
            mark = "›" if here and self.has_focus else " "
            return set_cell_size(f"{mark}{shortened(name, width - 2)}", width), "title" if here else ""
        return set_cell_size(f"  {_label(part, self._table, width - 2)}", width), "dim"

    def _cell(self, cell: Cell, part: Part, width: int, *, here: bool) -> Line:
        """One line of a cell, exactly `width` wide."""
        assert self._table
        shade, colour = SHADES[cell.shade] if cell.shade is not None else (" ", "")
        text, style = _told(cell, part, self._table.metric, self.look, width - 4) if cell.of else ("", "")
        if here:
            style = "here" if self.has_focus else "bold"
        mark = "›" if here and part == "mean" else " "
        return (mark, "bold"), (shade, colour), (set_cell_size(text, width - 3), style), (" ", "")

    def _scrolled(self, deep: int, wide: int) -> tuple[int, int]:
        """The first row and column shown, so that the cursor's cell is among them."""
        table = self._table
        assert table
        first = []
        for at, start, room, count in zip(
            self._at, self._first, (deep, wide), (len(table.rows.values), len(table.cols.values)), strict=True
        ):
            first.append(max(0, min(max(start, at - room + 1), at, count - room)))
        self._first = (first[0], first[1])
        return self._first

    def _go(self, row: int, col: int) -> None:
        table = self._table
        if table:
            rows, cols = len(table.rows.values), len(table.cols.values)
            self._at = (min(max(row, 0), rows - 1), min(max(col, 0), cols - 1))
        self.repaint()
        self.post_message(self.Moved())

    def action_move(self, down: int, right: int) -> None:
        """Move over so many rows and columns."""
        self._moved = True
        self._go(self._at[0] + down, self._at[1] + right)

    def action_page(self, pages: int) -> None:
        """Move over so many screens of rows."""
        if self._table:
            self.action_move(pages * max(1, (self.size.height - 1) // len(self._parts(self.size.height))), 0)

    def action_choose(self) -> None:
        """Open the cell under the cursor."""
        if place := self.place:
            self.post_message(self.Chosen(self.cell, *place))

    def watch_has_focus(self, _has_focus: bool) -> None:
        """The cursor shows where keys go."""
        super().watch_has_focus(_has_focus)
        self.repaint()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The wheel moves the cursor."""
        self.action_move(1, 0)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The wheel moves the cursor."""
        self.action_move(-1, 0)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """All rows under their heads."""
        return 1 + 2 * len(self._table.rows.values) if self._table else 1


def _label(part: Part, table: Table, room: int = 0) -> str:
    """What a further line of a row is; of the baseline its axis, too, where it has to be told and there is room."""
    if part == "difference" and table.baseline:
        told = f"to {baseline(table)}"
        return told if cell_len(told) <= room else f"to {clean(table.baseline[1])}"
    return "publ." if part == "published" else part


def _more(seen: range, count: int) -> str:
    """Which columns are seen, where some are not."""
    return f" {seen.start + 1}-{seen.stop} of {count}" if len(seen) < count else ""


def _told(cell: Cell, part: Part, metric: Metric, look: Look, room: int) -> Span:
    """What a line of a cell says, after a column for the mark of what is provisional."""
    if part == "mean":
        std = f" {spread(cell.std, metric)}" if cell.std is not None else ""
        told = within(f"{figure(cell.mean, metric)}{std}", room)
        return f"{'~' if cell.provisional else ' '}{told}", "dim" if cell.provisional else ""
    if part == "runs":
        style = "dim" if cell.word in (None, "finished") else STATE_STYLES[cell.word]
        return f" {_standing(cell, look, room)}", style
    value = cell.difference if part == "difference" else cell.published
    told = difference(value, metric) if part == "difference" else figure(value, metric)
    return f" {within(told, room)}" if value is not None else "", "dim"


def _standing(cell: Cell, look: Look, room: int) -> str:
    """How many runs the figure is of, and what the others do: as much of it as there is room for."""
    if not cell.runs:
        return "no run yet" if room >= 10 else "none"
    count = f"{cell.n}" if cell.n == cell.of else f"{cell.n}/{cell.of}"
    if cell.word is None or cell.word == "finished":
        return count
    glyph = look.state(cell.word)
    if cell.position is not None:
        far = f"{glyph} {100 * cell.position:.0f}%"
        return f"{count} {far}" if len(count) + len(far) < room else far
    told = f"{glyph} {'memory' if cell.word == 'out-of-memory' else cell.word}"
    told = told if len(told) <= room else glyph
    return f"{count} {glyph}" if cell.n else told
