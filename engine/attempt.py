"""The engine's hold on a run: take an attempt up, keep its heartbeat, write how it ended."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import msgspec

from engine.contract.errors import UserError
from engine.contract.folder import (
    HEARTBEAT_SECONDS,
    STOP_NOW,
    Ended,
    Job,
    Progress,
    Started,
    attempts,
    claim,
    publish,
    read_json,
)
from engine.contract.process import alive, identify


def take_up(run: Path) -> Path:
    """The folder of the attempt that this process now is.

    A launcher has claimed one for its engine and written job.json: that one is taken up. An engine that was
    started by hand claims the next. Either way only one engine can hold a run: started.json is created by
    link, which fails when it is there.

    Raises:
        UserError: another engine holds the run.
        OSError: the folder cannot be written.
    """
    held = attempts(run)
    attempt = held[-1] if held and _waits_for_us(held[-1]) else None
    if attempt is None:
        if held:
            _refuse_if_held(run, held[-1])
        try:
            attempt = claim(run, held)
        except FileExistsError:
            raise _held(run) from None
    me = identify(os.getpid())
    assert me is not None, "a process always finds itself"
    try:
        publish(attempt / "started.json", Started(process=me, time=time.time()), exclusive=True)
    except FileExistsError:
        raise _held(run) from None
    return attempt


def _waits_for_us(attempt: Path) -> bool:
    """Whether an attempt was launched, for this very process or a dead one, and no engine has begun it."""
    if (attempt / "started.json").exists() or (attempt / "ended.json").exists():
        return False
    job = read_json(attempt / "job.json", Job)
    return job is not None and (job.process is None or job.process.pid == os.getpid() or alive(job.process) is False)


def _refuse_if_held(run: Path, attempt: Path) -> None:
    started = read_json(attempt / "started.json", Started)
    if (attempt / "ended.json").exists() or (started and alive(started.process) is False):
        return
    if started is None and not (attempt / "job.json").exists():
        return
    raise _held(run)


def _held(run: Path) -> UserError:
    return UserError(run, "", "another engine holds this run", "wait for it, or stop it first: cockpit ls")


def end(
    attempt: Path,
    outcome: Literal["finished", "stopped", "failed", "out-of-memory"],
    exit_code: int,
    reason: str = "",
) -> int:
    """Write the attempt's verdict and return its exit code; the last thing an engine does."""
    publish(attempt / "ended.json", Ended(outcome=outcome, exit_code=exit_code, time=time.time(), reason=reason))
    return exit_code


class Heartbeat(threading.Thread):
    """Shows that this process lives, and how far it is, every few seconds.

    The modification time of started.json is the heartbeat; progress.json is rewritten beside it.
    """

    def __init__(self, attempt: Path, progress: Callable[[], Progress | None]) -> None:
        super().__init__(daemon=True, name="heartbeat")
        self._attempt, self._progress = attempt, progress
        self._over, self._heeded = threading.Event(), False

    def run(self) -> None:
        """Beat until stopped; a disk that is full for a moment is no reason to end a training."""
        while not self._over.wait(HEARTBEAT_SECONDS):
            with contextlib.suppress(OSError):
                os.utime(self._attempt / "started.json")
                self._tell_progress()
                self._heed()

    def _tell_progress(self) -> None:
        if progress := self._progress():
            aside = self._attempt / ".progress.json"
            aside.write_bytes(msgspec.json.encode(progress))
            aside.replace(self._attempt / "progress.json")

    def _heed(self) -> None:
        """Take a request to stop at once as the signal that cannot reach us from another machine."""
        if not self._heeded and (self._attempt.parents[1] / "control" / "stop").read_bytes() == STOP_NOW:
            self._heeded = True
            os.kill(os.getpid(), signal.SIGTERM)

    def stop(self) -> None:
        """Beat no more."""
        self._over.set()
        self.join()
