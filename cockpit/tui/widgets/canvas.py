"""A grid of dots under a grid of cells: braille, 2x4 dots a cell, or one dot a cell where only ASCII shows.

Curves that share a cell share its braille character: their dots are merged and none is lost. In ASCII they take turns
by column, so that both are seen.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

Dots = tuple[int, int]
#: How many columns of dots a stroke is drawn in, and how many it then leaves out.
Gaps = tuple[int, int]
_BITS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))


class Cell(NamedTuple):
    """One character and the name of its style."""

    glyph: str
    style: str


class Column(NamedTuple):
    """All points of a curve that fall into one column of dots: first, last, lowest and highest row."""

    x: int
    first: int
    last: int
    top: int
    bottom: int


class Canvas:
    """What has been drawn so far. Dots count from the upper left."""

    def __init__(self, width: int, height: int, *, ascii: bool = False) -> None:
        self._dx, self._dy = (1, 1) if ascii else (2, 4)
        self.columns, self.rows = width * self._dx, height * self._dy
        self._width = width
        self._ascii = ascii
        self._bits = bytearray(width * height)
        self._pens: list[list[Cell] | None] = [None] * (width * height)

    def cell(self, dot: Dots) -> Dots:
        """The cell a dot lies in."""
        return dot[0] // self._dx, dot[1] // self._dy

    def curve(self, dots: Sequence[Dots | None], pen: Cell, gaps: Gaps = (1, 0)) -> None:
        """Join the dots; a None among them breaks the line. Several in one column become their span."""
        touched: set[int] = set()
        drawn = _drawn(self.columns, gaps)
        for run in _runs(dots):
            before: Column | None = None
            for column in _columns(run):
                if before:
                    self._line((before.x, before.last), (column.x, column.first), drawn, touched)
                self._span(column.x, column.top, column.bottom, drawn, touched)
                before = column
        for cell in touched:
            pens = self._pens[cell]
            if pens is None:
                self._pens[cell] = [pen]
            elif pens[-1] != pen:
                pens.append(pen)

    def fill(self, x: int, rows: tuple[int, int], pen: Cell, pattern: int) -> None:
        """The dots of a column from a top to a bottom row, of which a pattern leaves out half: 0, 1, 2 differ."""
        # A checkerboard, upright stripes, level stripes: two bands in one place can be told apart.
        for y in range(max(0, rows[0]), min(self.rows, rows[1] + 1)):
            if not 0 <= x < self.columns or (x + y, x, y)[pattern % 3] % 2:
                continue
            cell = y // self._dy * self._width + x // self._dx
            self._bits[cell] |= _BITS[x % self._dx][y % self._dy]
            self._pens[cell] = [pen]

    def at(self, cell: Dots) -> Cell | None:
        """What a cell shows; None when nothing was drawn there."""
        return self._shown(cell[1] * self._width + cell[0])

    def drawn(self) -> Iterator[tuple[int, int, Cell]]:
        """Column, row and content of every cell that something was drawn in."""
        for i, pens in enumerate(self._pens):
            if pens:
                shown = self._shown(i)
                assert shown
                yield i % self._width, i // self._width, shown

    def _shown(self, cell: int) -> Cell | None:
        pens = self._pens[cell]
        if not pens:
            return None
        return pens[cell % self._width % len(pens)] if self._ascii else _braille(self._bits[cell], pens[-1].style)

    def _line(self, a: Dots, b: Dots, drawn: bytearray, touched: set[int]) -> None:
        """The dots between two, without them."""
        (ax, ay), (bx, by) = a, b
        rows, dx, dy, width, bits = self.rows, self._dx, self._dy, self._width, self._bits
        if -2 < bx - ax < 2 and -2 < by - ay < 2:
            return
        steps = max(abs(bx - ax), abs(by - ay))
        slope_x, slope_y = (bx - ax) / steps, (by - ay) / steps
        # Of a line that leaves the grid, only the steps inside.
        start, end = 1, steps
        if slope_y:
            enter, leave = sorted(((-1 - ay) / slope_y, (rows - ay) / slope_y))
            start, end = max(start, math.floor(enter)), min(end, math.ceil(leave) + 1)
        for i in range(start, end):
            x, y = round(ax + slope_x * i), round(ay + slope_y * i)
            if 0 <= y < rows and drawn[x]:
                cell = y // dy * width + x // dx
                bits[cell] |= _BITS[x % dx][y % dy]
                touched.add(cell)

    def _span(self, x: int, top: int, bottom: int, drawn: bytearray, touched: set[int]) -> None:
        """All dots of a column from one row to another, a cell at a time."""
        if not drawn[x]:
            return
        dy, width, across, bits = self._dy, self._width, x // self._dx, _BITS[x % self._dx]
        if top == bottom:
            if 0 <= top < self.rows:
                cell = top // dy * width + across
                self._bits[cell] |= bits[top % dy]
                touched.add(cell)
            return
        top, bottom = max(0, top), min(self.rows - 1, bottom)
        for row in range(top // dy, bottom // dy + 1):
            mask = sum(bits[max(0, top - row * dy) : min(dy - 1, bottom - row * dy) + 1])
            self._bits[row * width + across] |= mask
            touched.add(row * width + across)


@cache
def _drawn(columns: int, gaps: Gaps) -> bytearray:
    """Of each column, whether a stroke with such gaps is seen in it."""
    on, off = gaps
    return bytearray(x % (on + off) < on for x in range(columns))


@cache
def _braille(bits: int, style: str) -> Cell:
    return Cell(chr(0x2800 + bits), style)


def _runs(dots: Sequence[Dots | None]) -> Iterator[list[Dots]]:
    run: list[Dots] = []
    for dot in dots:
        if dot is not None:
            run.append(dot)
        elif run:
            yield run
            run = []
    if run:
        yield run


def _columns(run: Sequence[Dots]) -> Iterator[Column]:
    x, first = run[0]
    last = top = bottom = first
    for at, y in run:
        if at != x:
            yield Column(x, first, last, top, bottom)
            x, first, top, bottom = at, y, y, y
        elif y < top:
            top = y
        elif y > bottom:
            bottom = y
        last = y
    yield Column(x, first, last, top, bottom)


def scaled(value: float, low: float, high: float, count: int) -> int:
    """Which of `count` places a value has between low (0) and high (count - 1); outside them, outside."""
    share = (value - low) / (high - low) if high > low else 0.0
    return round(max(-_FAR, min(_FAR, share)) * (count - 1)) if math.isfinite(share) else 0


#: As far outside as anything is still placed, in widths of the range.
_FAR = 1e6
