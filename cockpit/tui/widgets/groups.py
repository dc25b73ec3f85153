"""The groups that can be compared as they are, for whoever has marked nothing."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from cockpit.insight.format import counted, percent
from cockpit.snapshot import Snapshot
from cockpit.tui.keys import called
from cockpit.tui.look import Line
from cockpit.tui.places import KEYS
from cockpit.tui.widgets.listing import Listing, Row
from cockpit.tui.widgets.sessions import SessionsTable, counts
from engine.contract.cleaning import clean


class GroupList(Listing):
    """Groups of two measured sessions or more. Its keys are their names."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.groups: dict[str, tuple[Snapshot, ...]] = {}

    def take(self, snapshots: Sequence[Snapshot]) -> None:
        """These are the runs now."""
        found: dict[str, tuple[Snapshot, ...]] = {}
        for group, members in groupby(sorted(snapshots, key=lambda run: run.group), lambda run: run.group):
            measured = tuple(run for run in members if run.epochs and not run.archived)
            if len(measured) > 1:
                found[group] = measured
        self.groups = found
        self.reload()

    def rows(self, width: int) -> list[Row]:
        """One line a group."""
        return [Row(group, self._line(group, runs)) for group, runs in self.groups.items()]

    def _line(self, group: str, runs: Sequence[Snapshot]) -> Line:
        wide = max(map(len, self.groups))
        best = max((run.best.test_acc or 0.0 for run in runs if run.best), default=None)
        return (
            (f"{group:<{wide}}  ", "bold"),
            (f"{counted(len(runs), 'session'):>12}  ", ""),
            (f"best {percent(best)}  ", "dim"),
            *counts(runs, self.look, words=False),
        )

    def invitation(self, marked: Sequence[Snapshot], back: str) -> Line:
        """How sessions are marked, of which none or one is, and by which key one comes back with them."""
        so_far = f"One session is marked: {clean(marked[0].label)}." if marked else "Nothing is marked."
        mark, place = called(self, "sessions.mark", SessionsTable.BINDINGS), called(self, "app.sessions", KEYS)
        way = f"Mark two or more sessions with {mark} in the sessions ({place}), then come back with {back}."
        return ((f" {so_far} {way}", ""),)

    def top(self, width: int, seen: str) -> Line:
        """What Enter does here."""
        if not self.groups:
            return ((" No group has two sessions with an epoch yet.", "dim"),)
        return ((f" Or compare a whole group: {called(self, 'list.open', self.BINDINGS)}   {seen}", "dim"),)
