"""A chart as rows of cells: a pure function of series and a viewport. It knows no terminal and no widget.

Layers, from below: event lines, the cursor, bands, faint curves, the curves (their dots merged), marks. A point that
is not finite breaks its curve and is never bridged; where points outnumber columns each column shows their span.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from cockpit.tui.look import Look
from cockpit.tui.widgets import axis
from cockpit.tui.widgets.canvas import Canvas, Cell, Dots, Gaps
from cockpit.tui.widgets.legend import Row, legend, text
from cockpit.tui.widgets.series import Band, Event, Mark, Series, Stroke
from cockpit.tui.widgets.trace import Dot, placing_x, placing_y, traced
from cockpit.tui.widgets.viewport import Viewport

__all__ = ["Band", "Cell", "Event", "Mark", "Row", "Series", "Viewport", "plot"]

#: A mark stands on a curve about every so many cells, so that curves differ without colour.
MARK_EVERY = 14
#: Below this many rows an event's label gives its row to the curves.
LABEL_ROWS = 9
#: For each row of the legend beyond the first, so many rows must be there.
LEGEND_SHARE = 7
_GAPS: dict[Stroke, Gaps] = {"solid": (1, 0), "dashed": (5, 3), "dotted": (1, 3), "points": (0, 1)}
_BLANK = Cell(" ", "")


def plot(
    series: Sequence[Series],
    viewport: Viewport,
    width: int,
    height: int,
    *,
    title: str = "",
    bands: Sequence[Band] = (),
    events: Sequence[Event] = (),
    marks: Sequence[Mark] = (),
    cursor: int | None = None,
    ascii: bool = False,
    gutter: int = 5,
    numbered: bool = True,
) -> tuple[Row, ...]:
    """`height` rows of `width` cells. `gutter` is the least width of the y labels, axis included. Where it is
    not `numbered` the axis of epochs has no numbers below it, for a chart above another.

    A space too small for axes shows the legend alone.
    """
    events = [e for e in events if viewport.first <= e.x <= viewport.last]
    if cursor is not None and not viewport.first <= cursor <= viewport.last:
        cursor = None
    rows = legend(title, series, bands, width, max(1, height // LEGEND_SHARE), ascii)
    labelled = height >= LABEL_ROWS and any(e.label or e.head for e in events)
    inner_height = height - 1 - numbered - len(rows) - labelled
    names = _tick_names(viewport, inner_height)
    gutter = max(gutter, *(len(name) + 2 for name in names.values())) if names else gutter
    inner = _Frame(viewport, width - gutter, inner_height, ascii)
    if inner.width < 8 or inner.height < 2:
        return _shown([rows[0], *[text("", "", width)] * (height - 1)][:height], ascii)
    if labelled:
        rows.append(text(" " * gutter, "", gutter) + _event_labels(events, inner))
    left = [_y_label(names.get(y), gutter) for y in range(inner.height)]
    rows += [label + row for label, row in zip(left, _body(series, bands, inner, events, marks, cursor), strict=True)]
    rows += _x_axis(inner, gutter, cursor)[: 1 + numbered]
    return _shown(rows, ascii)


def _shown(rows: Sequence[Row], ascii: bool) -> tuple[Row, ...]:
    look = Look(unicode=not ascii)
    return tuple(tuple(Cell(look.shown(c.glyph), c.style) for c in row) for row in rows) if ascii else tuple(rows)


@dataclass(frozen=True, slots=True)
class _Frame:
    """The part of the chart between its axes, in cells, and where epochs and values fall in it."""

    viewport: Viewport
    width: int
    height: int
    ascii: bool

    def column(self, x: float) -> int:
        # By way of the dots, so that a line stands in the very cell of its epoch's dot.
        dots = 1 if self.ascii else 2
        return round(placing_x(self.viewport, self.width * dots)(x)) // dots

    def canvas(self) -> Canvas:
        return Canvas(self.width, self.height, ascii=self.ascii)

    def dots(self, points: Sequence[tuple[float, float]], canvas: Canvas) -> list[Dot]:
        return traced(points, self.viewport, canvas.columns, canvas.rows)


def _body(
    series: Sequence[Series],
    bands: Sequence[Band],
    frame: _Frame,
    events: Sequence[Event],
    marks: Sequence[Mark],
    cursor: int | None,
) -> list[Row]:
    ground = [_BLANK] * frame.width
    for event in reversed(events):
        ground[frame.column(event.x)] = Cell(event.glyph, "event")
    if cursor is not None:
        ground[frame.column(cursor)] = Cell("│", "cursor")
    grid = [ground.copy() for _ in range(frame.height)]
    shades, faint, canvas = frame.canvas(), frame.canvas(), frame.canvas()
    over: dict[Dots, Cell] = {}
    for number, band in enumerate(bands):
        _shade(band, number, frame, shades)
    for number, one in enumerate(series):
        dots = frame.dots(one.points, canvas)
        (faint if one.faint else canvas).curve(dots, Cell(one.ascii, one.style), _GAPS[one.stroke])
        if one.stroke == "points":
            over |= {canvas.cell(d): Cell(one.ascii if frame.ascii else one.glyph, one.style) for d in dots if d}
        elif one.glyph and one.marked and not frame.ascii:
            _mark_curve(one, number, [canvas.cell(d) for d in dots if d is not None], over, frame)
    for mark in marks:
        if frame.viewport.first <= mark.x <= frame.viewport.last:
            over |= {
                canvas.cell(d): Cell(mark.glyph, mark.style) for d in frame.dots([(mark.x, mark.y)], canvas) if d
            }
    for layer in (shades, faint, canvas):
        for x, y, cell in layer.drawn():
            grid[y][x] = cell
    for (x, y), cell in over.items():
        if 0 <= y < frame.height:
            grid[y][x] = cell
    return [tuple(row) for row in grid]


def _shade(band: Band, number: int, frame: _Frame, canvas: Canvas) -> None:
    """Fill between a band's bounds, straight from point to point."""
    across, up = placing_x(frame.viewport, canvas.columns), placing_y(frame.viewport, canvas.rows)
    pen = Cell(band.ascii, band.style)
    before: tuple[int, float, float] | None = None
    for x, low, high in band.points:
        bottom, top = up(low), up(high)
        here = (round(across(x)), top, bottom) if bottom is not None and top is not None else None
        if here:
            start = before or here
            steps = max(1, here[0] - start[0])
            for i in range(0 if before is None or steps == 1 else 1, steps + 1):
                at = min(start[0] + i, here[0])
                if 0 <= at < canvas.columns:
                    share = i / steps
                    ends = [round(start[k] + (here[k] - start[k]) * share) for k in (1, 2)]
                    canvas.fill(at, (ends[0], ends[1]), pen, number)
        before = here


