"""What a preset would do, expanded once for each state of its file, away from the screen's thread."""

from __future__ import annotations

import threading
from collections.abc import Hashable
from pathlib import Path
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from cockpit.doctor import findings
from cockpit.expand import Planned
from cockpit.followed import changed_at
from cockpit.grid import Axis, axes, points
from cockpit.insight.estimate import Estimate, estimate
from cockpit.launch.slots import at_once
from cockpit.overrides import overrides_of
from cockpit.plan import Plan, missing, plan
from cockpit.presets import Shelf
from cockpit.snapshot import Snapshot
from cockpit.tui.look import Line
from engine.contract.cleaning import clean, reason
from engine.contract.finding import Finding


class Sheet(Struct, frozen=True, kw_only=True):
    """A preset expanded, or why it cannot be. `at` is the value of each axis, run by run, where there is a grid.

    `absent` says what data are missing, `doctor` what was found wrong once it was looked at. `drawn` keeps what was
    drawn of its schedule, by how: it is one as long as the file stays as it is.
    """

    shelf: Shelf
    plan: Plan | None = None
    error: str = ""
    axes: tuple[Axis, ...] = ()
    at: tuple[dict[str, object], ...] = ()
    costs: Estimate = Estimate(costs=(), sources=0)
    places: int = 1
    absent: tuple[str, ...] = ()
    doctor: tuple[Finding, ...] | None = None
    drawn: dict[Hashable, list[Line]] = {}

    @property
    def runs(self) -> tuple[Planned, ...]:
        """The runs it stands for; none when it cannot be expanded."""
        return self.plan.runs if self.plan else ()


class Sheets:
    """Keeps them, by the file's time. What each thread finds out is kept apart, and put together on reading."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._made: dict[_Key, Sheet] = {}
        #: How many runs had finished when it was told, and what it takes.
        self._costs: dict[_Key, tuple[int, Estimate]] = {}
        self._found: dict[_Key, tuple[Finding, ...]] = {}
        self._one_at_a_time = threading.Lock()

    def known(self, shelf: Shelf) -> Sheet | None:
        """The sheet of a preset, if it has been made since its file changed."""
        return self._known(_key(shelf))

    def _known(self, key: _Key) -> Sheet | None:
        made = self._made.get(key)
        if made is None:
            return None
        costs = self._costs[key][1] if key in self._costs else made.costs
        return replace(made, costs=costs, doctor=self._found.get(key))

    def outdated(self, sheet: Sheet, snapshots: tuple[Snapshot, ...]) -> bool:
        """Whether another run has finished since its costs were told."""
        return bool(sheet.runs) and self._costs.get(_key(sheet.shelf), (-1,))[0] != _finished(snapshots)

    def price(self, sheet: Sheet, snapshots: tuple[Snapshot, ...]) -> None:
        """Tell its costs from the runs there are now. Among many runs that takes a while."""
        self._price(_key(sheet.shelf), sheet, snapshots)

    def _price(self, key: _Key, sheet: Sheet, snapshots: tuple[Snapshot, ...]) -> None:
        self._costs[key] = _finished(snapshots), estimate([run.spec for run in sheet.runs], snapshots)

    def expanded(self, shelf: Shelf, snapshots: tuple[Snapshot, ...]) -> Sheet:
        """Expand it, once however many ask. Whatever is wrong with it is said in the sheet."""
        key = _key(shelf)
        with self._one_at_a_time:
            if key not in self._made:
                try:
                    made = self._expand(shelf)
                    self._price(key, made, snapshots)  # before it is known: none is shown without
                except Exception as error:
                    made = Sheet(shelf=shelf, error=clean(str(error)))
                self._made[key] = made
        return self._known(key) or self._made[key]

    def _expand(self, shelf: Shelf) -> Sheet:
        made = plan(str(shelf.path), overrides_of(), needs_data=False, root=self._root)
        at = tuple(dict(point.at) for point in points(made.preset.grid, made.path))
        return Sheet(
            shelf=shelf,
            plan=made,
            axes=tuple(axes(made.preset.grid, made.path)),
            at=at if len(at) == len(made.runs) else (),
            places=at_once([run.spec for run in made.runs]),
            absent=tuple(clean(text) for text in missing(made)),
        )

    def wrong(self) -> frozenset[Path]:
        """The presets that were found not to expand, as their files are now."""
        made = self._made.copy()
        return frozenset(path for (path, at), sheet in made.items() if sheet.error and changed_at(path) == at)

    def identities(self) -> dict[Path, frozenset[str]]:
        """Of each preset that was expanded, the identities of its runs."""
        made = self._made.copy()
        return {path: frozenset(run.identity for run in sheet.runs) for (path, _), sheet in made.items()}

    def examine(self, sheet: Sheet) -> None:
        """Find what the doctor finds, which takes it seconds: the engine is asked. Where it fails, that is found."""
        key = _key(sheet.shelf)
        found: list[Finding] = []
        try:
            if sheet.plan:
                found += findings(sheet.plan, self._root)
        except Exception as error:
            words = f"could not look: {reason(error)}"
            found.append(Finding("fault", "doctor", words, f"cockpit doctor {sheet.shelf.name} may tell more"))
        self._found[key] = tuple(found)


#: A preset's file, and when it was written.
_Key: TypeAlias = tuple[Path, int]


def _key(shelf: Shelf) -> _Key:
    return shelf.path, changed_at(shelf.path)


def _finished(snapshots: tuple[Snapshot, ...]) -> int:
    return sum(run.status.word == "finished" for run in snapshots)
