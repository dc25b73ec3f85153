"""The table of epochs on the screen: figures, differences, what happened. It follows the crosshair."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from rich.cells import cell_len

from cockpit.insight.compare import Comparison, Measure
from cockpit.insight.epochtable import Row, skipping, table
from cockpit.insight.format import number, within
from cockpit.insight.report import happenings
from cockpit.tui.look import Line, Span
from cockpit.tui.widgets.painted import Painted
from cockpit.tui.widgets.series import pen

#: The least room that is kept for what happened.
EVENTS = 14
_EPOCH = 6
#: The cells of a figure and of a difference, a space at either side among them: of accuracies, and of other numbers.
_SIZE, _LONG_SIZE = 8, 10
#: What is said of columns that there is no room for.
_NO_LEADS = "no differences"


class EpochTable(Painted):
    """Rows by epoch, of which the one at the crosshair is always in sight."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._comparison: Comparison | None = None
        self._measure: Measure | None = None
        self._held: tuple[Row, ...] = ()
        self._rows: tuple[Row, ...] = ()
        #: Which epochs have a row, where not all have.
        self._skipping = ""
        self._at: int | None = None
        self._lines: tuple[tuple[int, int], list[Line]] = ((0, 0), [])
        self._first = 0

    def show(self, comparison: Comparison, measure: Measure, rows: Sequence[Row]) -> None:
        """Show these rows from now on."""
        self._comparison, self._measure = comparison, measure
        self._held = self._rows = tuple(rows)
        self._lines = ((0, 0), [])
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
        room = height - 1
        if self._lines[0] != (width, height):
            # What was handed over serves, unless there is room for epochs that it leaves out.
            self._rows = self._held if len(self._held) >= room else table(comparison, measure, room)
            self._skipping = skipping(comparison, self._rows, room)
            columns = _fitting(comparison, measure, width, self._skipping)
            self._lines = (
                (width, height),
                [self._line(comparison, measure, row, width, columns) for row in self._rows],
            )
        lines = self._lines[1]
        place = bisect_right([row.epoch for row in self._rows], self._at or 0) - 1
        first = self._first = self._scrolled(place, room)
        shown = [self._marked(i, line, place) for i, line in enumerate(lines[first : first + room], start=first)]
        return [self._heads(comparison, measure, width), *shown]

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

    def _heads(self, comparison: Comparison, measure: Measure, width: int) -> Line:
        figures, leads = _fitting(comparison, measure, width, self._skipping)
        base, size = comparison.base.letter, _size(measure)
        spans: list[Span] = [(f" {'epoch':>{_EPOCH - 1}}", "dim")]
        spans += [(f"{comparison.contenders[i].letter:>{size - 1}} ", pen(i).style) for i in figures]
        spans += [(f"{f'{comparison.contenders[i].letter}-{base}':>{size - 1}} ", "dim") for i in leads]
        left = len(comparison.contenders) - len(figures)
        missing = _more(left) if left else "" if leads else _NO_LEADS
        room = width - sum(cell_len(text) for text, _ in spans) - 1
        return (*spans, (f" {_told(missing, self._skipping, room)}", "dim"))

    def _line(
        self, comparison: Comparison, measure: Measure, row: Row, width: int, columns: tuple[list[int], list[int]]
    ) -> Line:
        (figures, leads), size = columns, _size(measure)
        spans: list[Span] = [(f"{row.epoch:>{_EPOCH - 1}}", "")]
        for i in figures:
            each = row.standings[i]
            text = measure.write(each.value.mean if each.value else None)
            spans.append((f"{within(text, size - 2):>{size - 1}} ", "bold" if each.rank == 1 else ""))
        differences = (measure.difference(row.standings[i].difference) for i in leads)
        spans += [(f"{within(text, size - 2):>{size - 1}} ", "") for text in differences]
        told = [
            f"{one.letter} {text}"
            for one, text in zip(comparison.contenders, happenings(comparison, row), strict=True)
            if text
        ]
        room = max(0, width - 1 - sum(cell_len(text) for text, _ in spans))
        text = "; ".join(told)
        return (*spans, (" " + (text if cell_len(text) < room else text[: max(0, room - 2)] + "…"), "dim"))


def _size(measure: Measure) -> int:
    return _LONG_SIZE if measure.write is number else _SIZE


def _more(left: int) -> str:
    return f"+{left} more"


def _told(missing: str, skipping: str, room: int) -> str:
    """The head of what happened, with what is not shown: as much of it as there is room for."""
    notes = [note for note in (missing, skipping) if note]
    short = "; ".join(notes)
    if not notes:
        return "events"
    longer = (" epoch and those with events", " epoch", "") if skipping else ("",)
    return next((told for more in longer if len(told := f"events   {short}{more}") <= room), short)


def _fitting(comparison: Comparison, measure: Measure, width: int, skipping: str) -> tuple[list[int], list[int]]:
    """Which figures and which differences there is room for: the figures of all first, the baseline's always.

    Where some are left out there is room to say so.
    """
    places = list(range(len(comparison.contenders)))
    others = [i for i in places if i != comparison.baseline]
    room, size = width - 1 - _EPOCH, _size(measure)
    if room - EVENTS >= size * (len(places) + len(others)):
        return places, others
    if room - 1 - len(_told(_NO_LEADS, skipping, 0)) >= size * len(places):
        return places, []
    fitting = (room - 1 - len(_told(_more(len(places)), skipping, 0))) // size
    figures = places[: max(1, min(fitting, len(places) - 1))]
    if comparison.baseline not in figures:
        figures[-1] = comparison.baseline
    return figures, []
