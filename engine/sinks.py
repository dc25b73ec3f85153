"""Copies of the metric stream for other tools: TensorBoard event files, one folder a network."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from torch.utils.tensorboard import SummaryWriter

from engine.contract.stream import Epoch
from engine.networks import Member

_TAGS = {
    "accuracy/train": "train_acc",
    "accuracy/train_clean": "train_acc_clean",
    "accuracy/test": "test_acc",
    "loss/train": "train_loss",
    "loss/test": "test_loss",
    "gap/as_trained": "gap",
    "gap/clean": "gap_clean",
    "learning_rate": "lr",
}


#: The figures of a set of networks, which belong to none of them alone.
TOGETHER = ("ensemble_acc", "agreement")


class TensorBoard:
    """Writes `tensorboard/<node>_<model>/` for every network; epochs are the steps of its axes."""

    def __init__(self, folder: Path, members: list[Member], first_epoch: int) -> None:
        # What an earlier attempt wrote of the epochs to come is hidden by TensorBoard itself.
        self._writers = {
            m.node: SummaryWriter(str(folder / f"{m.node}_{m.name}"), purge_step=first_epoch) for m in members
        }
        self._together = SummaryWriter(str(folder / "together"), purge_step=first_epoch) if len(members) > 1 else None

    def write_all(self, records: Iterable[Epoch]) -> None:
        """Epochs that were recorded before: of a run of several networks those of each, and of all together."""
        for record in records:
            if record.node is not None or not self._together:
                self.write(record.node or 0, record)
            else:
                self.write_together(record)

    def write(self, node: int, record: Epoch) -> None:
        """One epoch of one network."""
        for tag, field in _TAGS.items():
            value = getattr(record, field)
            if value is not None:
                self._writers[node].add_scalar(tag, value, record.epoch)
        for name, value in record.extra.items():
            if name.startswith("loss_"):
                self._writers[node].add_scalar(f"loss/{name.removeprefix('loss_')}", value, record.epoch)
        self._writers[node].flush()

    def write_together(self, record: Epoch) -> None:
        """What several networks are together: the accuracy of their ensemble, and how often they agree."""
        if self._together:
            for name in TOGETHER:
                self._together.add_scalar(f"together/{name}", record.extra[name], record.epoch)
            self._together.flush()

    def close(self) -> None:
        """Finish the files."""
        for writer in (*self._writers.values(), *([self._together] if self._together else ())):
            writer.close()
