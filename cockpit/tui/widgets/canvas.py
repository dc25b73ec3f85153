"""A grid of dots under a grid of cells: braille, 2x4 dots a cell, or one dot a cell where only ASCII shows.

Curves that share a cell share its braille character: their dots are merged and none is lost. In ASCII they take turns
by column, so that both are seen.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

Dots = tuple[int, int]
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
        self._ascii = ascii
        self._bits: dict[Dots, int] = {}
        self._styles: dict[Dots, list[Cell]] = {}

    def cell(self, dot: Dots) -> Dots:
        """The cell a dot lies in."""
        return dot[0] // self._dx, dot[1] // self._dy

    def curve(self, dots: Sequence[Dots | None], pen: Cell) -> None:
        """Join the dots; a None among them breaks the line. Several in one column become their span."""
        for run in _runs(dots):
            before: Column | None = None
            for column in _columns(run):
                if before:
                    self._line((before.x, before.last), (column.x, column.first), pen)
                for y in range(max(0, column.top), min(self.rows, column.bottom + 1)):
                    self._dot(column.x, y, pen)
                before = column

    def at(self, cell: Dots) -> Cell | None:
        """What a cell shows; None when nothing was drawn there."""
        bits = self._bits.get(cell)
        if bits is None:
            return None
        pens = self._styles[cell]
        return pens[cell[0] % len(pens)] if self._ascii else Cell(chr(0x2800 + bits), pens[-1].style)

    def _line(self, a: Dots, b: Dots, pen: Cell) -> None:
        # A point far outside the grid only says which way the line leaves it.
        ay, by = (min(max(y, -self.rows), 2 * self.rows) for y in (a[1], b[1]))
        steps = max(abs(b[0] - a[0]), abs(by - ay))
        for i in range(1, steps):
            self._dot(round(a[0] + (b[0] - a[0]) * i / steps), round(ay + (by - ay) * i / steps), pen)

    def _dot(self, x: int, y: int, pen: Cell) -> None:
        if not (0 <= x < self.columns and 0 <= y < self.rows):
            return
        cell = self.cell((x, y))
        self._bits[cell] = self._bits.get(cell, 0) | _BITS[x % self._dx][y % self._dy]
        pens = self._styles.setdefault(cell, [])
        if not pens or pens[-1] != pen:
            pens.append(pen)


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
    start = 0
    for i in range(1, len(run) + 1):
        if i == len(run) or run[i][0] != run[start][0]:
            rows = [y for _, y in run[start:i]]
            yield Column(run[start][0], rows[0], rows[-1], min(rows), max(rows))
            start = i


#: As far outside as anything is still placed, in widths of the range.
_FAR = 1e6


def scaled(value: float, low: float, high: float, count: int) -> int:
    """Which of `count` places a value has between low (0) and high (count - 1); outside them, outside."""
    share = (value - low) / (high - low) if high > low else 0.0
    return round(share * (count - 1)) if math.isfinite(share) and abs(share) < _FAR else 0
