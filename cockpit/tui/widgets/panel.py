"""A block of lines under a title, wrapped or cut to its width."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby

from textual.geometry import Size

from cockpit.tui.look import Line, Span
from cockpit.tui.widgets.painted import Painted


def wrapped(line: Line, width: int, indent: int = 0) -> list[Line]:
    """A line broken at spaces to fit; what follows the first is indented. A word too long is cut in two."""
    cells: list[Span] = [(c, style) for text, style in line for c in text]
    lines: list[Line] = []
    width = max(1, width)
    # An indent that leaves hardly any room is none: each line must take some of the text.
    indent = indent if indent + 8 <= width else 0
    while len(cells) > width:
        ends = [i for i in range(width, indent, -1) if cells[i][0] == " "]
        end = ends[0] if ends else width
        lines.append(_joined(cells[:end]))
        rest = cells[end:]
        while rest and rest[0][0] == " ":
            rest = rest[1:]
        cells = [(" ", "")] * indent + rest
    return [*lines, _joined(cells)]


def _joined(cells: Sequence[Span]) -> Line:
    return tuple(("".join(c for c, _ in same), style) for style, same in groupby(cells, lambda cell: cell[1]))


def _ended(line: Line, width: int) -> Line:
    """A line that ends in `…`, for what follows it is not shown."""
    cells = [(c, style) for text, style in line for c in text][: max(0, width - 2)]
    return _joined([*cells, (" ", ""), ("…", "dim")])


class Panel(Painted):
    """Shows lines. `indent` is for what wraps, None cuts lines instead; `tail` shows the last that fit."""

    def __init__(self, *, id: str | None = None, indent: int | None = 0, tail: bool = False) -> None:
        super().__init__(id=id)
        self._indent, self._tail = indent, tail
        self._title: Line = ()
        self._lines: tuple[Line, ...] = ()
        self._make: Callable[[int], Sequence[Line]] | None = None
        self._made_for = 0

    def show(self, lines: Sequence[Line] | Callable[[int], Sequence[Line]], title: Line = ()) -> None:
        """Show these from now on; of what depends on the width, a function is asked whenever that is another."""
        width = self.size.width or 80
        height = self._height(width)
        before = self._title, self._lines
        self._make, self._made_for = (lines, width) if callable(lines) else (None, 0)
        self._title, self._lines = title, tuple(lines(width) if callable(lines) else lines)
        if (self._title, self._lines) == before:
            return
        if self.styles.is_auto_height and height != self._height(width):
            self.refresh(layout=True)
        self.repaint()

    def draw(self, width: int, height: int) -> Sequence[Line]:
        """The title and as many lines as fit below it; where some do not, the last says so."""
        lines, title = self._wrapped(width), self._title
        if height == 1 and title and lines:
            return [_ended((*title, *lines[0]), width) if len(lines) > 1 else (*title, *lines[0])]
        room = height - bool(title)
        if len(lines) > room > 0:
            lines = lines[-room:] if self._tail else [*lines[: room - 1], _ended(lines[room - 1], width)]
        return ([title] if title else []) + lines

    def _wrapped(self, width: int) -> list[Line]:
        if self._make and width != self._made_for:
            self._lines, self._made_for = tuple(self._make(width)), width
        if self._indent is None:
            return list(self._lines)
        return [part for line in self._lines for part in wrapped(line, width, self._indent)]

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many lines as it takes."""
        return self._height(width)

    def _height(self, width: int) -> int:
        return len(self._wrapped(width)) + bool(self._title)
