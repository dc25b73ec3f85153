"""The table of epochs on the screen: figures, differences, what happened. It follows the crosshair."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from rich.cells import cell_len

from cockpit.insight.compare import Comparison, Measure
from cockpit.insight.epochtable import Row
from cockpit.insight.report import happenings
from cockpit.tui.look import Line, Span
from cockpit.tui.widgets.painted import Painted
from cockpit.tui.widgets.series import pen

#: The least room that is kept for what happened.
EVENTS = 14
_EPOCH, _FIGURE, _LEAD = 6, 8, 8


class EpochTable(Painted):
    """Rows by epoch, of which the one at the crosshair is always in sight."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._comparison: Comparison | None = None
        self._measure: Measure | None = None
        self._rows: tuple[Row, ...] = ()
        self._at: int | None = None
        self._lines: tuple[int, list[Line]] = (0, [])
        self._first = 0

    def show(self, comparison: Comparison, measure: Measure, rows: Sequence[Row]) -> None:
        """Show these rows from now on."""
        self._comparison, self._measure, self._rows = comparison, measure, tuple(rows)
        self._lines = (0, [])
        self.repaint()

    def point_at(self, epoch: int | None) -> None:
        """The crosshair stands there."""
        if epoch != self._at:
            self._at = epoch
            self.repaint()

    def step(self, by: int) -> int | None:
        """The epoch of the row so many below the crosshair's; None where there is none."""
        if not self._rows or self._at is None:
            return None
        epochs = [row.epoch for row in self._rows]
        place = bisect_right(epochs, self._at) - 1
        if by < 0 and place >= 0 and epochs[place] < self._at:
            by += 1
        return epochs[min(max(place + by, 0), len(epochs) - 1)]

    def draw(self, width: int, height: int) -> Sequence[Line]:
        """Headings, and as many rows as fit around the crosshair's."""
        comparison, measure = self._comparison, self._measure
        if comparison is None or measure is None or height < 2:
            return []
        if self._lines[0] != width:
            self._lines = width, [self._line(comparison, measure, row, width) for row in self._rows]
        lines, room = self._lines[1], height - 1
        place = bisect_right([row.epoch for row in self._rows], self._at or 0) - 1
        first = self._first = self._scrolled(place, room)
        shown = [self._marked(i, line, place) for i, line in enumerate(lines[first : first + room], start=first)]
        return [self._heads(comparison, width), *shown]

    def _scrolled(self, place: int, room: int) -> int:
        """The first row to show: the same as before while the crosshair's is in sight, which costs fewest bytes."""
        last = max(0, len(self._rows) - room)
        if self._first <= place < self._first + room:
            return min(self._first, last)
        return max(0, min(place - room // 2, last))

    def _marked(self, i: int, line: Line, place: int) -> Line:
        """Where the crosshair is: on this row, or behind it."""
        if i != place:
            return ((" ", ""), *line)
        mark = "›" if self._rows[i].epoch == self._at else "·"
        return ((mark, "bold"), *line)

    def _heads(self, comparison: Comparison, width: int) -> Line:
        figures, leads = _fitting(comparison, width)
        base = comparison.base.letter
        spans: list[Span] = [(f" {'epoch':>{_EPOCH - 1}}", "dim")]
        spans += [(f"{comparison.contenders[i].letter:>{_FIGURE - 1}} ", pen(i).style) for i in figures]
        spans += [(f"{f'{comparison.contenders[i].letter}-{base}':>{_LEAD - 1}} ", "dim") for i in leads]
        left = len(comparison.contenders) - len(figures)
        return (*spans, (f" events{f'   ({left} more)' if left else ''}", "dim"))

    def _line(self, comparison: Comparison, measure: Measure, row: Row, width: int) -> Line:
        figures, leads = _fitting(comparison, width)
        spans: list[Span] = [(f"{row.epoch:>{_EPOCH - 1}}", "")]
        for i in figures:
            each = row.standings[i]
            text = measure.write(each.value.mean if each.value else None)
            spans.append((f"{text:>{_FIGURE - 1}} ", "bold" if each.rank == 1 else ""))
        spans += [(f"{measure.difference(row.standings[i].difference):>{_LEAD - 1}} ", "") for i in leads]
        told = [
            f"{one.letter} {text}"
            for one, text in zip(comparison.contenders, happenings(comparison, row), strict=True)
            if text
        ]
        room = max(0, width - 1 - sum(cell_len(text) for text, _ in spans))
        text = "; ".join(told)
        return (*spans, (" " + (text if cell_len(text) < room else text[: max(0, room - 2)] + "…"), "dim"))


def _fitting(comparison: Comparison, width: int) -> tuple[list[int], list[int]]:
    """Which figures and which differences there is room for: the figures of all first, the baseline's always."""
    places = list(range(len(comparison.contenders)))
    room = width - 1 - _EPOCH - EVENTS
    figures = places[: max(1, room // _FIGURE)]
    if comparison.baseline not in figures:
        figures[-1] = comparison.baseline
    leads = [i for i in figures if i != comparison.baseline]
    return figures, leads if room >= len(figures) * _FIGURE + len(leads) * _LEAD else []
