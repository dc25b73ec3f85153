"""What people ask of runs, to be done, to stop, to go on: written into their folders, signalled where they run."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from cockpit.launch.slots import visible_gpus
from cockpit.published import refuse_published
from cockpit.request import FILE, Backend, Request, read, write
from cockpit.status import HELD, Word, is_open, status_of
from engine.contract.folder import STOP_NOW, Ended, Job, Started, attempts, publish, read_json, read_spec
from engine.contract.process import ProcessId, alive, host

#: The variables that an engine goes by: never the whole environment, which may hold secrets.
_ENGINES = re.compile(r"COCKPIT_DATA|XDG_CACHE_HOME|PYTHONPATH|LD_LIBRARY_PATH|(OMP|MKL|NCCL|TORCH|PYTORCH)_\w+")

#: How long is waited for the death of an engine that was killed: one that a driver holds may take longer.
DEATH_SECONDS = 5.0


def ask(
    runs: Sequence[Path],
    *,
    retries: int = 0,
    per_gpu: int | None = None,
    priority: int | None = None,
    backend: Backend | None = None,
) -> list[Path]:
    """Ask for runs to be done by this machine's queue, in this order, after what was asked before; those asked for.

    A finished run stays finished, and one that is at work goes on; one that is about to stop is asked for, and goes
    on once it has. Who stands in the queue keeps the place, and so does who was held or stopped.
    What is None is as it was when the run was last asked for: a retry of a cluster's run is not for this machine.
    A variable that only the shell from which it was asked for last had is still the run's.

    Raises:
        UserError: a run's settings cannot be read, or it is published.
        OSError: a folder cannot be written.
    """
    now, asked_for = time.time(), []
    for number, run in enumerate(runs):
        refuse_published(run)
        word = status_of(run).word
        before, tried = read(run), attempts(run)
        if word == "finished" or (word in HELD and not is_leaving(word, before)):
            continue
        spec, _ = read_spec(run)
        known = before or Request(time=now, order=now)
        stands = before is not None and (before.hold or word == "stopped" or is_open(word, run, before))
        asked = Request(
            time=now,
            order=known.order if stands else now + number * 1e-3,
            after=int(tried[-1].name) if tried else 0,
            priority=known.priority if priority is None else priority,
            retries=retries,
            backend=backend or known.backend,
            host=host(),
            gpus=tuple(visible_gpus()) if spec.device != "cpu" else (),
            per_gpu=per_gpu or known.per_gpu,
            threads=spec.threads,
            teacher=spec.teacher,
            python=sys.executable,
            environment=known.environment
            | {name: value for name, value in os.environ.items() if _ENGINES.fullmatch(name)},
        )
        if before is None or replace(asked, time=before.time) != before:
            write(run, asked)
        else:
            # Who could not start it when it was asked for before is to try again.
            try:
                os.utime(run / FILE)
            except OSError as error:
                raise OSError(error.errno, error.strerror, str(run / FILE)) from error  # It names no file itself.
        asked_for.append(run)
    return asked_for


def is_leaving(word: Word, request: Request | None) -> bool:
    """Whether an engine that holds a run was asked to stop, and nobody has asked for the run since."""
    return word in HELD and (word == "stopping" if request is None else request.hold)


def hold(run: Path) -> bool:
    """Have a run not started, or not again, until it is asked for once more; whether anything was asked of it.

    Raises:
        UserError: it is published.
    """
    refuse_published(run)
    request = read(run)
    if request and not request.hold:
        write(run, replace(request, hold=True))
    return request is not None


def stop_after_epoch(run: Path) -> None:
    """Ask a run to save and stop once its present epoch is done, and hold it.

    Raises:
        OSError: the folder cannot be written.
    """
    hold(run)
    publish(run / "control" / "stop", b"after the epoch\n")


def stop_now(run: Path) -> None:
    """Have a run save and leave after its present step, and hold it.

    An engine of this machine is signalled; one elsewhere reads the request with its next heartbeat.

    Raises:
        OSError: the folder cannot be written.
    """
    hold(run)
    process = process_of(run)
    if process and alive(process):
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGTERM)
    elif not process and _cancelled(run):
        return
    elif status_of(run).word in HELD:
        publish(run / "control" / "stop", STOP_NOW)


def kill(run: Path) -> bool:
    """End a run's engine and all it started, at once; what it did since its last checkpoint is done again.

    Returns whether there was one on this machine, or a job of a scheduler's. One that is only on its way to a
    scheduler, or on another machine, is asked to save and leave when it reads that.

    Raises:
        OSError: the folder cannot be written.
        UserError: the run is published; a scheduler does not answer, or refuses.
    """
    refuse_published(run)
    hold(run)
    tried, process = attempts(run), process_of(run)
    if not process or not alive(process):
        if cancelled := _cancelled(run):
            return cancelled
        if status_of(run).word in HELD:
            publish(run / "control" / "stop", STOP_NOW)
        return False
    with contextlib.suppress(ProcessLookupError):  # It may have ended this very moment.
        # An engine that a queue started leads a session of its own, so its group is it and its children. One that was
        # started by hand may be in the group of whoever started it.
        ours = os.getpgid(process.pid) == process.pid
        (os.killpg if ours else os.kill)(process.pid, signal.SIGKILL)
    _bury(tried[-1], process)
    return True


def _bury(attempt: Path, process: ProcessId) -> None:
    """Say of an attempt that it was killed, as soon as its engine is dead; the engine's own verdict stays."""
    end = time.monotonic() + DEATH_SECONDS
    while alive(process) and time.monotonic() < end:
        time.sleep(0.01)
    if alive(process) is False:
        verdict = Ended(
            outcome="stopped", exit_code=128 + signal.SIGKILL, time=time.time(), reason="killed on request"
        )
        with contextlib.suppress(FileExistsError):
            publish(attempt / "ended.json", verdict, exclusive=True)


def process_of(run: Path) -> ProcessId | None:
    """The engine of a run's last attempt, as far as it is known."""
    tried = attempts(run)
    if not tried:
        return None
    started = read_json(tried[-1] / "started.json", Started)
    job = read_json(tried[-1] / "job.json", Job)
    return started.process if started else job.process if job else None


def _cancelled(run: Path) -> bool:
    """End the job of a run that a scheduler has, and say so where no engine could; whether there was one.

    Raises:
        UserError: the scheduler does not answer, or refuses.
    """
    tried = attempts(run)
    job = read_json(tried[-1] / "job.json", Job) if tried else None
    if job is None or not job.id:
        return False
    from cockpit.launch.backends import executor

    executor(job.backend).cancel([job.id], signal=True)
    if not (tried[-1] / "started.json").exists():
        reason = "on request, before it began"
        publish(tried[-1] / "ended.json", Ended(outcome="stopped", exit_code=1, time=time.time(), reason=reason))
    return True
