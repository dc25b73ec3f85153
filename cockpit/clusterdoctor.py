"""`cockpit doctor slurm` and `pbs`: three tiny jobs through the real scheduler, and whether each came out as it must.

One trains for an epoch on the digits, one cannot be built and must fail, one learns from the first and must begin
after it. They lie in a runs folder of their own below the user's, which goes when all is well.
"""

from __future__ import annotations

import shutil
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from rich.text import Text

from cockpit.console import stdout_console
from cockpit.doctor import told
from cockpit.jobs import STATE
from cockpit.launch import control
from cockpit.launch.backends import executor
from cockpit.launch.cluster import REFUSED
from cockpit.launch.executor import Executor
from cockpit.launch.prepare import prepare
from cockpit.launch.supervisor import Supervisor
from cockpit.logs import log_of, tail
from cockpit.plan import plan
from cockpit.request import Backend
from cockpit.runs import RunsFolder
from cockpit.snapshot import Snapshot
from cockpit.status import HELD
from engine.contract.cleaning import clean
from engine.contract.finding import Finding
from engine.contract.folder import Job, attempts, read_json

#: How long jobs may wait and run before this gives up, seconds: a busy cluster's queue can be longer than that.
PATIENCE = 900.0
#: How long a job that has told its verdict may take to be over, seconds.
DELIVERY = 60.0
TICK_SECONDS = 0.5
PRESET = """
title = "Three tiny jobs"
[run]
data = "digits"
model = "resnet8"
epochs = 1
device = "cpu"
threads = 1
[grid.job.success]
[grid.job.failure]
model = "cockpit_doctor.nowhere:network"
[grid.job.dependent]
objective = "logit"
teacher = { job = "success" }
"""


def examine(backend: Backend, root: Path) -> int:
    """Submit them, wait, and print what was found; 1 when something is wrong, else 0.

    Raises:
        UserError: the backend's profile is not as it must be.
        OSError: the runs folder cannot be written.
    """
    scheduler = executor(backend)
    folder = root / STATE / f"doctor-{uuid.uuid4().hex[:6]}"
    folder.mkdir(parents=True)
    (folder / "doctor.toml").write_text(PRESET)
    runs = prepare(plan(str(folder / "doctor.toml"), root=folder), folder)
    control.ask(runs, backend=backend)
    code = told(_findings(backend, folder))
    if code or not _cleared(folder, runs, scheduler):
        stdout_console().print(Text(clean(f"the three runs are left in {folder}")), soft_wrap=True)
    return code


def _cleared(folder: Path, runs: Sequence[Path], scheduler: Executor) -> bool:
    """Take the runs folder away, and say whether it is gone.

    A verdict comes before its job is over: the scheduler has yet to deliver the job's output into the folder.
    """
    jobs = [read_json(tried / "job.json", Job) for run in runs for tried in attempts(run)]
    ids = [job.id for job in jobs if job and job.id]
    end = time.monotonic() + DELIVERY
    while {*scheduler.seen(ids).values()} - {"gone"} and time.monotonic() < end:
        time.sleep(TICK_SECONDS)
    # What is still open on NFS leaves a name behind.
    shutil.rmtree(folder, ignore_errors=True)
    return not folder.exists()


def _findings(backend: Backend, folder: Path) -> Iterator[Finding]:
    supervisor, end = Supervisor(folder), time.monotonic() + PATIENCE
    submitted: set[str] = set()
    while (seen := supervisor.tick()).is_open and time.monotonic() < end:
        for run in RunsFolder(folder).poll():
            if run.label not in submitted and run.status.word in HELD and run.status.reason:
                submitted.add(run.label)
                yield Finding("ok", run.label, run.status.reason)
        time.sleep(TICK_SECONDS)
    runs = {run.label: run for run in RunsFolder(folder).poll()}
    if seen.is_open:
        words = ", ".join(f"{label} {run.status.word}" for label, run in runs.items())
        remedy = f"look at {backend} itself; the jobs are in {folder}, and can be cancelled"
        yield Finding("fault", backend, f"not over after {PATIENCE / 60:.0f} minutes: {words}", remedy)
        return
    # The submission of all is one cause, and told once.
    if refused := next((run for run in runs.values() if run.status.reason.startswith(REFUSED)), None):
        yield Finding("fault", backend, refused.status.reason)
        return
    good, bad, after = runs["success"], runs["failure"], runs["dependent"]
    yield _expected(good, "finished", lambda: bool(good.last))
    yield _expected(bad, "failed", lambda: "cockpit_doctor" in bad.status.reason)
    yield _expected(after, "finished", lambda: after.epochs[0].time > good.epochs[-1].time)


def _expected(run: Snapshot, word: str, holds: Callable[[], bool]) -> Finding:
    """Whether a job came out as it must, and by the right way."""
    if run.status.word == word and holds():
        return Finding("ok", run.label, f"{word}, as it must")
    log = log_of(run.path)
    last = "; ".join(tail(log, 3)) if log else ""
    reason = f" ({run.status.reason})" if run.status.reason else ""
    words = f"{run.status.word}{reason}, and should be {word}"
    return Finding("fault", run.label, words, f"its log ends: {last}" if last else "it wrote no log")
