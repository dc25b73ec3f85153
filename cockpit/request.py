"""What people asked of a run: queue.json in its folder, replaced whole by whoever asks, and never by a queue."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta, Struct

from cockpit.published import refuse_published
from engine.contract.folder import publish, read_json

FILE = "queue.json"
Backend = Literal["local", "slurm", "pbs"]


class Request(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """That a run is to be done, by whom, and in which place of the queue.

    `after` is how many attempts there were when it was asked: only later ones answer it, so that asking again makes
    a failed or stopped run due once more. `order` is its place among those of its `priority`: the time it was
    asked, unless it was moved. `retries` is how many failures are forgiven. On this machine (`local`) the run is
    for the queue of `host`, takes one of `gpus` with `per_gpu` - 1 others, or where that is empty `threads` cores,
    0 for all. `teacher` is the settings' own, so that a queue need not read them. `python` and `environment` are
    the interpreter and the variables of whoever asked that an engine goes by: the queue may have been started from
    another shell.
    """

    time: float
    order: float
    after: Annotated[int, Meta(ge=0)] = 0
    priority: int = 0
    hold: bool = False
    retries: Annotated[int, Meta(ge=0)] = 0
    backend: Backend = "local"
    host: str = ""
    gpus: tuple[str, ...] = ()
    per_gpu: Annotated[int, Meta(ge=1)] = 1
    threads: Annotated[int, Meta(ge=0)] = 1
    teacher: str = ""
    python: str = ""
    environment: dict[str, str] = {}

    @property
    def rank(self) -> tuple[int, float]:
        """Where it stands in the queue: the lowest is next."""
        return -self.priority, self.order


def read(run: Path) -> Request | None:
    """What was asked of a run; None when nothing was, or it cannot be read."""
    return read_json(run / FILE, Request)


def write(run: Path, request: Request) -> None:
    """Ask it of a run, in place of what was asked before.

    Raises:
        UserError: the run is published.
        OSError: the folder cannot be written.
    """
    refuse_published(run)
    publish(run / FILE, request)


def withdraw(run: Path) -> None:
    """Take back what was asked.

    Raises:
        UserError: the run is published.
        OSError: the folder cannot be written.
    """
    refuse_published(run)
    (run / FILE).unlink(missing_ok=True)


def teacher_of(run: Path, name: str) -> Path | None:
    """The folder of the run that `run` learns from, whose GROUP/NAME this is; None when it learns from none."""
    return run.parents[1] / name if name else None


def everything(root: Path) -> list[Path]:
    """The folders of all runs of which something is asked."""
    return sorted(file.parent for file in root.glob(f"[!.]*/[!.]*/{FILE}"))
