"""The line above a chart: its title, and which glyph stands for which curve."""

from __future__ import annotations

from collections.abc import Sequence

from cockpit.tui.widgets.canvas import Cell
from cockpit.tui.widgets.series import Band, Series

Row = tuple[Cell, ...]
_BLANK = Cell(" ", "")


def text(said: str, style: str, width: int) -> Row:
    """Exactly `width` cells of one style."""
    return tuple(Cell(c, style) for c in said[:width].ljust(width))


def legend(
    title: str, series: Sequence[Series], bands: Sequence[Band], width: int, most: int, ascii: bool
) -> list[Row]:
    """The title and an entry a curve, in at most so many rows; entries left out for want of room are counted.

    Alike curves, such as those of several networks, have one name and one entry.
    """
    ordered = sorted(series, key=lambda one: (not one.foremost, not one.marked))
    entries: list[Series | Band] = [*ordered, *bands]
    named = {one.name: one for one in entries if one.glyph}
    rows: list[list[Cell]] = [list(text(title, "title", min(len(title), width)))]
    for number, one in enumerate(named.values()):
        left, more = width - len(rows[-1]), f"  +{len(named) - number} more"
        # In the last row there must be room behind it for how many more there are.
        behind = len(more) if len(rows) == most and number + 1 < len(named) else 0
        room = len(one.name) + 4 + behind <= left
        if not room and len(rows) == most:
            rows[-1] += text(more, "dim", len(more)) if len(more) <= left else ()
            break
        if not room:
            rows.append([])
        glyph = Cell(one.ascii if ascii else one.glyph, one.style)
        rows[-1] += [_BLANK, _BLANK, glyph, _BLANK, *text(one.name, "", len(one.name))]
    return [tuple(row[:width] + [_BLANK] * (width - len(row))) for row in rows]
