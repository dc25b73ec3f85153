"""What a person asks of one run, by a command or a key: each says in words what came of it, empty for nothing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Literal

from msgspec.structs import replace

from cockpit import request
from cockpit.launch import control
from cockpit.status import ENDED, HELD, Status, Word, standing

Stop = Literal["epoch", "now", "kill"]
Change = Literal["hold", "release", "clear"]
#: What can be gone on with or tried again.
AGAIN: tuple[Word, ...] = ("stopped", "queued", "waiting", "blocked", "failed", "out-of-memory", "lost")


def standing_of(run: Path) -> Status:
    """The state of a run with what is asked of it, right now."""
    asked = request.read(run)
    teacher = run.parent.parent / asked.teacher if asked and asked.teacher else None
    return standing(run, asked, teacher)


def stop(run: Path, status: Status, how: Stop) -> str:
    """Stop a run that is at work, or hold one that is queued.

    Raises:
        OSError: the folder cannot be written.
        UserError: a scheduler does not answer, or refuses.
    """
    if status.word in HELD:
        {"epoch": control.stop_after_epoch, "now": control.stop_now, "kill": control.kill}[how](run)
        return {"epoch": "stops after its epoch", "now": "saves and stops", "kill": "killed"}[how]
    if status.word not in ENDED and control.hold(run):
        return "held; to go on: cockpit resume"
    return ""


def again(run: Path, status: Status, words: tuple[str, ...] = AGAIN, retries: int = 0) -> str:
    """Ask anew for a run in one of these states; the queue must then be at work.

    Raises:
        OSError: the folder cannot be written.
        UserError: its settings cannot be read.
    """
    asked = request.read(run)
    if status.word not in words or (status.word == "queued" and asked and not asked.hold):
        return ""
    control.ask([run], retries=retries)
    return "queued"


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
    return "held" if what == "hold" else "released"


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


def remove(run: Path) -> None:
    """Remove a run's folder, checkpoints and all. That nothing is at work in it is the caller's to know.

    Raises:
        OSError: it cannot be removed, or not all of it.
    """
    # Renamed first: a folder that is half removed must be nobody's run.
    aside = run.with_name(f".removed-{run.name}")
    run.rename(aside)
    shutil.rmtree(aside)


def _queued(run: Path, status: Status) -> request.Request | None:
    """What is asked of a run that is neither at work nor over."""
    return None if status.word in HELD or status.word in ENDED else request.read(run)
