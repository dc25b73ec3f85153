"""What a person asks of one run, by a command or a key: each says in words what came of it, empty for nothing."""

from __future__ import annotations

import shlex
import shutil
import uuid
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import Literal

from msgspec.structs import replace

from cockpit import request
from cockpit.launch import control
from cockpit.launch.supervisor import refusals
from cockpit.published import refuse_published
from cockpit.runs import find
from cockpit.status import DEPENDENT, ENDED, HELD, OPEN, Status, Word, standing
from engine.contract.errors import UserError
from engine.contract.folder import read_spec

Stop = Literal["epoch", "now", "kill"]
Change = Literal["hold", "release", "clear"]
#: What can be gone on with.
RESUMED: tuple[Word, ...] = ("stopped", "queued", "waiting", "blocked")
#: What can be tried again.
RETRIED: tuple[Word, ...] = ("failed", "out-of-memory", "lost")
#: Either.
AGAIN: tuple[Word, ...] = (*RESUMED, *RETRIED)


def standing_of(run: Path) -> Status:
    """The state of a run with what is asked of it, right now."""
    return standing(run, request.read(run))


def stop(run: Path, status: Status, how: Stop) -> str:
    """Stop a run that is at work, or hold one that is queued.

    Raises:
        OSError: the folder cannot be written.
        UserError: a scheduler does not answer, or refuses.
    """
    if status.word in HELD:
        if how == "kill":
            return "killed" if control.kill(run) else "out of reach from here; it is asked to save and stop"
        {"epoch": control.stop_after_epoch, "now": control.stop_now}[how](run)
        return "stops after its epoch" if how == "epoch" else "saves and stops"
    if status.word not in ENDED and control.hold(run):
        return "held; to go on: cockpit resume"
    return ""


def again(run: Path, status: Status, words: Sequence[str] = AGAIN, retries: int | None = None) -> str:
    """Ask anew for a run in one of these states; the queue must then be at work.

    `retries` None forgives as many failures as were to be forgiven before.

    Raises:
        OSError: the folder cannot be written.
        UserError: its settings cannot be read.
    """
    asked = request.read(run)
    leaving = "stopped" in words and control.is_leaving(status.word, asked)
    stands = status.word in OPEN and asked and not asked.hold and name_of(run) not in refusals(run.parents[1])
    if not leaving and (status.word not in words or stands):
        return ""
    known = asked.retries if asked else 0
    control.ask([run], retries=known if retries is None else retries)
    if leaving:
        return "goes on once it has stopped"
    now = standing_of(run)
    if now.word in DEPENDENT:
        return f"asked for; {now.word} {now.reason}" + (f": {way}" if (way := way_on(run, now)) else "")
    return "queued"


def way_on(run: Path, status: Status) -> str:
    """The command that has a run go on; of one that waits or is blocked, its teacher; empty when none is needed.

    Nothing helps a run whose teacher's folder is gone but its preset, which is not known here.
    """
    asked, met = request.read(run), {run}
    while status.word in DEPENDENT and asked and not asked.hold:
        teacher = request.teacher_of(run, asked.teacher)
        if teacher is None or teacher in met or not (teacher / "spec.toml").exists():
            return ""
        met.add(teacher)
        run, status, asked = teacher, standing_of(teacher), request.read(teacher)
    name = shlex.quote(name_of(run))
    if status.word in RETRIED:
        return f"cockpit retry {name}"
    if status.word == "stopped" or control.is_leaving(status.word, asked) or (status.word in OPEN and asked is None):
        return f"cockpit resume {name}"
    return f"cockpit queue release {name}" if status.held else ""


def name_of(run: Path) -> str:
    """What a run is called: GROUP/NAME."""
    return f"{run.parent.name}/{run.name}"


