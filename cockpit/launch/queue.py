"""A group's runs, from queued to ended: starts what is missing whenever a slot is free.

It owns no truth. What a run's state is, its folder says; a second queue on the same group sees the runs that
this one has started, and neither starts one that the other has claimed.
"""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from cockpit.launch.local import start
from cockpit.launch.slots import Slot
from cockpit.runs import RunsFolder
from cockpit.snapshot import Snapshot
from cockpit.status import HELD


class Queue:
    """Runs of one group and the slots they may have. Each unfinished run is started once."""

    def __init__(self, paths: Sequence[Path], slots: Sequence[Slot]) -> None:
        self._paths = list(paths)
        self._folder = RunsFolder(paths[0].parent.parent, paths[0].parent.name)
        self._free = list(slots)
        self._engines: dict[Path, tuple[subprocess.Popen[bytes], Slot]] = {}
        self._tried: set[Path] = set()
        self._interrupted = self._over = False

    def tick(self) -> list[Snapshot]:
        """See how every run stands, start what may be started, and return the snapshots in the queue's order."""
        for path, (engine, slot) in list(self._engines.items()):
            if engine.poll() is not None:
                del self._engines[path]
                self._free.append(slot)
        seen = {s.path: s for s in self._folder.poll()}
        snapshots = [seen[path] for path in self._paths if path in seen]
        for snapshot in snapshots:
            if self._free and not self._interrupted and self._is_due(snapshot):
                self._start(snapshot.path)
        self._over = not self._engines and not any(
            s.status.word in HELD or (self._is_due(s) and not self._interrupted) for s in snapshots
        )
        return snapshots

    @property
    def over(self) -> bool:
        """Whether the last tick found nothing that runs, and nothing that is still to start."""
        return self._over

    def _is_due(self, snapshot: Snapshot) -> bool:
        word = snapshot.status.word
        return word != "finished" and word not in HELD and snapshot.path not in self._tried

    def _start(self, path: Path) -> None:
        engine = start(path, self._free[0])
        if engine:
            self._tried.add(path)
            self._engines[path] = engine, self._free.pop(0)

    def interrupt(self) -> None:
        """Ask every engine of this queue to save and leave, and start no more; asked twice, they leave at once."""
        self._interrupted = True
        for engine, _ in self._engines.values():
            if engine.poll() is None:
                engine.send_signal(signal.SIGTERM)
