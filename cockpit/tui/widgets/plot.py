"""A chart as rows of cells: a pure function of series and a viewport. It knows no terminal and no widget.

Layers, from below: event lines, the cursor, the curves (their dots merged), marks. A point that is not finite
breaks its curve and is never bridged; where points outnumber columns each column shows their span.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from cockpit.tui.look import Look
from cockpit.tui.widgets import axis
from cockpit.tui.widgets.canvas import Canvas, Cell, Dots, scaled

Row = tuple[Cell, ...]
#: A mark stands on a curve about every so many cells, so that curves differ without colour.
MARK_EVERY = 14
#: Below this many rows an event's label gives its row to the curves.
LABEL_ROWS = 9


@dataclass(frozen=True, slots=True)
class Series:
    """One curve. `glyph` marks it on the chart and in the legend; a curve without one is not in the legend.

    One that is not `marked` is in the legend alone, after those that are.
    """

    name: str
    points: tuple[tuple[float, float], ...]
    style: str
    glyph: str = ""
    ascii: str = "."
    marked: bool = True


@dataclass(frozen=True, slots=True)
class Viewport:
    """What is seen: x from the first to the last epoch, y from bottom to top."""

    first: int
    last: int
    bottom: float
    top: float


@dataclass(frozen=True, slots=True)
class Event:
    """A vertical line at an epoch, labelled where there is room."""

    x: int
    label: str
    glyph: str = "┊"


@dataclass(frozen=True, slots=True)
class Mark:
    """One cell on top of everything, such as the best epoch."""

    x: float
    y: float
    glyph: str
    style: str


def plot(
    series: Sequence[Series],
    viewport: Viewport,
    width: int,
    height: int,
    *,
    title: str = "",
    events: Sequence[Event] = (),
    marks: Sequence[Mark] = (),
    cursor: int | None = None,
    ascii: bool = False,
    gutter: int = 5,
) -> tuple[Row, ...]:
    """`height` rows of `width` cells. `gutter` is the width of the y labels, axis included.

    A space too small for axes shows the legend alone.
    """
    header = _legend(title, series, width, ascii)
    labelled = height >= LABEL_ROWS and any(e.label for e in events)
    inner = _Frame(viewport, width - gutter, height - 3 - labelled, ascii)
    if inner.width < 8 or inner.height < 2:
        return _shown([header if y == 0 else _text("", "", width) for y in range(height)], ascii)
    body = _body(series, inner, events, marks, cursor)
    left = _y_labels(inner, gutter)
    rows = [header]
    if labelled:
        rows.append(_text(" " * gutter, "", gutter) + _event_labels(events, inner))
    rows += [label + row for label, row in zip(left, body, strict=True)]
    return _shown([*rows, *_x_axis(inner, gutter, cursor)], ascii)


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
        return scaled(x, self.viewport.first, self.viewport.last, self.width * dots) // dots

    def dots(self, points: Sequence[tuple[float, float]], canvas: Canvas) -> list[Dots | None]:
        view = self.viewport
        return [
            (
                scaled(x, view.first, view.last, canvas.columns),
                canvas.rows - 1 - scaled(y, view.bottom, view.top, canvas.rows),
            )
            if math.isfinite(y)
            else None
            for x, y in points
            if view.first <= x <= view.last
        ]


def _body(
    series: Sequence[Series], frame: _Frame, events: Sequence[Event], marks: Sequence[Mark], cursor: int | None
) -> list[Row]:
    lines = {frame.column(e.x): Cell(e.glyph, "event") for e in reversed(events)}
    if cursor is not None:
        lines[frame.column(cursor)] = Cell("│", "cursor")
    canvas = Canvas(frame.width, frame.height, ascii=frame.ascii)
    over: dict[Dots, Cell] = {}
    for number, one in enumerate(series):
        dots = frame.dots(one.points, canvas)
        canvas.curve(dots, Cell(one.ascii, one.style))
        if one.glyph and one.marked and not frame.ascii:
            _mark_curve(one, number, [canvas.cell(d) for d in dots if d is not None], over, frame)
    for mark in marks:
        for dot in frame.dots([(mark.x, mark.y)], canvas):
            if dot is not None:
                over[canvas.cell(dot)] = Cell(mark.glyph, mark.style)
    blank = Cell(" ", "")
    return [
        tuple(over.get((x, y)) or canvas.at((x, y)) or lines.get(x, blank) for x in range(frame.width))
        for y in range(frame.height)
    ]


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


def _text(text: str, style: str, width: int) -> Row:
    return tuple(Cell(c, style) for c in text[:width].ljust(width))


def _legend(title: str, series: Sequence[Series], width: int, ascii: bool) -> Row:
    row = list(_text(title, "title", len(title)))
    # Alike curves, such as those of several networks, have one name and one entry.
    for one in {one.name: one for one in sorted(series, key=lambda one: not one.marked)}.values():
        glyph = one.ascii if ascii else one.glyph
        if one.glyph and len(row) + len(one.name) + 4 <= width:
            row += [
                Cell(" ", ""),
                Cell(" ", ""),
                Cell(glyph, one.style),
                Cell(" ", ""),
                *_text(one.name, "", len(one.name)),
            ]
    return tuple(row[:width] + [Cell(" ", "")] * (width - len(row)))


def _event_labels(events: Sequence[Event], frame: _Frame) -> Row:
    """Each event's label from its line on, as far as the next event; left out where less than 3 cells are free."""
    cells = [Cell(" ", "")] * frame.width
    columns = sorted({frame.column(e.x): e for e in reversed(events)}.items())
    for (x, event), after in zip(columns, [*(c for c, _ in columns[1:]), frame.width + 1], strict=True):
        room = after - x - 1
        if len(event.label) <= room or room >= 4:
            text = event.label if len(event.label) <= room else event.label[: room - 1] + "…"
            cells[x : x + len(text)] = _text(text, "event", len(text))
    return tuple(cells[: frame.width])


def _y_labels(frame: _Frame, gutter: int) -> list[Row]:
    view = frame.viewport
    step = axis.step_for(view.top - view.bottom, max(1, frame.height // 2))
    named = {
        frame.height - 1 - scaled(v, view.bottom, view.top, frame.height): axis.label(v, step)
        for v in axis.ticks(view.bottom, view.top, max(1, frame.height // 2))
    }
    return [
        _text(f"{named.get(y, ''):>{gutter - 2}} {'┤' if y in named else '│'}"[-gutter:], "axis", gutter)
        for y in range(frame.height)
    ]


def _x_axis(frame: _Frame, gutter: int, cursor: int | None) -> tuple[Row, Row]:
    line, names = ["─"] * frame.width, [" "] * (frame.width + gutter)
    for epoch in axis.epoch_ticks(frame.viewport.first, frame.viewport.last, frame.width):
        x, name = frame.column(epoch), str(epoch)
        line[x] = "┬"
        start = min(gutter + x, gutter + frame.width - len(name))
        names[start : start + len(name)] = name
    cells = list(_text(" " * (gutter - 1) + "└" + "".join(line), "axis", gutter + frame.width))
    if cursor is not None:
        cells[gutter + frame.column(cursor)] = Cell("▲", "cursor")
    return tuple(cells), _text("".join(names), "axis", gutter + frame.width)
