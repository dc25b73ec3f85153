"""The base of our widgets: lines of styled text, of which only the spans that changed are sent again."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from cockpit.tui.look import Line, Look


def strip(line: Line, width: int, base: Style, look: Look) -> Strip:
    """A line as a strip of exactly `width` cells, cut or filled at its right."""
    segments, left = [], width
    for text, name in line:
        text = text if cell_len(text) <= left else set_cell_size(text, left)
        left -= cell_len(text)
        segments.append(Segment(text, base + look.style(name)))
    if left:
        segments.append(Segment(" " * left, base))
    # Of neighbours in one style one is sent: each costs a dozen bytes beside its text.
    return Strip(segments, width).simplify()


def changed(old: Strip, new: Strip) -> tuple[int, int] | None:
    """The cells from and to which two strips of one width differ; None when they are equal."""
    if old == new:
        return None
    before, after = _cells(old), _cells(new)
    if before == after:
        return None
    if len(before) != len(after):
        return 0, max(len(before), len(after))
    differ = [i for i, (a, b) in enumerate(zip(before, after, strict=True)) if a != b]
    return differ[0], differ[-1] + 1


def _cells(line: Strip) -> list[tuple[str, Style | None]]:
    """One entry a cell; a wide character's second cell is empty."""
    cells: list[tuple[str, Style | None]] = []
    for text, style, _ in line:
        if text.isascii():  # one cell each, and most of what there is
            cells.extend([(character, style) for character in text])
            continue
        for character in text:
            cells.append((character, style))
            cells.extend([("", style)] * (cell_len(character) - 1))
    return cells


class Painted(Widget):
    """Subclasses say what their lines are; this sends what changed of them."""

    ALLOW_SELECT = False

    #: The screen's action that opens what it shows a part of, for one that cannot take the focus itself.
    opens = ""
    #: The line shown reversed, if any.
    reversed_line: int | None = None

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._strips: list[Strip] = []

    @property
    def look(self) -> Look:
        """What the app's terminal can show."""
        look = getattr(self.app, "look", None)
        return look if isinstance(look, Look) else Look()

    def draw(self, width: int, height: int) -> Sequence[Line]:
        """The lines to show, at most `height` of them."""
        raise NotImplementedError

    def repaint(self) -> None:
        """Draw anew, and send the cells that came out otherwise than before."""
        width, height = self.size
        if not width or not height:
            return
        new = self._drawn(width, height)
        old, self._strips = self._strips, new
        if len(old) != len(new) or (old and old[0].cell_length != width):
            self.refresh()
            return
        for y, (before, after) in enumerate(zip(old, new, strict=True)):
            if span := changed(before, after):
                self.refresh(Region(span[0], y, span[1] - span[0], 1))

    def _drawn(self, width: int, height: int) -> list[Strip]:
        look = self.look
        lines = [tuple((look.shown(t), s) for t, s in line) for line in self.draw(width, height)][:height]
        lines += [()] * (height - len(lines))
        return [strip(line, width, Style(reverse=y == self.reversed_line), look) for y, line in enumerate(lines)]

    def on_resize(self, event: events.Resize) -> None:
        """Another size, another drawing."""
        self.repaint()

    def render_line(self, y: int) -> Strip:
        """One line for the compositor."""
        base = self.rich_style
        if y < len(self._strips) and self._strips[y].cell_length == self.size.width:
            return Strip(list(Segment.apply_style(self._strips[y], base)), self.size.width)
        return Strip.blank(self.size.width, base)

    def get_content_width(self, container: Size, viewport: Size) -> int:
        """As wide as there is room."""
        return container.width
