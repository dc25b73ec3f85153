"""The runs a preset stands for, each with its state where it exists already."""

from __future__ import annotations

from collections.abc import Sequence

from cockpit.insight.format import counted
from cockpit.plan import Plan
from cockpit.snapshot import Snapshot
from cockpit.tui.look import STATE_STYLES, Line
from cockpit.tui.widgets.listing import Listing, Row


class PlanList(Listing):
    """The list. Its keys are the runs' folder names."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._plan: Plan | None = None
        self._snapshots: Sequence[Snapshot] = ()
        self._known: dict[str, Snapshot] = {}

    def show(self, plan: Plan) -> None:
        """List this plan's runs."""
        self._plan = plan
        self.reload()

    def take(self, snapshots: Sequence[Snapshot]) -> None:
        """These are the runs now."""
        self._snapshots = snapshots
        self.reload()

    def rows(self, width: int) -> list[Row]:
        """One a run."""
        if self._plan is None:
            return []
        group = self._plan.runs[0].group
        self._known = {s.identity: s for s in self._snapshots if s.group == group}
        return [Row(run.name, self._line(run.label, self._known.get(run.identity), width)) for run in self._plan.runs]

    def _line(self, label: str, run: Snapshot | None, width: int) -> Line:
        room = max(8, width - 16)
        label = label if len(label) <= room else label[: room - 1] + "…"
        if run is None:
            return ((f"{label:<{room}} ", ""), ("  new", "dim"))
        word = run.status.word
        return ((f"{label:<{room}} ", ""), (f"{self.look.state(word)} {word}", STATE_STYLES[word]))

    def top(self, width: int, seen: str) -> Line:
        """How many there are, and how many of them exist."""
        if self._plan is None:
            return ((" expanding", "dim"),)
        new = sum(run.identity not in self._known for run in self._plan.runs)
        return ((f" {counted(len(self._plan.runs), 'run')}", "title"), (f", {new} new  {seen}", "dim"))
