"""A scheduler's part of the queue: it submits what is due, and learns where its jobs are.

A scheduler's command may take a minute, so all of it happens apart from the supervisor's own thread.
"""

from __future__ import annotations

import threading
import time
import traceback
import uuid
from collections.abc import Iterable, Sequence
from pathlib import Path

from msgspec.structs import replace

from cockpit import jobs
from cockpit.launch import failpoint
from cockpit.launch.backends import executor
from cockpit.launch.executor import Executor, Unreachable
from cockpit.request import read
from cockpit.status import standing
from engine.contract.errors import UserError
from engine.contract.folder import Ended, Job, attempts, claim, publish, read_json

#: How often a scheduler is asked where its jobs are.
SEEN_SECONDS = 15.0
#: How long a job that nobody heard the id of may take to be found.
FOUND_SECONDS = 120.0
#: Slurm's arrays have 1,001 tasks unless it is set otherwise.
MOST_AT_ONCE = 1000
#: How the reason of a run begins that a scheduler did not take.
REFUSED = "refused: "


class Cluster:
    """One backend of one runs folder, as one supervisor sees to it."""

    def __init__(self, root: Path, backend: str) -> None:
        self._root, self._backend = root, backend
        self._executor: Executor
        self._thread: threading.Thread | None = None
        self._asked = self._failed = float("-inf")
        self._answers_since: float | None = None

    def tick(self, due: Sequence[Path], held: Sequence[Path]) -> None:
        """Have submitted what is due, and every so often asked where the rest is, unless that is still under way."""
        if self._thread and self._thread.is_alive():
            return
        if time.monotonic() - self._failed < SEEN_SECONDS:
            return
        if due or (held and time.monotonic() - self._asked >= SEEN_SECONDS):
            self._thread = threading.Thread(target=self._work, args=(list(due), list(held)), daemon=True)
            self._thread.start()

    def wait(self) -> None:
        """Until what is under way is done."""
        if self._thread:
            self._thread.join()

    def _work(self, due: list[Path], held: list[Path]) -> None:
        try:
            # Anew each time: a profile that was mended must do for a retry.
            self._executor = executor(self._backend)
            submitted = self.submit(due[:MOST_AT_ONCE]) if due else []
            self._asked = time.monotonic()
            self.look([*held, *submitted])
        except Exception:
            # Tried again after a while; what it was stands in the supervisor's log.
            self._failed = time.monotonic()
            traceback.print_exc()

    def submit(self, runs: Sequence[Path]) -> list[Path]:
        """Claim and submit these runs; those that were claimed."""
        tag = f"cockpit-{uuid.uuid4().hex[:12]}"
        claimed: list[Path] = []
        for run in runs:
            # The order matters (see `claim`): a list of what is due may be a while old.
            tried, request = attempts(run), read(run)
            if request is None or request.hold or request.backend != self._executor.name:
                continue
            if standing(run, request).word != "queued":
                continue
            try:
                attempt = claim(run, tried)
            except FileExistsError:
                continue
            (run / "control" / "stop").unlink(missing_ok=True)
            job = Job(backend=request.backend, argv=(), time=time.time(), tag=tag, place=len(claimed))
            publish(attempt / "job.json", job)
            claimed.append(run)
        failpoint.reach("claimed")
        if not claimed:
            return []
        try:
            ids = self._executor.submit(tag, self._root / jobs.STATE / "jobs", claimed)
        except Unreachable:
            traceback.print_exc()  # it may have them all the same: `look` finds out
            return claimed
        except UserError as error:
            reason = f"{REFUSED}{error.where}: {error.problem}; {error.remedy}"
            for run in claimed:
                verdict = Ended(outcome="failed", exit_code=1, time=time.time(), reason=reason)
                publish(attempts(run)[-1] / "ended.json", verdict)
            return []
        failpoint.reach("submitted")
        for run, id_ in zip(claimed, ids, strict=True):
            _is(run, id_)
        return claimed

    def look(self, runs: Sequence[Path]) -> None:
        """Ask where the jobs of these runs are, and write it down; look for those whose id nobody has heard."""
        held = {run: job for run in runs if (job := _job(run)) and job.backend == self._executor.name}
        found = self._find({job.tag for job in held.values() if not job.id})
        for run, job in held.items():
            if job.id or job.tag not in found:
                continue
            if id_ := found[job.tag].get(job.place):
                _is(run, id_)
            elif time.time() - job.time > FOUND_SECONDS and self._answers_for(FOUND_SECONDS):
                reason = f"never reached {self._executor.name}"
                publish(
                    attempts(run)[-1] / "ended.json",
                    Ended(outcome="stopped", exit_code=1, time=time.time(), reason=reason),
                )
        ids = [job.id for run in held if (job := _job(run)) and job.id]
        jobs.note(self._root, self._executor.name, jobs.Jobs(time.time(), dict(self._executor.seen(ids))))

    def _find(self, tags: Iterable[str]) -> dict[str, dict[int, str]]:
        """The jobs of each tag, by their place; nothing of one that could not be asked for, nor of those after it."""
        found: dict[str, dict[int, str]] = {}
        try:
            for tag in tags:
                found[tag] = self._executor.find(tag)
                self._answers_since = self._answers_since or time.monotonic()
        except UserError:
            self._answers_since = None
            traceback.print_exc()
        return found

    def _answers_for(self, seconds: float) -> bool:
        """Whether the scheduler has answered for so long: what reached it during an outage may lie there unread."""
        return self._answers_since is not None and time.monotonic() - self._answers_since > seconds


def _job(run: Path) -> Job | None:
    tried = attempts(run)
    return read_json(tried[-1] / "job.json", Job) if tried else None


def _is(run: Path, id_: str) -> None:
    """Write down which job a run's newest attempt is."""
    attempt = attempts(run)[-1]
    job = read_json(attempt / "job.json", Job)
    assert job is not None, "written when it was claimed"
    publish(attempt / "job.json", replace(job, id=id_))
