"""The lines on top of every place: the runs folder, how its runs stand, the machine's load, and the places."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct
from rich.cells import cell_len

from cockpit.insight import gap
from cockpit.snapshot import Snapshot
from cockpit.tui.keys import called
from cockpit.tui.look import Line, Span
from cockpit.tui.places import KEYS, PLACES, Place
from cockpit.tui.widgets.painted import Painted
from cockpit.tui.widgets.sessions import counts
from engine.contract.cleaning import clean


class Standing(Struct, frozen=True):
    """What the masthead shows. `load` is how busy the machine is, `problem` why the runs cannot be read.

    `unread` is how many runs are still being read; None before anything was.
    """

    root: Path
    exists: bool
    snapshots: tuple[Snapshot, ...]
    place: str
    marked: int = 0
    load: str = ""
    problem: str = ""
    unread: int | None = 0


class Masthead(Painted):
    """One line where there are few, else two."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._standing: Standing | None = None
        self._read: dict[Path, tuple[Snapshot, bool]] = {}
        self._warned = 0

    def show(self, standing: Standing) -> None:
        """Show this from now on."""
        if self._standing is None or standing.snapshots is not self._standing.snapshots:
            # A thousand runs are told apart in no time, if only those are read that changed.
            known, self._read = self._read, {}
            for run in standing.snapshots:
                held = known.get(run.path)
                self._read[run.path] = held if held and held[0] is run else (run, _warned(run))
            self._warned = sum(warned for _, warned in self._read.values())
        self._standing = standing
        self.repaint()

    def draw(self, width: int, height: int) -> Sequence[Line]:
        """Who and how; below it the places, where there is a line for them."""
        now = self._standing
        if now is None:
            return []
        right = self._tally(now, width)
        if height == 1:
            here = next((p for p in PLACES if p.name == now.place), None)
            right = (*right, (f"  {now.marked} marked" if now.marked else "", "bold"))
            right = (*right, (f"  {self._key(here)} {here.title}" if here else "", "bold"))
        taken = sum(cell_len(t) for t, _ in right)
        root = _shortened(now.root, width - taken - len(" cockpit  ") - 3)
        left: Line = ((" cockpit", "title"), (f"  {root}", "dim"))
        space = max(2, width - 1 - taken - sum(cell_len(t) for t, _ in left))
        return [(*left, (" " * space, ""), *right), self._places(now)]

    def _tally(self, now: Standing, width: int) -> Line:
        if now.problem:
            return (("▲ the runs cannot be read", "bad"),)
        if now.unread is None:
            return (("reading the runs", "busy"),)
        if not now.snapshots:
            return (("no runs yet" if now.exists else "no runs: there is no such folder", "dim"),)
        extra: list[Span] = []
        if now.unread:
            extra.append((f"   {now.unread} being read", "busy"))
        if now.load:
            extra.append((f"   {now.load}", "dim"))
        if self._warned:
            extra.append((f"   ▲ {self._warned}", "watch"))
            extra.append((" warned" if width >= 100 else "", "watch"))
        for words in (True, False):
            full = (*counts(now.snapshots, self.look, words=words), *extra)
            if sum(cell_len(t) for t, _ in full) < width - 34:
                return full
        return counts(now.snapshots, self.look, words=False)

    def _key(self, place: Place) -> str:
        return called(self, f"app.{place.name}", KEYS)

    def _places(self, now: Standing) -> Line:
        spans: list[Span] = []
        for place in PLACES:
            here = place.name == now.place
            spans += [(" ", ""), (f"[{self._key(place)} {place.title}]", "here" if here else "dim")]
        if now.marked:
            spans.append((f"   {now.marked} marked", "bold"))
        return tuple(spans)


def _warned(run: Snapshot) -> bool:
    return bool(run.warnings) or gap.level_of(run) in ("warn", "critical")


def _shortened(root: Path, room: int) -> str:
    """The folder with ~ for the home folder, cut at its left when it is too long."""
    path, home = clean(str(root.absolute())), str(Path.home())
    path = "~" + path.removeprefix(home) if path == home or path.startswith(home + "/") else path
    return path if len(path) <= max(4, room) else "…" + path[-(max(4, room) - 1) :]
