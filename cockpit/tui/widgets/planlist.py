"""The runs a preset stands for, each with its state where it exists already, and what was published of it."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size

from cockpit.expand import Planned
from cockpit.insight.format import counted
from cockpit.plan import Plan
from cockpit.snapshot import Snapshot
from cockpit.tui.look import STATE_STYLES, Line, Span, shortened
from cockpit.tui.widgets.learning import published
from cockpit.tui.widgets.listing import Listing, Row

PUBLISHED = "published"
#: Published figures stand in the list where they leave a label so many cells, or all it takes.
LABEL = 20


class PlanList(Listing):
    """The list. Its keys are the runs' folder names."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._plan: Plan | None = None
        self._refused = False
        self._snapshots: Sequence[Snapshot] = ()
        self._known: dict[str, Snapshot] = {}
        self._identities: dict[str, str] = {}
        self._figures_end = 0

    def show(self, plan: Plan | None) -> None:
        """List this plan's runs; None says that there is none, and why is said elsewhere."""
        self._plan, self._refused = plan, plan is None
        # Hashed once, not at each move of the cursor.
        self._identities = {run.name: run.identity for run in plan.runs} if plan else {}
        self.reload()

    def take(self, snapshots: Sequence[Snapshot]) -> None:
        """These are the runs now."""
        self._snapshots = snapshots
        self.reload()

    @property
    def selected(self) -> Planned | None:
        """The run under the cursor."""
        return next((run for run in self._plan.runs if run.name == self.cursor), None) if self._plan else None

    def rows(self, width: int) -> list[Row]:
        """One a run."""
        if self._plan is None:
            return []
        runs = self._plan.runs
        self._known = {s.identity: s for s in self._snapshots if s.group == runs[0].group}
        states = [self._state(self._known.get(self._identities[run.name])) for run in runs]
        figures = [published(run.reference) for run in runs]
        longest = max(cell_len(run.label) for run in runs)
        # A cell for the cursor, and two before the state.
        room = width - 3 - max(cell_len(text) for text, _ in states)
        shown = any(figures) and room - len(PUBLISHED) - 1 >= min(longest, LABEL)
        room = max(8, room - (len(PUBLISHED) + 1) * shown)
        columns = [f" {text:>{len(PUBLISHED)}}" if shown else "" for text in figures]
        self._figures_end = 1 + room + len(columns[0]) if shown else 0
        return [
            Row(run.name, ((set_cell_size(shortened(run.label, room), room), ""), (figure, "dim"), ("  ", ""), state))
            for run, figure, state in zip(runs, columns, states, strict=True)
        ]

    def _state(self, run: Snapshot | None) -> Span:
        if run is None:
            return "new", "dim"
        word = run.status.word
        return f"{self.look.state(word)} {word}", STATE_STYLES[word]

    def top(self, width: int, seen: str) -> Line:
        """How many there are, how many of them exist, and the published figures' heading where it fits."""
        if self._plan is None:
            return ((" no runs: it cannot be expanded" if self._refused else " expanding", "dim"),)
        runs = self._plan.runs
        count = f" {counted(len(runs), 'run')}"
        new = f", {sum(identity not in self._known for identity in self._identities.values())} new  {seen}"
        gap = self._figures_end - len(count + new) - len(PUBLISHED)
        heading = f"{' ' * gap}{PUBLISHED}" if gap > 0 else ""
        return ((count, "title"), (new + heading, "dim"))
