"""The presets, by kind, each with how many of its runs are in which state; broken ones say that they are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from rich.cells import cell_len
from textual.binding import Binding, BindingType

from cockpit.grid import points
from cockpit.insight.format import counted
from cockpit.presets import KINDS, Shelf, shelves
from cockpit.snapshot import Snapshot
from cockpit.tui.keys import called
from cockpit.tui.look import Line, shortened
from cockpit.tui.widgets.listing import Listing, Row
from cockpit.tui.widgets.sessions import counts
from engine.contract.errors import UserError

BROKEN = "cannot be read"


class PresetList(Listing):
    """The tree. Its keys are the presets' files, and `KIND` texts for the kinds, which fold."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "fold(True)", "fold", id="presets.fold", show=False, tooltip="Fold the kind of the cursor"),
        Binding("right", "fold(False)", "unfold", id="presets.unfold", show=False, tooltip="Unfold it"),
    ]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._shelves: list[Shelf] = []
        self._totals: dict[Path, int] = {}
        self._by_group: dict[str, list[Snapshot]] = {}
        self.folded: frozenset[str] = frozenset()
        self.wanted: tuple[str, ...] = ()
        #: Presets whose file can be read, and that cannot be expanded all the same.
        self.wrong: frozenset[Path] = frozenset()
        #: Of those that were expanded, the identities of their runs.
        self.identities: dict[Path, frozenset[str]] = {}
        self.stock(shelves())

    def stock(self, found: list[Shelf]) -> None:
        """These are the presets from now on."""
        self._shelves = found
        self._totals = {shelf.path: _total(shelf) for shelf in found}

    def start_at(self, name: str) -> None:
        """Put the cursor on the preset of this name, or on the first there is."""
        shown = [row.key for row in self.rows(self.size.width or 80) if isinstance(row.key, Path)]
        self.cursor = next((key for key in shown if key.stem == name), shown[0] if shown else None)

    def take(self, snapshots: Sequence[Snapshot]) -> None:
        """These are the runs now."""
        self._by_group = {}
        for run in snapshots:
            self._by_group.setdefault(run.group, []).append(run)
        self.reload()

    @property
    def with_runs(self) -> list[Shelf]:
        """The presets whose group has runs."""
        return [shelf for shelf in self._shelves if shelf.name in self._by_group]

    def filter(self, text: str) -> None:
        """Show only presets in whose name, title, kind, description, model or data every word occurs."""
        self.wanted = tuple(text.lower().split())
        self.reload()

    @property
    def selected(self) -> Shelf | None:
        """The preset under the cursor."""
        return next((s for s in self._shelves if s.path == self.cursor), None)

    def rows(self, width: int) -> list[Row]:
        """Kinds as headings that fold, their presets below."""
        kinds: dict[str, list[Shelf]] = {}
        for shelf in self._shelves:
            if all(word in _text(shelf) for word in self.wanted):
                kinds.setdefault(shelf.preset.kind if shelf.preset else BROKEN, []).append(shelf)
        rows = []
        order = (*KINDS, BROKEN)
        for kind, members in sorted(kinds.items(), key=lambda k: order.index(k[0])):
            folded = kind in self.folded and not self.wanted
            title = (f"{'▸' if folded else '▾'} {kind}", "bold" if kind != BROKEN else "bad")
            number = (f"  {len(members)}", "dim") if folded else ("", "")
            rows.append(Row(kind, (title, number)))
            rows += [] if folded else [Row(shelf.path, self._line(shelf, width)) for shelf in members]
        return rows

    def _line(self, shelf: Shelf, width: int) -> Line:
        if shelf.preset is None or shelf.path in self.wrong:
            return (("  ✗ ", "bad"), (shelf.name, ""))
        runs = self._by_group.get(shelf.name, [])
        total = self._totals[shelf.path]
        told = f"{total}"
        if runs and (planned := self.identities.get(shelf.path)):
            # A group may hold others than its preset's own: those launched with other settings.
            finished = {run.identity for run in runs if run.status.word == "finished"}
            told = f"{len(finished & planned)} of {total}"
        name = min(max((len(s.name) for s in self._shelves), default=0), max(12, width - 24))
        states = counts(runs, self.look, words=False)
        room = width - 3 - name - 9
        shown = states if sum(cell_len(text) for text, _ in states) <= room else ()
        label = shortened(shelf.name + (" (yours)" if shelf.is_own and len(shelf.name) + 8 <= name else ""), name)
        return (("  ", ""), (f"{label:<{name}}", ""), (f" {told:>8}  ", "dim"), *shown)

    def top(self, width: int, seen: str) -> Line:
        """What this is, and what it is filtered by."""
        if self.wanted:
            found = sum(all(word in _text(shelf) for word in self.wanted) for shelf in self._shelves)
            back = called(self, "presets.show_all", self.screen.BINDINGS)
            told = f" {found} of {len(self._shelves)} presets with {' '.join(self.wanted)}; {back} shows all"
            return ((told, "dim"),)
        return ((f" {counted(len(self._shelves), 'preset')}  {seen}".rstrip(), "dim"),)

    def action_fold(self, folded: bool) -> None:
        """Fold or unfold the kind that the cursor is in."""
        shelf = self.selected
        kind = str(self.cursor) if shelf is None else shelf.preset.kind if shelf.preset else BROKEN
        self.folded = self.folded | {kind} if folded else self.folded - {kind}
        if folded:
            self.cursor = kind
        self.reload()

    def action_choose(self) -> None:
        """Open a preset; on a kind, fold or unfold it."""
        if self.selected is None and self.cursor is not None:
            self.action_fold(str(self.cursor) not in self.folded)
        else:
            super().action_choose()


def _total(shelf: Shelf) -> int:
    """How many runs a preset stands for; 0 when its grid cannot be multiplied out."""
    try:
        return len(points(shelf.preset.grid, shelf.path)) if shelf.preset else 0
    except UserError:
        return 0


def _text(shelf: Shelf) -> str:
    if shelf.preset is None:
        return f"{shelf.name} {BROKEN}".lower()
    told = (shelf.name, shelf.preset.title, shelf.preset.kind, shelf.preset.description, str(shelf.preset.run))
    return f"{' '.join(told)} {shelf.preset.grid}".lower()
