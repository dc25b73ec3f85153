"""Charts side by side: one a contender, all with one crosshair; as many as fit, the others a page further."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from cockpit.tui.look import Line
from cockpit.tui.widgets.chart import Picture
from cockpit.tui.widgets.painted import Painted
from cockpit.tui.widgets.plot import Row, plot

#: The least room that a chart still tells something in.
LEAST_WIDTH, LEAST_HEIGHT = 30, 8


class Facets(Painted):
    """Shows pictures in a grid."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._pictures: tuple[Picture, ...] = ()
        self._cursor: int | None = None
        self._page = 0
        self._title = ""

    def show(self, pictures: Sequence[Picture], cursor: int | None, page: int, title: str) -> None:
        """Show a page of these from now on."""
        self._pictures, self._cursor, self._page, self._title = tuple(pictures), cursor, page, title
        self.repaint()

    def pages(self) -> int:
        """How many it takes to show all at the size there is."""
        columns, rows = _grid(len(self._pictures), self.size.width, self.size.height - 1)
        return max(1, -(-len(self._pictures) // (columns * rows)))

    def draw(self, width: int, height: int) -> Sequence[Line]:
        """The title, then the grid."""
        columns, rows = _grid(len(self._pictures), width, height - 1)
        held, pages = columns * rows, self.pages()
        page = self._page % pages
        shown = self._pictures[page * held : (page + 1) * held]
        more = f"  {page + 1} of {pages}" if pages > 1 else ""
        lines: list[Line] = [((self._title, "title"), (more, "dim"))]
        wide, high = width // columns, (height - 1) // rows
        for first in range(0, len(shown), columns):
            beside = [self._plotted(each, wide, high) for each in shown[first : first + columns]]
            lines += [_spans(tuple(cell for part in parts for cell in part)) for parts in zip(*beside, strict=True)]
        return lines

    def _plotted(self, picture: Picture, width: int, height: int) -> tuple[Row, ...]:
        assert picture.viewport is not None
        return plot(picture.series, picture.viewport, width, height, cursor=self._cursor, ascii=not self.look.unicode)


def _grid(count: int, width: int, height: int) -> tuple[int, int]:
    """Columns and rows: as near to all as fits, none smaller than it can be."""
    columns = max(1, min(count, width // LEAST_WIDTH))
    rows = max(1, min(-(-count // columns), height // LEAST_HEIGHT))
    # No column more than the rows need: the charts are the wider for it.
    return max(1, min(columns, -(-count // rows))), rows


def _spans(row: Row) -> Line:
    return tuple(("".join(c.glyph for c in cells), style) for style, cells in groupby(row, lambda c: c.style))
