"""What a scheduler last said of this machine's jobs: written by the supervisor, read by whoever shows a run."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from msgspec import Struct

from engine.contract.folder import Job, publish, read_json
from engine.contract.process import host

#: Below a runs folder: what supervisors leave for people to read. No group can have this name.
STATE = ".cockpit"


class Jobs(Struct, frozen=True):
    """Each job's place by its id, as it was seen at `time`."""

    time: float
    seen: dict[str, Literal["running", "queued", "gone", "unknown"]]


def note(root: Path, backend: str, jobs: Jobs) -> None:
    """Write down what a scheduler said.

    Raises:
        OSError: the folder cannot be written.
    """
    publish(_file(root, backend), jobs)


def told(root: Path, backend: str) -> Jobs | None:
    """What a scheduler said last; None when nobody has asked it."""
    return read_json(_file(root, backend), Jobs)


def seen(root: Path, job: Job) -> str:
    """Where a job was last seen; empty when nobody has said."""
    told = read_json(_file(root, job.backend), Jobs)
    return told.seen.get(job.id, "") if told else ""


def _file(root: Path, backend: str) -> Path:
    return root / STATE / f"{backend}-{host()}.json"
