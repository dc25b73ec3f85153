"""One run as it was at one moment: frozen, so that screens and tables can share it between threads."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from msgspec import Struct

from cockpit.epochs import Epochs, column
from cockpit.imported import Imported
from cockpit.status import Status
from engine.contract.folder import Progress, SpecFile
from engine.contract.spec import Fork, Spec, identity
from engine.contract.stream import Epoch, RunStarted, Warned

#: So many epochs a pace is taken over: of fewer, one that was slow for another reason would move it by half.
PACED = 20


class Snapshot(Struct, frozen=True, kw_only=True):
    """Everything a screen shows of a run, with no file left to read.

    `epochs` are the records of the run as a whole (the mean over its nodes), one an epoch, in order;
    `nodes` the same for each node of a run of several. `stage` is what a run does before its first epoch, where that
    is something, `before` how long each epoch of that took, seconds. `read` is the share of its stream that was read:
    below 1 they are of places all over it, or as they were. `unreadable` counts its lines that are no record,
    `rewritten` how often it turned out to be another than what was read. `problem` says why it cannot be read.
    `imported` tells where a run without settings came from.
    `note` is what its owner wrote about it, `archived` whether they put it away;
    `published` that it is only to be looked at.
    """

    group: str
    name: str
    path: Path
    status: Status
    spec: Spec | None = None
    file: SpecFile | None = None
    epochs: Sequence[Epoch] = ()
    nodes: dict[int, Sequence[Epoch]] = {}
    warnings: tuple[Warned, ...] = ()
    started: RunStarted | None = None
    resumes: tuple[int, ...] = ()
    unreadable: int = 0
    rewritten: int = 0
    progress: Progress | None = None
    stage: str = ""
    before: tuple[float, ...] = ()
    problem: str = ""
    read: float = 1.0
    imported: Imported | None = None
    note: str = ""
    archived: bool = False
    published: bool = False

    @property
    def label(self) -> str:
        """The name without its hash: what differs within the group."""
        return self.name.rpartition("-")[0] or self.name

    @property
    def identity(self) -> str:
        """What makes it this run and no other, whatever it is called; empty when its settings cannot be read."""
        return identity(self.spec, self.file.inputs) if self.spec and self.file else ""

    @property
    def parent(self) -> Fork | None:
        """The run that this one was forked from, and after which epoch; None when it is no fork."""
        return self.file.inputs.fork if self.file else None

    @property
    def last(self) -> Epoch | None:
        """The newest epoch."""
        return self.epochs[-1] if self.epochs else None

    @property
    def best(self) -> Epoch | None:
        """The epoch of highest test accuracy, the first of equals. Picking it is selection on the test set."""
        return best_of(self.epochs)

    @property
    def epoch(self) -> int:
        """How many epochs are done."""
        return self.last.epoch if self.last else 0

    @property
    def missing(self) -> tuple[tuple[int, int], ...]:
        """The first and last of each stretch of epochs that has no record, up to the newest that has one.

        None of a run that is not read whole: what it lacks may still come.
        """
        if self.read < 1:
            return ()
        numbers = [0, *column(self.epochs, "epoch")]
        return tuple((a + 1, b - 1) for a, b in pairwise(numbers) if b > a + 1)

    @property
    def position(self) -> float:
        """How many epochs are done, with the part of the present one."""
        within = self.progress
        return max(float(self.epoch), within.epoch + within.step / within.steps if within else 0.0)

    @property
    def planned(self) -> int:
        """How many epochs there are to do, of an imported run those it has; 0 when that cannot be read."""
        return self.spec.epochs if self.spec else self.imported.epochs if self.imported else 0

    @property
    def seconds_per_epoch(self) -> float | None:
        """The mean length of the last epochs, measuring included; in the first, what its steps promise."""
        spans: list[float] = [s for s in column(self.epochs, "seconds", PACED) if s is not None and math.isfinite(s)]
        if spans:
            return sum(spans) / len(spans)
        within = self.progress
        return within.seconds / within.step * within.steps if within and within.step else None

    @property
    def seconds_left(self) -> float | None:
        """Time to the end at the pace of the last epochs; None where there is no pace, or nothing is done."""
        pace = None if self.status.is_mute else self.seconds_per_epoch
        return None if pace is None or not self.planned else max(0.0, pace * (self.planned - self.position))


def best_of(epochs: Sequence[Epoch]) -> Epoch | None:
    """The epoch of highest test accuracy, the first of equals; None where none has one."""
    if isinstance(epochs, Epochs):
        return epochs.best
    tested = [e for e in epochs if e.test_acc is not None and e.test_acc == e.test_acc]
    return max(tested, key=lambda e: (e.test_acc, -e.epoch), default=None)
