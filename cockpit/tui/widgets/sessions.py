"""The sessions: every run below the runs folder, a row each, under its group."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from cockpit.snapshot import Snapshot
from cockpit.status import GLYPHS, Word
from cockpit.tui.look import STATE_STYLES, Line, Look, Span
from cockpit.tui.widgets import columns
from cockpit.tui.widgets.listing import Listing, Row

#: These come first in their group: what is wrong is seen first.
WRONG: frozenset[Word] = frozenset({"failed", "out-of-memory", "lost"})


def counts(snapshots: Sequence[Snapshot], look: Look, *, words: bool) -> Line:
    """How many runs are in each state, with its glyph, and its word where there is room."""
    spans: list[Span] = []
    for word in GLYPHS:
        if number := sum(s.status.word == word for s in snapshots):
            spans.append((f"{look.state(word)} {number}{f' {word}' if words else ''}", STATE_STYLES[word]))
            spans.append((" ", ""))
    return tuple(spans[:-1])


class SessionsTable(Listing):
    """The table. Its keys are the runs' paths."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._snapshots: dict[Path, Snapshot] = {}
        self._lines: dict[Path, tuple[Snapshot, columns.Columns, Line]] = {}
        self._awaited: str | None = None

    @property
    def selected(self) -> Snapshot | None:
        """The run under the cursor."""
        return self._snapshots.get(self.cursor) if isinstance(self.cursor, Path) else None

    def take(self, snapshots: Sequence[Snapshot]) -> None:
        """These are the runs now."""
        self._snapshots = {s.path: s for s in snapshots}
        self._lines = {path: held for path, held in self._lines.items() if path in self._snapshots}
        self._go_to_awaited()
        self.reload()

    def await_group(self, group: str) -> None:
        """Put the cursor on a group's first run and the group into sight, as soon as there is one."""
        self._awaited = group
        self._go_to_awaited()
        self.reload()

    def _go_to_awaited(self) -> None:
        if self._awaited and (runs := [s for s in self._ordered() if s.group == self._awaited]):
            self.lead_with(runs[0].path)
            self._awaited = None

    def _ordered(self) -> list[Snapshot]:
        return sorted(
            self._snapshots.values(),
            key=lambda s: (s.group, s.status.word not in WRONG and not s.problem, columns.natural(s.name)),
        )

    def rows(self, width: int) -> list[Row]:
        """Groups as headings, their runs below."""
        fit = columns.fitting(width - 1, [self.look.shown(s.label) for s in self._snapshots.values()])
        rows = []
        for group, members in groupby(self._ordered(), lambda s: s.group):
            runs = list(members)
            rows.append(Row(None, ((f"{group}  ", "bold"), *counts(runs, self.look, words=False))))
            rows += [Row(run.path, self._line(run, fit)) for run in runs]
        return rows

    def _line(self, run: Snapshot, fit: columns.Columns) -> Line:
        """A run's row, made anew only when the run or the columns changed."""
        held = self._lines.get(run.path)
        if held is None or held[0] is not run or held[1] != fit:
            held = self._lines[run.path] = run, fit, columns.line(run, fit, self.look)
        return held[2]

    def top(self, width: int, seen: str) -> Line:
        """The columns' headings."""
        fit = columns.fitting(width - 1, [self.look.shown(s.label) for s in self._snapshots.values()])
        if not self._snapshots:
            return ((" sessions: none yet. Enter on a preset, then Enter again, starts one.", "dim"),)
        return ((" ", ""), *columns.headings(fit, seen or "session"))
