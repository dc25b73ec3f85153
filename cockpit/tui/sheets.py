"""What a preset would do, expanded once for each state of its file, away from the screen's thread."""

from __future__ import annotations

import threading
from pathlib import Path

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
from engine.contract.cleaning import clean
from engine.contract.finding import Finding


class Sheet(Struct, frozen=True, kw_only=True):
    """A preset expanded, or why it cannot be. `at` is the value of each axis, run by run, where there is a grid.

    `absent` says what data are missing, `doctor` what was found wrong once it was looked at.
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

    @property
    def runs(self) -> tuple[Planned, ...]:
        """The runs it stands for; none when it cannot be expanded."""
        return self.plan.runs if self.plan else ()


class Sheets:
    """Keeps them, by the file's time."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._kept: dict[tuple[Path, int], Sheet] = {}
        self._one_at_a_time = threading.Lock()
        self._priced: dict[tuple[Path, int], int] = {}

    def known(self, shelf: Shelf) -> Sheet | None:
        """The sheet of a preset, if it has been made since its file changed."""
        return self._kept.get(_key(shelf))

    def priced(self, sheet: Sheet, snapshots: tuple[Snapshot, ...]) -> Sheet:
        """The same with its costs told from the runs there are now; looked at anew when another has finished."""
        key, finished = _key(sheet.shelf), sum(run.status.word == "finished" for run in snapshots)
        if not sheet.runs or self._priced.get(key) == finished:
            return sheet
        self._priced[key] = finished
        told = replace(sheet, costs=estimate([run.spec for run in sheet.runs], snapshots))
        self._kept[key] = told
        return told

    def expanded(self, shelf: Shelf) -> Sheet:
        """Expand it, once however many ask. Whatever is wrong with it is said in the sheet."""
        with self._one_at_a_time:
            return self.known(shelf) or self._expand(shelf)

    def _expand(self, shelf: Shelf) -> Sheet:
        key = _key(shelf)
        try:
            made = plan(str(shelf.path), overrides_of(), needs_data=False, root=self._root)
        except Exception as error:
            self._kept[key] = Sheet(shelf=shelf, error=clean(str(error)))
            return self._kept[key]
        at = tuple(dict(point.at) for point in points(made.preset.grid, made.path))
        # What it takes is told by priced(), for it changes with the runs there are.
        self._kept[key] = Sheet(
            shelf=shelf,
            plan=made,
            axes=tuple(axes(made.preset.grid, made.path)),
            at=at if len(at) == len(made.runs) else (),
            places=at_once([run.spec for run in made.runs]),
            absent=tuple(clean(text) for text in missing(made)),
        )
        return self._kept[key]

    def wrong(self) -> frozenset[Path]:
        """The presets that were found not to expand, as their files are now."""
        return frozenset(path for (path, at), sheet in self._kept.items() if sheet.error and changed_at(path) == at)

    def identities(self) -> dict[Path, frozenset[str]]:
        """Of each preset that was expanded, the identities of its runs."""
        return {path: frozenset(run.identity for run in sheet.runs) for (path, _), sheet in self._kept.items()}

    def examined(self, sheet: Sheet) -> Sheet:
        """The same with what the doctor finds, which takes it seconds: the engine is asked."""
        found = tuple(findings(sheet.plan, self._root)) if sheet.plan else ()
        key = _key(sheet.shelf)
        told = self._kept[key] = replace(self._kept.get(key, sheet), doctor=found)
        return told


def _key(shelf: Shelf) -> tuple[Path, int]:
    return shelf.path, changed_at(shelf.path)
