"""The records of a run's metric stream, and each as a line of it: one strict JSON object.

Accuracies and gaps are fractions of 1, losses are means in nats, `time` is seconds since 1970, `seconds` are
wall-clock. A number that is not finite stands as the word "nan", "inf" or "-inf".
"""

from __future__ import annotations

import math
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from engine.contract.spec import MOST_EPOCHS


class Record(Struct, frozen=True, kw_only=True, tag_field="event", omit_defaults=True, gc=False):
    """What every record says: when it was written, its number in the stream, and by which attempt."""

    time: float = 0.0
    seq: int = -1
    attempt: int = 0


class RunStarted(Record, tag="run_started", frozen=True, kw_only=True):
    """An attempt began. `epoch` and `step` are what was already done: 0 and 0 unless it resumes.

    `environment` holds what must be equal for a resume to be exact: versions, device, threads, settings. `teacher`
    names the run that teaches and `teacher_test_acc` what its network scores on this run's test set.
    """

    epochs: int
    steps_per_epoch: int
    train_images: int
    test_images: int
    parameters: tuple[int, ...]
    device: str
    environment: dict[str, str]
    epoch: int = 0
    step: int = 0
    teacher: str = ""
    teacher_test_acc: float | None = None


class Forked(Record, tag="forked", frozen=True, kw_only=True):
    """The run is a fork of another: all records before this one are copies of that run's, up to `epoch`.

    A copy says that it was written by attempt 0, which is none of the fork's own; its time is the parent's.
    """

    group: str
    name: str
    identity: str
    epoch: int


class StageStarted(Record, tag="stage_started", frozen=True, kw_only=True):
    """A part of the run with its own epochs began: train, or before it paraphraser."""

    stage: str
    epochs: int


class PhaseChanged(Record, tag="phase_changed", frozen=True, kw_only=True):
    """Settings changed with the start of this epoch: name -> (before, now)."""

    epoch: int
    changes: dict[str, tuple[Any, Any]]
    stage: str = "train"


class Epoch(Record, tag="epoch", frozen=True, kw_only=True):
    """One epoch of one node, or of the whole run when `node` is missing: then the means over its nodes.

    `train_acc` and `train_loss` are as trained: augmented, mixed, in training mode, under moving weights.
    `train_acc_clean` is in evaluation mode without augmentation, on a fixed stratified part of the training
    set. `val_*` are of the held-out split, where there is one. `extra` holds further numbers by name: the parts
    of the loss (loss_ce, loss_kd, loss_feature, before they are weighted), of several networks ensemble_acc and
    agreement, skipped_steps, and peak_memory in bytes.
    """

    epoch: Annotated[int, Meta(ge=0, le=MOST_EPOCHS)]
    stage: str = "train"
    node: int | None = None
    lr: float | None = None
    train_acc: float | None = None
    train_loss: float | None = None
    train_acc_clean: float | None = None
    val_acc: float | None = None
    val_loss: float | None = None
    test_acc: float | None = None
    test_loss: float | None = None
    images_per_second: float | None = None
    seconds: float | None = None
    extra: dict[str, float] = {}

    @property
    def gap(self) -> float | None:
        """Train accuracy as trained less test accuracy, of this epoch."""
        return None if self.train_acc is None or self.test_acc is None else self.train_acc - self.test_acc

    @property
    def gap_clean(self) -> float | None:
        """Clean train accuracy less test accuracy, of this epoch."""
        if self.train_acc_clean is None or self.test_acc is None:
            return None
        return self.train_acc_clean - self.test_acc


class CheckpointSaved(Record, tag="checkpoint_saved", frozen=True, kw_only=True):
    """A checkpoint can be gone on from: `step` counts the steps done in the epoch after `epoch`."""

    epoch: int
    file: str
    step: int = 0
    best: bool = False


class Warned(Record, tag="warning", frozen=True, kw_only=True):
    """Something a person should know, in words. `kind` is a short name to filter by."""

    kind: str
    message: str
    epoch: int | None = None


class RunFinished(Record, tag="run_finished", frozen=True, kw_only=True):
    """Training is over: all epochs are done, or early stopping ended it, as `reason` then says."""

    epoch: int
    reason: str = ""


class RunStopped(Record, tag="run_stopped", frozen=True, kw_only=True):
    """The engine left before the end because it was asked to, and saved."""

    epoch: int
    reason: str
    step: int = 0


class RunFailed(Record, tag="run_failed", frozen=True, kw_only=True):
    """The engine could not go on. The traceback is in the attempt's log."""

    reason: str
    epoch: int | None = None


AnyRecord = (
    RunStarted
    | Forked
    | StageStarted
    | PhaseChanged
    | Epoch
    | CheckpointSaved
    | Warned
    | RunFinished
    | RunStopped
    | RunFailed
)
# strict=False is what turns the words "nan", "inf" and "-inf" back into floats.
_decoder = msgspec.json.Decoder(AnyRecord, strict=False)
_KNOWN = frozenset(r.__struct_config__.tag for r in AnyRecord.__args__)


def finite(value: Any) -> Any:
    """`value` with every float that is not finite replaced by its word, all the way down."""
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    if isinstance(value, dict):
        return {key: finite(entry) for key, entry in value.items()}
    return [finite(entry) for entry in value] if isinstance(value, (list, tuple)) else value


def as_line(record: Record) -> bytes:
    """A record as it stands in the stream, with its newline."""
    return msgspec.json.encode(finite(msgspec.to_builtins(record))) + b"\n"


def from_lines(data: bytes) -> tuple[list[AnyRecord], int]:
    """The records of whole lines, and how many of these were none; what a later version writes is passed over."""
    try:
        records: list[AnyRecord] = _decoder.decode_lines(data)
        # A sound line is one record; whatever else is found is told apart line by line.
        if len(records) == data.count(b"\n"):
            return records, 0
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    records, unreadable = [], 0
    # Not splitlines: it also breaks at U+2028 and U+0085, which may stand inside a string.
    for line in data.split(b"\n"):
        if not line.strip():
            continue
        try:
            records.append(_decoder.decode(line))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            unreadable += not _is_unknown_event(line)
    return records, unreadable


def _is_unknown_event(line: bytes) -> bool:
    """Whether a line is a sound record of a kind that a later version writes: passed over, not counted."""
    try:
        event = msgspec.json.decode(line, type=dict[str, Any]).get("event")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return isinstance(event, str) and event not in _KNOWN