def change(run: Path, status: Status, what: Change) -> str:
    """Hold, release or clear a run that is queued.

    Raises:
        OSError: the folder cannot be written.
    """
    asked = _queued(run, status)
    if asked is None:
        return ""
    if what == "clear":
        request.withdraw(run)
        return "taken out of the queue"
    request.write(run, replace(asked, hold=what == "hold"))
    return "held; to go on: cockpit queue release" if what == "hold" else "released"


def places(root: Path, *, last: bool) -> Iterator[float]:
    """Places of the queue before all others, or behind, one for each run that is moved there, in their order."""
    queued = [asked for run in request.everything(root) if (asked := request.read(run))]
    ends = [asked.order for asked in queued] or [0.0]
    start = max(ends) + 1 if last else min(ends) - 1 - len(queued)
    return (start + 1e-3 * number for number in count(1))


def move(run: Path, status: Status, *, order: float | None = None, priority: int | None = None) -> str:
    """Give a run that is queued another place or priority.

    Raises:
        OSError: the folder cannot be written.
    """
    asked = _queued(run, status)
    if asked is None:
        return ""
    order = asked.order if order is None else order
    request.write(run, replace(asked, order=order, priority=asked.priority if priority is None else priority))
    return "moved"


def shift(root: Path, run: Path, status: Status, *, earlier: bool) -> str:
    """Have a run that is queued change places with the next before it, or behind it, of the same priority.

    Raises:
        OSError: the folder cannot be written.
    """
    asked = _queued(run, status)
    if asked is None:
        return ""
    others = [(path, held) for path in request.everything(root) if path != run and (held := request.read(path))]
    peers = [(path, held) for path, held in others if held.priority == asked.priority]
    peers = [(path, held) for path, held in peers if (held.order < asked.order) == earlier]
    peers = [(path, held) for path, held in peers if _queued(path, standing_of(path))]
    if not peers:
        return ""
    path, other = (max if earlier else min)(peers, key=lambda peer: peer[1].order)
    request.write(run, replace(asked, order=other.order))
    request.write(path, replace(other, order=asked.order))
    return "before " + name_of(path) if earlier else "behind " + name_of(path)


def students(root: Path, runs: Sequence[Path]) -> list[Path]:
    """The runs that learn from any of these, are none of them, and are not finished."""
    names = {name_of(run) for run in runs}
    found = []
    for run in find(root):
        asked = request.read(run)
        try:
            teacher = asked.teacher if asked else read_spec(run)[0].teacher
        except UserError:
            continue
        if teacher in names and run not in runs and standing_of(run).word != "finished":
            found.append(run)
    return found


def remove(runs: Sequence[Path]) -> None:
    """Remove runs, checkpoints and all; none if one of them is at work.

    Raises:
        UserError: one is at work, or published.
        OSError: a folder cannot be removed, or not all of it.
    """
    for run in runs:
        refuse_published(run)
    # Whoever was asked may have taken an hour, and the queue none: it is to start none of them from here on.
    asked = {run: held for run in runs if (held := request.read(run))}
    for run in asked:
        request.withdraw(run)
    try:
        refuse_busy(runs)
    except UserError:
        for run, held in asked.items():
            request.write(run, held)
        raise
    for run in runs:
        # Renamed first: a folder that is half removed must be nobody's run.
        aside = run.with_name(f".removed-{uuid.uuid4().hex[:6]}-{run.name}")
        run.rename(aside)
        if aside.is_symlink():
            aside.unlink()  # What it points to lies elsewhere, and was not meant.
        else:
            shutil.rmtree(aside)


def refuse_busy(runs: Sequence[Path]) -> None:
    """Whether none of some runs is at work.

    Raises:
        UserError: one is, and so none is to be removed.
    """
    busy = [name_of(run) for run in runs if standing_of(run).word in HELD]
    if busy:
        names = ", ".join(busy[:3])
        raise UserError(names, "", "at work, and so not removed; nothing was", "stop it first: cockpit stop")


def _queued(run: Path, status: Status) -> request.Request | None:
    """What is asked of a run that is neither at work nor over."""
    return None if status.word in HELD or status.word in ENDED else request.read(run)