def _mark_curve(one: Series, number: int, cells: list[Dots], over: dict[Dots, Cell], frame: _Frame) -> None:
    """The series' glyph at its newest point and about every so many cells, out of step with other series."""
    wanted = [c for c in cells if c[0] % MARK_EVERY == (number * 5) % MARK_EVERY]
    newest = next((c for c in reversed(cells) if c not in over), None)
    taken: set[int] = set()
    for cell in ([newest] if newest else []) + wanted:
        free = all(abs(cell[0] - x) > 2 for x in taken)
        if free and cell not in over and 0 <= cell[1] < frame.height:
            over[cell] = Cell(one.glyph, one.style)
            taken.add(cell[0])


def _event_labels(events: Sequence[Event], frame: _Frame) -> Row:
    """Each event's head above its line, and its label from there on as far as the next event, where there is room."""
    cells = [_BLANK] * frame.width
    columns = sorted({frame.column(e.x): e for e in reversed(events)}.items())
    # A head alone says nothing that its line and the mark on its curve do not: it gives way to a label.
    for x, event in columns:
        if not event.label:
            cells[x : x + len(event.head)] = text(event.head, "event", len(event.head))
    labelled = [(x, event) for x, event in columns if event.label]
    for place, (x, event) in enumerate(labelled):
        after = labelled[place + 1][0] if place + 1 < len(labelled) else frame.width + 1
        # Some heads are letters in ASCII, and would be read as the label's first.
        apart = " " if frame.ascii and event.head and event.label else ""
        room, label = after - x - 1, f"{event.head}{apart}{event.label}"
        if len(label) > room:
            label = label[: room - 1] + "…" if room >= 4 else event.head
        cells[x : x + len(label)] = text(label, "event", len(label))
    return tuple(cells[: frame.width])


def _tick_names(view: Viewport, height: int) -> dict[int, str]:
    """Row -> the number that stands beside it."""
    most, up = max(1, height // 2), placing_y(view, height)
    if view.log:
        found = axis.log_ticks(view.bottom, view.top, most)
        names = [axis.label(v, v) for v in found]
        if any(abs(float(name) - v) > v / 100 for name, v in zip(names, found, strict=True)):
            # Near one another they stand at even steps, which one digit does not tell.
            names = [axis.label(v, min((b - a for a, b in pairwise(found)), default=v / 10)) for v in found]
        return {round(up(v) or 0): name for v, name in zip(found, names, strict=True)}
    # One number alone tells no scale: where there are rows for two, a finer step is taken.
    for parts in range(most, height):
        if len(found := axis.ticks(view.bottom, view.top, parts)) > 1:
            break
    else:
        parts, found = most, axis.ticks(view.bottom, view.top, most)
    step = axis.step_for(view.top - view.bottom, parts)
    return {round(up(v) or 0): axis.label(v, step) for v in found}


def _y_label(name: str | None, gutter: int) -> Row:
    return text(f"{name or '':>{gutter - 2}} {'│' if name is None else '┤'}", "axis", gutter)


def _x_axis(frame: _Frame, gutter: int, cursor: int | None) -> tuple[Row, Row]:
    line, names, end = ["─"] * frame.width, [" "] * (frame.width + gutter), -1
    for epoch in axis.epoch_ticks(frame.viewport.first, frame.viewport.last, frame.width):
        x, name = frame.column(epoch), str(epoch)
        line[x] = "┬"
        start = min(gutter + x, gutter + frame.width - len(name))
        if start > end:  # The last is moved in from the edge, and may touch the one before.
            names[start : start + len(name)] = name
            end = start + len(name)
    cells = list(text(" " * (gutter - 1) + "└" + "".join(line), "axis", gutter + frame.width))
    if cursor is not None:
        cells[gutter + frame.column(cursor)] = Cell("▲", "cursor")
    return tuple(cells), text("".join(names), "axis", gutter + frame.width)
