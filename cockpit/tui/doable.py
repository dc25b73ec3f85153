"""What can be done to a run as it stands, so that keys which would do nothing are not offered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from cockpit.asking import RETRIED
from cockpit.snapshot import Snapshot
from cockpit.status import HELD, OPEN

Verb = Literal["stop", "stop now", "kill", "resume", "hold", "release", "move", "archive", "fork", "note"]


def can(verb: Verb, run: Snapshot) -> bool:
    """Whether it would do anything; of a published run nothing does, and one that was imported is never run here."""
    if run.published or (run.imported and verb not in ("archive", "note")):
        return False
    return _CAN[verb](run)


def _is_queued(run: Snapshot) -> bool:
    return run.status.word in OPEN and not run.status.held and run.status.reason != "in no queue"


def _goes_on(run: Snapshot) -> bool:
    """Whether it stands still, or is about to. One that waits for its teacher or is blocked may be in no queue."""
    if run.status.word in OPEN:
        return run.status.word != "queued" or not _is_queued(run)
    return run.status.word in ("stopped", "stopping", *RETRIED)


_CAN: dict[Verb, Callable[[Snapshot], bool]] = {
    "stop": lambda run: run.status.word in HELD - {"stopping"} or _is_queued(run),
    "stop now": lambda run: run.status.word in HELD or _is_queued(run),
    "kill": lambda run: run.status.word in HELD,
    "resume": _goes_on,
    "hold": lambda run: run.status.word in OPEN,
    "release": lambda run: run.status.word in OPEN,
    "move": lambda run: run.status.word in OPEN,
    "archive": lambda run: run.status.word not in HELD,
    "fork": lambda run: bool(run.epochs),
    "note": lambda run: True,
}
