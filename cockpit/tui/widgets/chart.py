"""A chart on the screen: the plot of a picture, of which only what changed is sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from cockpit.tui.look import Line
from cockpit.tui.widgets.painted import Painted
from cockpit.tui.widgets.picture import Lens, Picture, seen
from cockpit.tui.widgets.plot import Row, plot

__all__ = ["Chart", "Lens", "Picture"]


class Chart(Painted):
    """Shows one picture through a lens, which the keys of `ChartKeys` change."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.picture = Picture("")
        self.lens = Lens()
        self._seen = self.picture
        self._numbered = self._labelled = True

    def show(self, picture: Picture) -> None:
        """Show this from now on. Where only a part is seen, that moves along with the cursor."""
        if picture == self.picture:
            return
        if picture.title != self.picture.title:
            self.lens = replace(self.lens, y=None)  # in the units of another measure
        moved = picture.cursor != self.picture.cursor
        # Where nothing but the cursor moved, nothing is smoothed and fitted once more.
        alone = moved and replace(self.picture, cursor=picture.cursor) == picture
        self.picture = picture
        lens = self.lens.holding(picture) if moved else self.lens
        if alone and lens == self.lens:
            self._seen = replace(self._seen, cursor=picture.cursor)
            self.repaint()
        else:
            self.look_through(lens)

    def look_through(self, lens: Lens) -> None:
        """Show the picture through this lens from now on."""
        self.lens = lens
        if (now := seen(self.picture, lens)) != self._seen:
            self._seen = now
            self.repaint()

    def among(self, *, numbered: bool, labelled: bool) -> None:
        """For a chart above or below others of the same epochs: whether the axis has numbers and the lines labels."""
        if (numbered, labelled) != (self._numbered, self._labelled):
            self._numbered, self._labelled = numbered, labelled
            self.repaint()

    def draw(self, width: int, height: int) -> Sequence[Line]:
        """What is seen, plotted to the widget's size."""
        picture = self._seen
        if picture.viewport is None:
            return [((picture.title, "title"),), (("", ""),), ((f"  {picture.empty}", "dim"),)]
        rows = plot(
            picture.series,
            picture.viewport,
            width,
            height,
            title=picture.title,
            bands=picture.bands,
            events=picture.events if self._labelled else [replace(e, label="", head="") for e in picture.events],
            marks=picture.marks,
            cursor=picture.cursor,
            ascii=not self.look.unicode,
            gutter=picture.gutter,
            numbered=self._numbered,
        )
        return [spans(row) for row in rows]


def spans(row: Row) -> Line:
    """A row of a plot with neighbours of one style as one span."""
    return tuple(("".join(c.glyph for c in cells), style) for style, cells in groupby(row, lambda c: c.style))
