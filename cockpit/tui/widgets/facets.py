"""Charts side by side: one a contender, all with one crosshair; as many as fit, the others a page further."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from cockpit.tui.look import Line, shortened
from cockpit.tui.widgets.chart import Chart, spans
from cockpit.tui.widgets.picture import Picture, seen
from cockpit.tui.widgets.plot import Row, plot

#: The least room that a chart still tells something in.
LEAST_WIDTH, LEAST_HEIGHT = 30, 8


class Facets(Chart):
    """Shows the parts of a picture in a grid, all through the lens of the whole."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._parts: tuple[Picture, ...] = ()
        self._page = 0

    def show_parts(self, whole: Picture, parts: Sequence[Picture], page: int) -> None:
        """Show a page of these from now on."""
        if (tuple(parts), page) != (self._parts, self._page):
            self._parts, self._page = tuple(parts), page
            self.repaint()
        self.show(whole)

    def pages(self) -> int:
        """How many it takes to show all at the size there is."""
        columns, rows = _grid(len(self._parts), self.size.width, self.size.height - 1)
        return max(1, -(-len(self._parts) // (columns * rows)))

    def draw(self, width: int, height: int) -> Sequence[Line]:
        """The title, then the grid."""
        columns, rows = _grid(len(self._parts), width, height - 1)
        held, pages = columns * rows, self.pages()
        page = self._page % pages
        shown = self._parts[page * held : (page + 1) * held]
        whole = seen(self.picture, self.lens)
        lines: list[Line] = [_heading(whole.title, f"{page + 1} of {pages}, v for more" if pages > 1 else "", width)]
        if whole.viewport is None:
            return [*lines, ((f"  {whole.empty}", "dim"),)]
        wide, high = width // columns, (height - 1) // rows
        for first in range(0, len(shown), columns):
            beside = [self._plotted(each, whole, wide, high) for each in shown[first : first + columns]]
            lines += [spans(tuple(cell for part in parts for cell in part)) for parts in zip(*beside, strict=True)]
        return lines

    def _plotted(self, part: Picture, whole: Picture, width: int, height: int) -> tuple[Row, ...]:
        """One chart, over the very epochs and values that the whole is seen over."""
        assert whole.viewport is not None
        drawn = seen(part, self.lens)
        return plot(
            drawn.series,
            whole.viewport,
            width,
            height,
            bands=drawn.bands,
            cursor=whole.cursor,
            ascii=not self.look.unicode,
        )


def _heading(title: str, more: str, width: int) -> Line:
    """The title and what the charts show beside it; that there are more is said before all else."""
    behind = "the baseline faint behind"
    for told in (f"{behind}; {more}" if more else behind, more):
        if cell_len(title) + 2 + cell_len(told) <= width:
            return ((title, "title"), (f"  {told}", "dim"))
    return ((shortened(title, max(0, width - 2 - cell_len(more))), "title"), (f"  {more}", "dim"))


def _grid(count: int, width: int, height: int) -> tuple[int, int]:
    """Columns and rows: as near to all as fits, none smaller than it can be."""
    columns = max(1, min(count, width // LEAST_WIDTH))
    rows = max(1, min(-(-count // columns), height // LEAST_HEIGHT))
    # No column more than the rows need: the charts are the wider for it.
    return max(1, min(columns, -(-count // rows))), rows
