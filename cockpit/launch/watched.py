"""Runs that somebody waits for: how they stand, whether all is over, and a queue kept at work meanwhile."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec.structs import replace

from cockpit.launch import control
from cockpit.launch.supervisor import STEPPED_BACK, ensure, goes_on, log_of_queue, refusals
from cockpit.logs import tail
from cockpit.published import is_published_root
from cockpit.request import read, teacher_of
from cockpit.runs import RunsFolder
from cockpit.snapshot import Snapshot
from cockpit.status import HELD, WORKING, Status
from engine.contract.errors import UserError
from engine.contract.folder import attempts

#: How often it is seen to that a supervisor lives.
ENSURE_SECONDS = 2.0
#: How many supervisors in a row may end at once before that is an error.
ENSURE_TRIES = 3
#: Who ends within this time ends at once, seconds.
QUICK_SECONDS = 10.0


class Watched:
    """Some runs of one runs folder, seen through to their end."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = list(paths)
        self._root = paths[0].parent.parent
        groups = {path.parent.name for path in paths}
        self._folder = RunsFolder(self._root, groups.pop() if len(groups) == 1 else None)
        self.supervisor: subprocess.Popen[bytes] | None = None
        #: When the supervisor was started, and how long the log was then.
        self._begun, self._logged = 0.0, 0
        self._ensured, self._failures = float("-inf"), 0
        self._interrupted = self._left = False
        self._signalled: set[Path] = set()
        self.over = False
        #: Why no queue can be started; empty while one can.
        self.trouble = ""

    def look(self) -> list[Snapshot]:
        """How every run stands, in the order they were given.

        `over` then says whether nothing runs and nothing is still to start. A run that is silent on another host
        and that no scheduler has is not waited for, nor one that somebody holds or took out of the queue.

        Raises:
            UserError: no supervisor can be kept alive.
        """
        refused = refusals(self._root)
        seen = {s.path: s for s in self._folder.poll()}
        snapshots = [self._told(seen.get(path), path, refused) for path in self._paths]
        known = {f"{s.path.parent.name}/{s.path.name}": s for s in snapshots}
        self.over = self._left or not any(self._is_open(snapshot, known) for snapshot in snapshots)
        if self._interrupted:
            self._stop(snapshots)
        elif not self.over:
            self._ensure()
        return snapshots

    def interrupt(self) -> None:
        """Have every run save and leave, and no more started; asked twice, they leave at once."""
        self._interrupted = True
        self._signalled.clear()

    def leave(self) -> None:
        """Wait no more; the runs go on."""
        self._left = True

    def _is_open(self, snapshot: Snapshot, known: Mapping[str, Snapshot]) -> bool:
        """Whether a run is at work, or will be: nobody holds it, and a teacher it waits for goes on."""
        word = snapshot.status.word
        if word in WORKING:
            return True
        request = read(snapshot.path)
        if word in HELD:
            # A scheduler is asked again and again: what it does not say now, it will.
            return request is not None and request.backend != "local"
        if word not in ("queued", "waiting"):
            return False
        if request is None or request.hold or word == "queued":
            return request is not None and not request.hold
        teacher = known.get(request.teacher)
        if teacher:
            # One that has finished while we looked has released this run already.
            return teacher.status.word == "finished" or self._is_open(teacher, known)
        over_it = teacher_of(snapshot.path, request.teacher)
        return over_it is not None and goes_on(over_it)

    def _stop(self, snapshots: Sequence[Snapshot]) -> None:
        """Signal each engine once; one that starts while we do so is signalled when it is seen."""
        for snapshot in snapshots:
            tried = attempts(snapshot.path)
            if snapshot.status.word in HELD and tried and tried[-1] not in self._signalled:
                if control.process_of(snapshot.path):
                    self._signalled.add(tried[-1])
                control.stop_now(snapshot.path)
            elif snapshot.status.word in ("queued", "waiting"):
                control.hold(snapshot.path)

    def _told(self, snapshot: Snapshot | None, path: Path, refused: dict[str, str]) -> Snapshot:
        """A run's snapshot; where it could not be started, or its folder is gone, that is its state."""
        name = f"{path.parent.name}/{path.name}"
        reason = "" if snapshot else "its folder is gone"
        if snapshot and snapshot.status.word == "queued":
            reason = refused.get(name, "")
        if snapshot and not reason:
            return snapshot
        base = snapshot or Snapshot(group=path.parent.name, name=path.name, path=path, status=Status("unknown"))
        return replace(base, status=Status("failed", reason))

    def _ensure(self) -> None:
        """See that a supervisor lives. One that is killed is started again; one that fails at once is an error."""
        now = time.monotonic()
        # Among published results nothing is queued, and nothing is to be written.
        if now - self._ensured < ENSURE_SECONDS or is_published_root(self._root):
            return
        self._ensured, log = now, log_of_queue(self._root)
        code = self.supervisor.poll() if self.supervisor else None
        if code is not None:
            failed = code > 0 and code != STEPPED_BACK and now - self._begun < QUICK_SECONDS
            self._failures = self._failures + 1 if failed else 0
            self.supervisor = None
        if self._failures == ENSURE_TRIES:
            last = "; ".join(tail(log, 3, since=self._logged)) or f"exit code {code}, without a word"
            raise UserError(log, "", f"the queue's process ends at once: {last}", "mend what it says, and run again")
        length = log.stat().st_size if log.exists() else 0
        try:
            started = ensure(self._root)
        except OSError as error:
            # As of another machine's runs, in a folder that we may only read: they go on all the same.
            self.trouble = f"{error.filename or self._root}: no queue can be started: {error.strerror}"
            return
        if started:
            self.supervisor, self._begun, self._logged = started, now, length
