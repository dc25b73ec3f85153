"""What a fork takes over of its parent's metric stream: a pure function of records."""

from __future__ import annotations

from collections.abc import Container, Sequence

from msgspec.structs import replace

from engine.contract.stream import (
    AnyRecord,
    CheckpointSaved,
    Epoch,
    Forked,
    PhaseChanged,
    RunFailed,
    RunFinished,
    RunStarted,
    RunStopped,
    Warned,
)


def inherited(records: Sequence[AnyRecord], epoch: int, files: Container[str]) -> list[AnyRecord]:
    """A run's records up to `epoch`, as a fork that begins after it holds them, numbered anew from 0.

    Of every epoch the record that counts is taken (the last, for attempts only append), whatever stage it is of;
    what came before the first epoch of training is taken whole. How the parent's attempts ended is not part of what
    was learnt, and neither is what it did later, though it may have been warned meanwhile. `files` are the
    checkpoints that the fork has, too: no other is told of. All are marked as of attempt 0, so that the fork's own
    attempts begin with 1.
    """
    # What the parent did anew after that checkpoint is no part of it: the record before it counts.
    records = records[: _cut(records, epoch)]
    counts = {(r.stage, r.node, r.epoch): r for r in records if isinstance(r, Epoch)}
    kept = [r for r in records if _is_before(r, epoch, files)]
    kept = [r for r in kept if not isinstance(r, Epoch) or counts[r.stage, r.node, r.epoch] is r]
    return [replace(record, seq=number, attempt=0) for number, record in enumerate(kept)]


def _cut(records: Sequence[AnyRecord], epoch: int) -> int:
    """How many records there are up to the one that tells of the epoch's checkpoint; all, where none does.

    A kill between the checkpoint and its record leaves none; every epoch until then has its record nevertheless.
    """
    saved = (i for i, r in enumerate(records) if isinstance(r, CheckpointSaved) and (r.epoch, r.step) == (epoch, 0))
    return max(saved, default=len(records) - 1) + 1


def _is_before(record: AnyRecord, epoch: int, files: Container[str]) -> bool:
    """Whether a record is of what happened up to the end of `epoch`."""
    match record:
        case RunFinished() | RunStopped() | RunFailed():
            return False
        case CheckpointSaved():
            return record.file in files
        case RunStarted():
            return record.epoch < epoch
        case Epoch() | PhaseChanged():
            return record.stage != "train" or record.epoch <= epoch
        case Forked():
            return record.epoch <= epoch
        case Warned():
            return record.epoch is None or record.epoch <= epoch
        case _:
            return True
