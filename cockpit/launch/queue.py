"""A group's runs, from queued to ended: starts what is missing whenever a slot is free.

It owns no truth. What a run's state is, its folder says; a second queue on the same group sees the runs that
this one has started, and neither starts one that the other has claimed. A run that learns from another's
checkpoint is started once that one has finished.
"""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from cockpit.launch.local import start
from cockpit.launch.slots import Slot
from cockpit.runs import RunsFolder
from cockpit.snapshot import Snapshot
from cockpit.status import DEPENDENT, HELD, WORKING, Status, status_of


class Queue:
    """Runs of one group and the slots they may have. Each unfinished run is seen through once."""

    def __init__(self, paths: Sequence[Path], slots: Sequence[Slot]) -> None:
        self._paths = list(paths)
        self._folder = RunsFolder(paths[0].parent.parent, paths[0].parent.name)
        self._free = list(slots)
        self._engines: dict[Path, tuple[subprocess.Popen[bytes], Slot]] = {}
        #: Runs that were started here, or seen in another launcher's hands: what became of them is their end.
        self._tried: set[Path] = set()
        self._refused: dict[Path, str] = {}
        self._interrupted = False
        self.over = False

    def tick(self) -> list[Snapshot]:
        """See how every run stands, start what may be started, and return the snapshots in the queue's order.

        `over` then says whether nothing runs and nothing is still to start. A run that is silent on another
        host is not waited for.
        """
        self._reap()
        seen = {s.path: s for s in self._folder.poll()}
        snapshots = [self._told(seen.get(path), path) for path in self._paths]
        self._tried |= {s.path for s in snapshots if s.status.word in HELD}
        others = sum(s.status.word in WORKING and s.path not in self._engines for s in snapshots)
        for snapshot in snapshots:
            if len(self._free) > others and self._is_due(snapshot):
                self._start(snapshot.path)
        at_work = any(s.status.word in WORKING for s in snapshots) and not self._interrupted
        self.over = not (self._engines or at_work or any(map(self._is_due, snapshots)) or self._awaited(snapshots))
        return [self._told(seen.get(path), path) for path in self._paths] if self._refused else snapshots

    def _awaited(self, snapshots: Sequence[Snapshot]) -> bool:
        """Whether a run waits for a teacher that was still at work, or has finished while this tick looked."""
        words = {f"{s.path.parent.name}/{s.path.name}": s.status.word for s in snapshots}
        waiting = [s.spec.teacher for s in snapshots if s.spec and s.status.word == "waiting"]
        # A teacher of another group is not among the runs that were looked at: its state is read by itself.
        root = self._paths[0].parent.parent
        now = (words.get(name) or status_of(root / name).word for name in waiting)
        return not self._interrupted and any(word in WORKING or word == "finished" for word in now)

    def _reap(self) -> None:
        for path, (engine, slot) in list(self._engines.items()):
            if engine.poll() is not None:
                del self._engines[path]
                self._free.append(slot)

    def _told(self, snapshot: Snapshot | None, path: Path) -> Snapshot:
        """A run's snapshot; where it could not be started, or its folder is gone, that is its state."""
        reason = self._refused.get(path, "" if snapshot else "its folder is gone")
        if not reason:
            assert snapshot is not None
            return snapshot
        base = snapshot or Snapshot(group=path.parent.name, name=path.name, path=path, status=Status("unknown"))
        return replace(base, status=Status("failed", reason))

    def _is_due(self, snapshot: Snapshot) -> bool:
        word = snapshot.status.word
        closed = word == "finished" or word in HELD or word in DEPENDENT
        return not (self._interrupted or closed or snapshot.path in self._tried)

    def _start(self, path: Path) -> None:
        self._tried.add(path)
        try:
            engine = start(path, self._free[0])
        except OSError as error:
            self._refused[path] = f"could not be started: {error}"
            return
        if engine:
            self._engines[path] = engine, self._free.pop(0)
        if engine and self._interrupted:
            # The signal came while the engine was being started, and so has not reached it.
            engine.send_signal(signal.SIGTERM)

    def interrupt(self) -> None:
        """Ask every engine of this queue to save and leave, and start no more; asked twice, they leave at once."""
        self._interrupted = True
        for engine, _ in self._engines.values():
            if engine.poll() is None:
                engine.send_signal(signal.SIGTERM)
