"""What state a run is in: never a stored word, always concluded from its folder and its process.

The run folder holds the verdict (attempts/<n>/ended.json, written by the engine); the process is only asked
whether it still lives. A process that is gone without a verdict is `lost`. One on another host cannot be
asked, so its heartbeat is read against the file system's own clock, and an old one is `silent`, not failed.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Literal

from msgspec import Struct

from cockpit.imported import is_imported, readable
from cockpit.jobs import seen
from cockpit.request import Request, read, teacher_of
from engine.contract.folder import HEARTBEAT_SECONDS, Ended, Job, Started, attempts, read_json
from engine.contract.process import alive

Word = Literal[
    "queued",
    "waiting",
    "blocked",
    "starting",
    "running",
    "silent",
    "stopping",
    "stopped",
    "finished",
    "failed",
    "out-of-memory",
    "lost",
    "unknown",
]

#: State -> (glyph, its ASCII stand-in). Colour only adds to these.
GLYPHS: dict[Word, tuple[str, str]] = {
    "queued": ("◌", "."),
    "waiting": ("◔", "w"),
    "blocked": ("⊘", "b"),
    "starting": ("◐", "o"),
    "running": ("●", "*"),
    "silent": ("◍", "~"),
    "stopping": ("◑", "s"),
    "stopped": ("■", "#"),
    "finished": ("✓", "+"),
    "failed": ("✗", "x"),
    "out-of-memory": ("✗", "m"),
    "lost": ("?", "?"),
    "unknown": ("?", "u"),
}
#: States in which an engine holds the run, or may.
HELD: frozenset[Word] = frozenset({"starting", "running", "silent", "stopping", "unknown"})
#: States in which an engine of this machine, or one that is heard of, is at work.
WORKING: frozenset[Word] = frozenset({"starting", "running", "stopping"})
#: States with an attempt that ended, and a verdict that no longer changes by itself.
ENDED: frozenset[Word] = frozenset({"stopped", "finished", "failed", "out-of-memory", "lost"})
#: States of a run that is still to be done.
OPEN: frozenset[Word] = frozenset({"queued", "waiting", "blocked"})
#: States with an attempt that nobody wanted to end so.
FAILED: frozenset[Word] = frozenset({"failed", "out-of-memory", "lost"})
#: States of a run that another's end decides about.
DEPENDENT: frozenset[Word] = frozenset({"waiting", "blocked"})

#: Past this age a heartbeat that can only be seen through a file system counts as silence, seconds.
SILENCE_SECONDS = 12 * HEARTBEAT_SECONDS
#: How many attempts answer one request at most: a job's time may be too short for any progress.
MOST_ATTEMPTS = 200
#: How long a claimed attempt may stay without a process before it is lost, seconds.
CLAIM_SECONDS = 15.0


#: How the reason begins of a run whose process is there, and does not even beat.
MUTE = "gives no sign"


class Status(Struct, frozen=True):
    """A state, and why, in words."""

    word: Word
    reason: str = ""

    @property
    def held(self) -> bool:
        """Whether a run that is still to be done is kept from it by a person."""
        return self.word in OPEN and self.reason.rpartition("; ")[2] == "held"

    @property
    def is_mute(self) -> bool:
        """Whether an engine of this machine is there and does nothing: its process was stopped, or hangs."""
        return self.reason.startswith(MUTE)


def status_of(run: Path) -> Status:
    """The state of a run, from its folder and its process, right now."""
    tried = attempts(run)
    if not tried:
        return _brought(run) or Status("queued")
    attempt = tried[-1]
    # The engine writes its verdict and then ends, so a process found dead is asked for its verdict again.
    return _verdict(attempt) or _living(run, attempt) or _verdict(attempt) or _vanished(attempt)


def standing(run: Path, request: Request | None, teacher: str = "") -> Status:
    """The state of a run with what is asked of it: one that is to be done is queued, waits, or is blocked.

    A run that learns from another's checkpoint waits until that one has finished. A teacher that ended otherwise,
    and is not to be done again, blocks its students. `teacher` is the one that the settings name, for a run of which
    nothing is asked.
    """
    return _standing(run, request, teacher, frozenset())


def _standing(run: Path, request: Request | None, named: str, students: frozenset[Path]) -> Status:
    own = status_of(run)
    if own.word == "stopping" and request and not request.hold:
        return Status("stopping", "goes on after that")
    if not is_open(own.word, run, request):
        return own
    reason = "in no queue" if request is None else "held" if request.hold else "goes on" if request.after else ""
    also = "; held" if reason == "held" else ""
    teacher = teacher_of(run, request.teacher if request else named)
    if teacher is None:
        return Status("queued", reason)
    if not os.path.exists(teacher / "spec.toml"):  # noqa: PTH110 (Path's raises where a name is too long)
        return Status("blocked", f"by {teacher.name}: its folder is gone{also}")
    if teacher in students:
        return Status("blocked", f"by {teacher.name}: it would learn from itself{also}")
    theirs = _standing(teacher, read(teacher), "", students | {run, teacher})
    if theirs.word == "finished":
        return Status("queued", reason)
    if theirs.word in ENDED or theirs.word == "blocked":
        return Status("blocked", f"by {teacher.name}: {theirs.word}{also}")
    return Status("waiting", f"for {teacher.name}{also}")


def is_open(word: Word, run: Path, request: Request | None) -> bool:
    """Whether a run of this state is still to be done, by what was asked of it; held or not.

    An attempt that was claimed and never launched is no failure: whoever claimed it is gone.
    """
    if word == "queued":
        return True
    if word not in ENDED or word == "finished" or request is None:
        return False
    answers = [attempt for attempt in attempts(run) if int(attempt.name) > request.after]
    failures = sum(map(_failed, answers))
    # On a cluster a stop that nobody asked for is the end of the job's time: it goes on in another.
    stopped = word == "stopped" and request.backend == "local" and bool(answers)
    return not stopped and failures <= request.retries and len(answers) < MOST_ATTEMPTS


def _failed(attempt: Path) -> bool:
    ended = read_json(attempt / "ended.json", Ended)
    if ended:
        return ended.outcome in ("failed", "out-of-memory")
    job = read_json(attempt / "job.json", Job)
    return (attempt / "started.json").exists() or bool(job and (job.process or job.id))


def _brought(run: Path) -> Status | None:
    """The state of a run that was imported: over, for nothing can run it; None of any other."""
    if not is_imported(run):
        return None
    told = readable(run)
    return Status("finished", f"imported from {told.source}" if told else "imported")


def _verdict(attempt: Path) -> Status | None:
    ended = read_json(attempt / "ended.json", Ended)
    if ended is None:
        return None
    # An engine's reason may be what an error said in several lines; a state has one.
    return Status(ended.outcome, "; ".join(line.strip() for line in ended.reason.splitlines() if line.strip()))


def _living(run: Path, attempt: Path) -> Status | None:
    """The state of an attempt whose engine lives or may live; None when it is gone."""
    started = read_json(attempt / "started.json", Started)
    if started is None:
        return _before_start(attempt)
    living = alive(started.process)
    job = read_json(attempt / "job.json", Job)
    if living is None and job and job.id and seen(attempt.parents[3], job) == "gone":
        return None
    if living is None:
        return _by_heartbeat(attempt / "started.json", started.process.host)
    if not living:
        return None
    word: Word = "stopping" if (run / "control" / "stop").exists() else "running"
    return Status(word, _silence(attempt / "started.json"))


def _before_start(attempt: Path) -> Status | None:
    job = read_json(attempt / "job.json", Job)
    if job and job.backend != "local":
        return _in_scheduler(attempt, job)
    if job and job.process and alive(job.process) is True:
        return Status("starting")
    age = _age(attempt)
    if age is None:
        return Status("unknown", "the runs folder cannot be written, so a claim's age cannot be told")
    gone = job is not None and job.process is not None and alive(job.process) is False
    return Status("starting") if age < CLAIM_SECONDS and not gone else None


def _in_scheduler(attempt: Path, job: Job) -> Status | None:
    """The state of an attempt that a scheduler has: it is only asked whether the job is still there."""
    if not job.id:
        return Status("starting", f"being submitted to {job.backend}")
    where = seen(attempt.parents[3], job)
    if where == "gone":
        return None
    if where == "unknown":
        return Status("unknown", f"{job.backend} does not answer; it was submitted as {job.id}")
    return Status("starting", f"{'waits in' if where != 'running' else 'begun by'} {job.backend}, as {job.id}")


def _silence(file: Path) -> str:
    """Since when an engine that lives has not beaten, in words that stay the same; empty where it has of late."""
    try:
        beaten = file.stat().st_mtime
    except OSError:
        return ""
    # This machine's clock first, which costs nothing. The file system's own may be another, and is the one to go by.
    if abs(time.time() - beaten) <= SILENCE_SECONDS or (_age(file) or 0.0) <= SILENCE_SECONDS:
        return ""
    return f"{MUTE} since {time.strftime('%H:%M', time.localtime(beaten))}: its process is stopped, or hangs"


def _by_heartbeat(file: Path, host: str) -> Status:
    age = _age(file)
    if age is None:
        return Status("unknown", f"runs on {host}; the runs folder cannot be written, so its clock cannot be read")
    if age > SILENCE_SECONDS:
        remedy = f"if that engine is dead, remove {file} and run the preset again"
        return Status("silent", f"no heartbeat from {host} for {age:.0f} s; {remedy}")
    return Status("running", f"on {host}")


def _vanished(attempt: Path) -> Status:
    if (attempt / "started.json").exists():
        return Status("lost", "the engine is gone and left no word: killed, or the machine went down")
    if (attempt / "job.json").exists():
        return Status("failed", "the engine ended before it could begin; see log.txt")
    return Status("lost", "claimed, but never launched")


def _age(path: Path) -> float | None:
    """Seconds since `path` changed, by the clock of the file system it lies on; None when it has none to show.

    A time to come is as far away as one that has passed: that clock was set back since.
    """
    # attempts/<n> of a run: its group's folder, whose time no poll goes by.
    group = next(parent for parent in path.parents if parent.name == "attempts").parents[1]
    clock = group / ".clock"
    try:
        clock.touch()
        return abs(clock.stat().st_mtime - path.stat().st_mtime)
    except OSError:
        return None
