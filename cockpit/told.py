"""What the records of a run's stream tell, taken in as they come."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from cockpit.epochs import Epochs
from engine.contract.cleaning import clean
from engine.contract.spec import Fork
from engine.contract.stream import AnyRecord, Epoch, RunFinished, RunStarted, Warned


class Told:
    """The sum of the records taken in. `sampled` says that others between them were left out on purpose."""

    def __init__(self, *, sampled: bool = False) -> None:
        self.finished = False
        self._sampled = sampled
        self._nodes: dict[int | None, Epochs] = {}
        self._warnings: list[Warned] = []
        self._resumes: list[int] = []
        self._before: list[float] = []
        self._started: RunStarted | None = None

    def take(self, records: Sequence[AnyRecord], fork: Fork | None) -> None:
        """Take in further records, of a run that is this fork where it is one."""
        epochs: dict[int | None, list[Epoch]] = {}
        for record in records:
            # By far the most: asked by its type first, for a thousand runs have some hundred thousand.
            if type(record) is Epoch:
                if record.stage == "train":
                    epochs.setdefault(record.node, []).append(record)
                elif record.seconds is not None:
                    self._before.append(record.seconds)
                continue
            match record:
                case Warned():
                    self._warnings.append(msgspec.structs.replace(record, message=clean(record.message)))
                case RunStarted():
                    self._started = record
                    if (record.epoch or record.step) and not _begins_fork(record, fork):
                        self._resumes.append(record.epoch + 1)
                case RunFinished():
                    self.finished = True
        for node, found in epochs.items():
            held = self._nodes.get(node) or Epochs(node=node, sampled=self._sampled)
            self._nodes[node] = held.extended(found)

    def fields(self) -> dict[str, object]:
        """All of it, as the fields of a snapshot."""
        return {
            "warnings": tuple(self._warnings),
            "resumes": tuple(self._resumes),
            "before": tuple(self._before),
            "started": self._started,
            "epochs": self._nodes.get(None, ()),
            "nodes": {node: self._nodes[node] for node in sorted(n for n in self._nodes if n is not None)},
        }


def _begins_fork(start: RunStarted, fork: Fork | None) -> bool:
    """Whether an attempt is a fork's first, which goes on from its parent's checkpoint and resumes nothing."""
    return fork is not None and (start.epoch, start.step, start.attempt) == (fork.epoch, 0, 1)
