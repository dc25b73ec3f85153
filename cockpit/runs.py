"""The runs folder: find runs, follow them, one frozen snapshot each."""

from __future__ import annotations

import os
import time
from pathlib import Path

from cockpit import imported
from cockpit.followed import Followed
from cockpit.published import PUBLISHED, is_published
from cockpit.snapshot import Snapshot
from engine.contract.errors import UserError, nearest

#: A run that has ended is looked at in every so many polls; in the others only whether it stirs.
ROUND = 4


class RunsFolder:
    """All runs below one root, the published last, read again at each poll; what did not change keeps its snapshot.

    `unread` is how many of them the last poll had no time for, or read in part.
    """

    def __init__(self, root: Path, group: str | None = None) -> None:
        self.root = root
        self.unread = 0
        self._group = group
        self._names: list[tuple[str, list[str]]] = []
        self._runs: dict[Path, Followed] = {}
        self._turn = 0

    def poll(self, patience: float = float("inf")) -> list[Snapshot]:
        """A snapshot of every run, by group and name. A run that is gone is left out, a broken one says why.

        After `patience` seconds no further run is begun to be read for the first time: the newest come first, then
        the rest of long streams, and the next poll goes on.
        """
        until = time.monotonic() + patience
        self._turn += 1
        self._list()
        fresh = []
        for number, run in enumerate(self._runs.values()):
            if run.behind:
                fresh.append(run)
            elif not run.rests or (self._turn + number) % ROUND == 0 or run.stirs():
                run.look(until)
        for run in sorted(fresh, key=lambda run: (not run.looked, run.newest()), reverse=True):
            run.look(until)
            if time.monotonic() > until:
                break
        self.unread = sum(run.behind for run in fresh)
        return [run.snapshot for run in self._runs.values() if run.is_there]

    def _list(self) -> None:
        """Follow what is there now, and nothing else."""
        own = [group for group in _folders(self.root) if group != PUBLISHED]
        groups = [self._group] if self._group else [*own, *published_groups(self.root)]
        names = [(group, _folders(self.root / group)) for group in groups if group != PUBLISHED]
        if names == self._names:
            return
        self._names, before, self._runs = names, self._runs, {}
        for group, runs in names:
            published = is_published(self.root / group / "any")
            for name in runs:
                path = self.root / group / name
                self._runs[path] = before.get(path) or Followed(path, group, published=published)


def check_place(root: Path, group: str | None, *, named: bool = True) -> None:
    """See that a runs folder, and a group's in it, are there; one that nobody `named` may still be missing.

    Raises:
        UserError: it is not.
    """
    if root.exists() and not root.is_dir():
        raise UserError(root, "", "not a folder", "name the runs folder with --runs DIR or COCKPIT_RUNS")
    if named and not root.exists():
        raise UserError(root, "", "no such runs folder", "name it with --runs DIR or COCKPIT_RUNS")
    if group is not None and not (root / group).is_dir():
        groups = sorted({path.parent.name for path in find(root)})
        raise UserError("--group", "", f"no group {group!r} in {root}", nearest(group, groups))


def find(root: Path, group: str | None = None) -> list[Path]:
    """The folders of all runs of one's own, or of one group's: those that hold a spec.toml, or were imported."""
    return [run for run in folders(root, group) if os.path.lexists(run / "spec.toml") or imported.is_imported(run)]


def published_groups(root: Path) -> list[str]:
    """What the groups of published results are called: published/<group>."""
    return [f"{PUBLISHED}/{group}" for group in _folders(root / PUBLISHED)]


def folders(root: Path, group: str | None = None) -> list[Path]:
    """Every folder where a run of one's own, or of this group, may be, by group and name."""
    groups = [group] if group else _folders(root)
    return [root / each / name for each in groups if each != PUBLISHED for name in _folders(root / each)]


def _folders(path: Path) -> list[str]:
    try:
        with os.scandir(path) as entries:
            return sorted(e.name for e in entries if not e.name.startswith(".") and e.is_dir())
    except OSError:
        return []
