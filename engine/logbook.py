"""A record of the metric stream in words, for the attempt's log: what a person who reads that wants to find."""

from __future__ import annotations

from engine.contract.spec import Spec
from engine.contract.stream import CheckpointSaved, Epoch, PhaseChanged, Record, RunStarted, StageStarted, Warned


def in_words(record: Record, spec: Spec) -> str:
    """One line; empty for what the log has no need to say, such as each network's part of an epoch."""
    match record:
        case RunStarted():
            return _started(record, spec)
        case StageStarted() if record.stage != "train":
            return f"stage {record.stage}: {record.epochs} epochs"
        case PhaseChanged():
            changes = (f"{name} {before} > {now}" for name, (before, now) in record.changes.items())
            return f"epoch {record.epoch}: {', '.join(changes)}"
        case Epoch(node=None):
            return _epoch(record, spec)
        case CheckpointSaved() if record.step:
            return f"saved within epoch {record.epoch + 1}, after step {record.step}: {record.file}"
        case Warned():
            return f"warning: {record.message}"
    return ""


def _started(record: RunStarted, spec: Spec) -> str:
    sizes = " and ".join(f"{count:,}" for count in record.parameters)
    images = f"{record.train_images:,} training and {record.test_images:,} test images"
    told = f"{', '.join(spec.models)} ({sizes} parameters) on {spec.data}: {images}, on {record.device}"
    told += f"; {record.epochs} epochs of {record.steps_per_epoch} steps"
    if record.teacher:
        told += f"; taught by {record.teacher}"
    if not (record.epoch or record.step):
        return told
    return f"{told}; goes on after epoch {record.epoch}" + (f", step {record.step}" if record.step else "")


def _epoch(record: Epoch, spec: Spec) -> str:
    shares = {
        "train": record.train_acc,
        "clean": record.train_acc_clean,
        "val": record.val_acc,
        "test": record.test_acc,
    }
    whole = spec.epochs if record.stage == "train" else spec.pretrain_epochs
    parts = [f"epoch {record.epoch}/{whole}" if record.stage == "train" else f"{record.stage} {record.epoch}/{whole}"]
    parts += [f"{name} {value:.2%}" for name, value in shares.items() if value is not None]
    parts += [f"loss {record.train_loss:.4g}"] if record.train_loss is not None else []
    parts += [f"lr {record.lr:.4g}"] if record.lr is not None else []
    parts += [f"{record.seconds:.1f} s"] if record.seconds is not None else []
    return "  ".join(parts)
