"""One run as its engine holds it: settings, folder, stream, sinks, requests to stop."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace

from engine.contract import schedule
from engine.contract.checkpoints import CheckpointManifest
from engine.contract.folder import Progress
from engine.contract.spec import Inputs, Spec
from engine.contract.stream import (
    CheckpointSaved,
    Epoch,
    PhaseChanged,
    Record,
    RunStarted,
    StageStarted,
    Warned,
    Writer,
)
from engine.data.batches import Data
from engine.logbook import in_words
from engine.networks import Member
from engine.sinks import TensorBoard
from engine.state import State
from engine.stopping import Stop
from engine.watchdog import Watchdog

log = logging.getLogger("engine")
#: What is measured of every node: averaged over nodes, and compared when a resume computes an epoch again.
_MEASURED = ("train_acc", "train_loss", "train_acc_clean", "val_acc", "val_loss", "test_acc", "test_loss")


@dataclass(frozen=True)
class TaughtBy:
    """The run that teaches, and what its network scores on this run's test set."""

    run: str
    test_acc: float


class Run:
    """What train.py writes to and asks of: everything about a run but its arithmetic."""

    def __init__(self, path: Path, spec: Spec, inputs: Inputs, attempt: Path, stop: Stop) -> None:
        self.path, self.spec, self.inputs, self.stop = path, spec, inputs, stop
        self.checkpoints = path / "checkpoints"
        self.progress: Progress | None = None
        self.environment: dict[str, str] = {}
        self._writer = Writer(path / "metrics.jsonl", int(attempt.name))
        history = self._writer.history
        self._recorded = {(r.node, r.epoch): r for r in history if isinstance(r, Epoch) and r.stage == "train"}
        self._said = [r for r in history if isinstance(r, Warned)]
        self._watchdog: Watchdog | None = None
        self._tensorboard: TensorBoard | None = None

    def append(self, record: Record, *, durable: bool = False) -> None:
        """Put a record into the stream, and in words into the log."""
        self._writer.append(record, durable=durable)
        if told := in_words(record, self.spec):
            log.info("%s", told)

    def warn(self, kind: str, message: str, epoch: int | None = None) -> None:
        """Tell a person, through the stream, what no earlier attempt has told in the same words."""
        if (kind, message) not in {(said.kind, said.message) for said in self._said}:
            self._said.append(Warned(kind=kind, message=message, epoch=epoch))
            self.append(self._said[-1])

    def begin(
        self,
        state: State,
        resumed: CheckpointManifest | None,
        members: list[Member],
        data: Data,
        environment: dict[str, str],
        taught_by: TaughtBy | None = None,
    ) -> None:
        """Say in the stream what this attempt begins with, and whether its resume is exact."""
        self.environment = environment
        self.append(
            RunStarted(
                epochs=self.spec.epochs,
                steps_per_epoch=data.steps_per_epoch,
                train_images=len(data.train.labels),
                test_images=len(data.test.labels),
                parameters=tuple(m.parameters for m in members),
                device=environment["device"],
                environment=environment,
                epoch=state.epoch,
                step=state.step,
                teacher=taught_by.run if taught_by else "",
                teacher_test_acc=taught_by.test_acc if taught_by else None,
            )
        )
        if resumed is not None:
            before = resumed.environment
            # That its settings are others than in the checkpoint it began with is what makes a fork.
            idle = {"settings"} if _begins_as_fork(self.inputs, resumed) else set()
            changed = [
                f"{key} {before.get(key)} > {now}"
                for key, now in environment.items()
                if before.get(key) != now and key not in idle
            ]
            if changed:
                self.warn("not exact", f"resumed, but not to the bit: {', '.join(changed)}", state.epoch)
        counts = data.test.labels.bincount()
        done = [r for (node, epoch), r in self._recorded.items() if node is None and epoch <= state.epoch]
        teacher_acc = taught_by.test_acc if taught_by else None
        self._watchdog = Watchdog(float(counts.max() / counts.sum()), done, self._said, teacher_acc)
        is_first = not (self.path / "tensorboard").exists()
        self._tensorboard = TensorBoard(self.path / "tensorboard", members, state.epoch + 1)
        if self.inputs.fork and is_first:
            self._tensorboard.write_all([r for (_, epoch), r in self._recorded.items() if epoch <= state.epoch])

    def begin_epoch(self, epoch: int) -> None:
        """Say in the stream what changes with this epoch."""
        if epoch == 1:
            self.append(StageStarted(stage="train", epochs=self.spec.epochs))
        if changed := schedule.changes(self.spec, epoch):
            self.append(PhaseChanged(epoch=epoch, changes=changed))

    def at(self, state: State, steps: int) -> None:
        """Note how far training is, for the heartbeat to tell."""
        self.progress = Progress(epoch=state.epoch, step=state.step, steps=steps, seconds=state.tally.seconds)

    def at_stage(self, stage: str, epoch: int, step: int, steps: int, seconds: float) -> None:
        """Note how far a stage before the training is, for the heartbeat to tell."""
        self.progress = Progress(epoch=epoch, step=step, steps=steps, seconds=seconds, stage=stage)

    def record(self, nodes: list[Epoch], together: dict[str, float]) -> Epoch:
        """Put an epoch into the stream: a record a node where there are several, and one for the run.

        `together` are further figures of the run as a whole, by name.
        """
        whole = nodes[0] if len(nodes) == 1 else _mean(nodes)
        whole = replace(whole, extra=whole.extra | together)
        for number, record in enumerate(nodes):
            if len(nodes) > 1:
                self._append_epoch(replace(record, node=number))
            if self._tensorboard:
                self._tensorboard.write(number, record)
        self._append_epoch(whole)
        if self._tensorboard:
            self._tensorboard.write_together(whole)
        return whole

    def watch(self, record: Epoch, *, last: bool) -> None:
        """Put into the stream what a person should know of an epoch; `last` when training ends with it."""
        for warning in self._watchdog.look(record, last=last) if self._watchdog else ():
            self.append(warning)

    def _append_epoch(self, record: Epoch) -> None:
        before = self._recorded.get((record.node, record.epoch))
        self.append(record)
        if before and not all(_same(getattr(before, f), getattr(record, f)) for f in _MEASURED):
            message = f"epoch {record.epoch} was computed again after a resume and came out otherwise"
            self.warn("not repeated", message, record.epoch)

    def saved(self, state: State, file: str, *, best: bool) -> None:
        """Say in the stream that there is a checkpoint, and make the stream as durable as the checkpoint."""
        self.append(CheckpointSaved(epoch=state.epoch, step=state.step, file=file, best=best), durable=True)

    def close(self) -> None:
        """Let go of every file."""
        if self._tensorboard:
            self._tensorboard.close()
        self._writer.close()


def _begins_as_fork(inputs: Inputs, resumed: CheckpointManifest) -> bool:
    """Whether a checkpoint is the parent's, at which a fork began."""
    return inputs.fork is not None and (resumed.epoch, resumed.step) == (inputs.fork.epoch, 0)


def _mean(nodes: list[Epoch]) -> Epoch:
    """The run as a whole: the mean over its nodes of what each has; time and pace are shared."""
    means: dict[str, float | None] = {}
    for name in _MEASURED:
        values = [getattr(node, name) for node in nodes]
        means[name] = None if None in values else math.fsum(values) / len(nodes)
    extra = {name: math.fsum(node.extra[name] for node in nodes) / len(nodes) for name in nodes[0].extra}
    return replace(nodes[0], **means, extra=extra)


def _same(a: float | None, b: float | None) -> bool:
    return a == b or (a is not None and b is not None and math.isnan(a) and math.isnan(b))
