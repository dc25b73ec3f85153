"""The presets, by kind, each with how many of its runs are in which state; broken ones say that they are."""

from __future__ import annotations

from collections.abc import Sequence

from cockpit.presets import KINDS, Shelf, shelves
from cockpit.snapshot import Snapshot
from cockpit.tui.look import Line
from cockpit.tui.widgets.listing import Listing, Row
from cockpit.tui.widgets.sessions import counts

BROKEN = "cannot be read"


class PresetList(Listing):
    """The list. Its keys are the presets' files."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._shelves = shelves()
        self._snapshots: tuple[Snapshot, ...] = ()

    def take(self, snapshots: Sequence[Snapshot]) -> None:
        """These are the runs now."""
        self._snapshots = tuple(snapshots)
        self.reload()

    @property
    def selected(self) -> Shelf | None:
        """The preset under the cursor."""
        return next((s for s in self._shelves if s.path == self.cursor), None)

    def rows(self, width: int) -> list[Row]:
        """Kinds as headings, their presets below."""
        kinds: dict[str, list[Shelf]] = {}
        for shelf in self._shelves:
            kinds.setdefault(shelf.preset.kind if shelf.preset else BROKEN, []).append(shelf)
        rows = []
        order = (*KINDS, BROKEN)
        for kind, members in sorted(kinds.items(), key=lambda k: order.index(k[0])):
            rows.append(Row(None, ((f" {kind}", "bold" if kind != BROKEN else "bad"),)))
            rows += [Row(shelf.path, self._line(shelf)) for shelf in members]
        return rows

    def _line(self, shelf: Shelf) -> Line:
        if shelf.preset is None:
            return (("  ✗ ", "bad"), (shelf.name, ""))
        runs = [s for s in self._snapshots if s.group == shelf.name]
        return ((f"   {shelf.name:<20} ", ""), *counts(runs, self.look, words=False))

    def top(self, width: int, seen: str) -> Line:
        """What this is."""
        return ((f" presets {seen}", "dim"),)
