"""The queue as a list: what is at work, what comes next, what waits, is blocked or held."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path

from rich.cells import cell_len, set_cell_size

from cockpit.insight.format import duration
from cockpit.load import Load
from cockpit.queued import Part, Queued
from cockpit.snapshot import Snapshot
from cockpit.tui.look import STATE_STYLES, Line, shortened
from cockpit.tui.widgets.columns import unhashed
from cockpit.tui.widgets.listing import Listing, Row
from engine.contract.cleaning import clean

_HEADINGS: dict[Part, str] = {"at work": "at work", "next": "next", "not now": "waiting, blocked or held"}
#: The widest name.
NAME_MOST = 60


class QueueList(Listing):
    """The list. Its keys are the runs' paths."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.queue: tuple[Queued, ...] = ()
        self._looked = False
        self._keeper: int | None = None
        self._loads: Mapping[Path, Load] = {}
        self._runs: dict[Path, Snapshot] = {}

    @property
    def selected(self) -> Snapshot | None:
        """The run under the cursor."""
        return self._runs.get(self.cursor) if isinstance(self.cursor, Path) else None

    def take(self, queue: Sequence[Queued], keeper: int | None, loads: Mapping[Path, Load]) -> None:
        """This is the queue now."""
        self.queue, self._keeper, self._loads, self._looked = tuple(queue), keeper, loads, True
        self.reload()

    def follow(self, snapshots: Sequence[Snapshot]) -> None:
        """These are the runs now; where they stand in the queue is told apart."""
        self._runs = {run.path: run for run in snapshots}
        self.reload()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Nothing can be opened where nothing stands."""
        return False if action == "choose" and self.cursor is None else super().check_action(action, parameters)

    def rows(self, width: int) -> list[Row]:
        """A heading a part, its runs below."""
        names = [self.look.shown(self._called(each)) for each in self.queue]
        label = min(NAME_MOST, max(12, width // 2 - 8), max(map(cell_len, names), default=12))
        rows = []
        for part, members in groupby(self.queue, lambda each: each.part):
            rows.append(Row(None, ((_HEADINGS[part], "bold"),)))
            rows += [Row(each.run, self._line(each, label)) for each in members]
        return rows

    def top(self, width: int, seen: str) -> Line:
        """Who sees to it; that nothing is asked for, where nothing is."""
        if not self._looked:
            return ((" queue", "bold"),)
        if not self.queue:
            return ((" queue: nothing is at work or asked for. Launch a preset, or R on a session.", "dim"),)
        keeper = self._keeper
        who = f"process {keeper or '?'} sees to it" if keeper is not None else "no process sees to it: R starts one"
        return (
            (" queue", "bold"),
            (f"  {who}{f'  {seen}' if seen else ''}", "dim" if keeper is not None else "watch"),
        )

    def _called(self, each: Queued) -> str:
        run = self._runs.get(each.run)
        return f"{run.group}/{run.label}" if run else clean(each.name)

    def _line(self, each: Queued, label: int) -> Line:
        word, run = each.status.word, self._runs.get(each.run)
        place = f"{each.place:>3} " if each.place else "    "
        name = set_cell_size(shortened(self.look.shown(self._called(each)), label), label)
        told = self._at_work(each, run) if each.part == "at work" else ""
        reason = unhashed(clean(each.status.reason))
        if reason and reason not in ("in no queue",):
            told = f"{told}  {reason}".strip()
        asked = f"priority {each.request.priority}  " if each.request.priority else ""
        return (
            (place, "dim"),
            (f"{self.look.state(word)} {word:<9}", STATE_STYLES[word]),
            (f" {name}", ""),
            (f"  {asked}{told}", "dim"),
        )

    def _at_work(self, each: Queued, run: Snapshot | None) -> str:
        """How far it is, and what it takes."""
        told = [f"{run.epoch}/{run.planned or '?'}", f"left {duration(run.seconds_left)}"] if run else []
        load = self._loads.get(each.run)
        if load and not load.absent:
            told += [f"gpu{load.gpu}"] if load.gpu else []
            told += [f"{load.cores:.1f} cores"] if load.cores is not None else []
            told += [f"{load.memory / 1e9:.1f} GB"] if load.memory is not None else []
        elif each.request.backend != "local":
            told.append(each.request.backend)
        elif each.request.host:
            told.append(clean(each.request.host))
        return "  ".join(told)
