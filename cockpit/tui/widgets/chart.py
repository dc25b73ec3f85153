"""A chart on the screen: the plot of a picture, of which only what changed is sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from cockpit.tui.look import Line
from cockpit.tui.widgets.painted import Painted
from cockpit.tui.widgets.plot import Event, Mark, Row, Series, Viewport, plot


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything a chart shows but its size. Without a viewport there is nothing to draw yet."""

    title: str
    series: tuple[Series, ...] = ()
    viewport: Viewport | None = None
    events: tuple[Event, ...] = ()
    marks: tuple[Mark, ...] = ()
    cursor: int | None = None
    empty: str = ""


class Chart(Painted):
    """Shows one picture."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._picture = Picture("")

    def show(self, picture: Picture) -> None:
        """Show this from now on."""
        if picture != self._picture:
            self._picture = picture
            self.repaint()

    def draw(self, width: int, height: int) -> Sequence[Line]:
        """The picture plotted to the widget's size."""
        picture = self._picture
        if picture.viewport is None:
            return [((picture.title, "title"),), (("", ""),), ((f"  {picture.empty}", "dim"),)]
        rows = plot(
            picture.series,
            picture.viewport,
            width,
            height,
            title=picture.title,
            events=picture.events,
            marks=picture.marks,
            cursor=picture.cursor,
            ascii=not self.look.unicode,
        )
        return [_spans(row) for row in rows]


def _spans(row: Row) -> Line:
    return tuple(("".join(c.glyph for c in cells), style) for style, cells in groupby(row, lambda c: c.style))
