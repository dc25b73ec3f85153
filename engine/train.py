"""The loop. What a reader must know to believe a result stands here, in order."""

from __future__ import annotations

import time
from dataclasses import dataclass

import torch

from engine import checkpoint
from engine.contract import schedule
from engine.contract.errors import UserError
from engine.contract.stream import Epoch, RunFinished, RunStopped
from engine.data.batches import Data
from engine.data.cache import load
from engine.device import environment, peak_memory, prepare
from engine.measure import measure
from engine.models.dropout import set_dropout
from engine.networks import Member, build_networks, set_mode
from engine.objectives.objective import Objective, objective_of
from engine.pretrain import pretrain_epoch
from engine.randomness import derive
from engine.run import Run, TaughtBy
from engine.state import State
from engine.step import step
from engine.trained import Trained, load_trained


@dataclass(frozen=True)
class Outcome:
    """How training ended: stopped on request, or done; `reason` says why before the last epoch."""

    stopped: bool
    reason: str


def train(run: Run) -> Outcome:
    """Train a run's networks to its last epoch, from its newest checkpoint if it has one."""
    spec = run.spec
    device = prepare(spec)
    data = Data(load(spec.data, run.inputs.data), spec, device)
    if not data.steps_per_epoch:
        problem = f"{spec.batch_size} images a step, but there are {len(data.train.labels)} and drop_last is set"
        raise UserError("spec.toml", "run.batch_size", problem, "make it smaller, or set drop_last = false")
    # A relative teacher lies in the same runs folder: <runs>/<group>/<name>.
    lies = run.path.parent.parent / spec.teacher
    teacher = load_trained(lies, spec.teacher, spec.teacher_checkpoint, data) if spec.teacher else None
    networks = build_networks(spec, data, teacher)
    objective = objective_of(spec, teacher.network if teacher else None)
    state, resumed = checkpoint.restore(
        run.checkpoints, networks, device, warn=lambda message: run.warn("bad checkpoint", message)
    )
    refuse_without_beginning(run, state)
    run.begin(state, resumed, networks, data, environment(spec, device, teacher), taught_by(teacher, data))
    warn_of_idle_dropout(run, networks)

    set_mode(networks, training=True)
    while teacher and spec.objective == "factor_transfer" and state.pretrained < spec.pretrain_epochs:
        if not pretrain_epoch(run, networks, teacher.network, data, state):
            return leave(run, networks, state, f"by {run.stop.signal_name} before the first epoch")
        save(run, networks, state, None)
        if run.stop.signal_name or run.stop.after_epoch(run.path):
            return leave(run, networks, state, "before the first epoch, on request")
    for epoch in range(state.epoch + 1, spec.epochs + 1):
        if state.stops_early(spec):
            break
        if not state.step:
            run.begin_epoch(epoch)
        if not train_epoch(run, networks, objective, data, state, epoch):
            return leave(run, networks, state, f"by {run.stop.signal_name} at step {state.step} of epoch {epoch}")

        record = run.record(*measured(run, networks, data, state, epoch))
        state.end_epoch(spec, schedule.at(spec, epoch), record)
        run.watch(record, last=epoch == spec.epochs or state.stops_early(spec))
        save(run, networks, state, record.test_acc)
        if epoch < spec.epochs and (run.stop.signal_name or run.stop.after_epoch(run.path)):
            return leave(run, networks, state, f"after epoch {epoch}, on request")
    reason = early(run, state)
    run.append(RunFinished(epoch=state.epoch, reason=reason), durable=True)
    run.stop.honour(run.path)
    return Outcome(False, reason)


def refuse_without_beginning(run: Run, state: State) -> None:
    """A fork goes on from its parent's checkpoint: without it there is nothing to begin with, not even a beginning.

    Raises:
        UserError: it has no good one left.
    """
    fork = run.inputs.fork
    if fork and state.epoch < fork.epoch:
        problem = (
            f"no good checkpoint of epoch {fork.epoch}, at which the run was forked from {fork.group}/{fork.name}"
        )
        remedy = f"remove the run and fork again: cockpit rm {run.path.parent.name}/{run.path.name}"
        raise UserError(run.checkpoints, "", problem, remedy)


def taught_by(teacher: Trained | None, data: Data) -> TaughtBy | None:
    """Who teaches, and what it scores on the test set."""
    return TaughtBy(teacher.run, measure([teacher.network], data, data.test).each[0][0]) if teacher else None


def train_epoch(run: Run, networks: list[Member], objective: Objective, data: Data, state: State, epoch: int) -> bool:
    """Every step of one epoch that is not done yet; False when a signal cut it short."""
    spec, steps = run.spec, data.steps_per_epoch
    settings = schedule.at(spec, epoch)  # augmentation, mixup, dropout, smoothing, weight decay
    for member in networks:
        set_dropout(member.network, settings.dropout)
    began = time.perf_counter() - state.tally.seconds
    for batch in data.epoch(epoch, settings, first_step=state.step):
        lr = schedule.lr(spec, epoch - 1 + batch.step / steps) * state.lr_scale
        torch.manual_seed(derive(spec.seed, "network", epoch, batch.step))  # dropout draws from torch's own
        seen = step(networks, objective, batch, spec, settings, lr)
        state.tally.add(seen.losses, seen.correct, len(batch.images), seen.skipped, seen.parts)
        state.step = batch.step + 1
        state.tally.seconds = time.perf_counter() - began
        run.at(state, steps)
        if run.stop.signal_name and state.step < steps:
            return False
    return True


def measured(
    run: Run, networks: list[Member], data: Data, state: State, epoch: int
) -> tuple[list[Epoch], dict[str, float]]:
    """What the epoch came to, one record a network: as trained, on clean training images, on the test set.

    And what belongs to no network alone: what several are together, and the memory it took.
    """
    began = time.perf_counter()
    trained = state.tally.means()  # waits for the device, whose steps may still be under way
    parts = state.tally.mean_parts()
    seconds = state.tally.seconds + time.perf_counter() - began
    began = time.perf_counter()
    judged = [member.measured for member in networks]
    clean = measure(judged, data, data.clean).each
    test = measure(judged, data, data.test)
    validation = measure(judged, data, data.validation).each if data.validation else ((None, None),) * len(judged)
    skipped = {"skipped_steps": float(state.tally.skipped)} if run.spec.precision == "fp16" else {}
    records = [
        Epoch(
            epoch=epoch,
            lr=schedule.lr(run.spec, epoch - 1) * state.lr_scale,
            train_acc=trained[i][0],
            train_loss=trained[i][1],
            train_acc_clean=clean[i][0],
            val_acc=validation[i][0],
            val_loss=validation[i][1],
            test_acc=test.each[i][0],
            test_loss=test.each[i][1],
            extra=skipped | parts[i],
            images_per_second=state.tally.images / seconds if seconds else None,
            seconds=seconds + time.perf_counter() - began,
        )
        for i in range(len(networks))
    ]
    together = {
        "ensemble_acc": test.ensemble_acc,
        "agreement": test.agreement,
        "peak_memory": peak_memory(data.device),
    }
    return records, {name: value for name, value in together.items() if value is not None}


def save(run: Run, networks: list[Member], state: State, test_acc: float | None) -> None:
    """A checkpoint that a kill cannot spoil. The best so far is marked: that is selection on the test set."""
    best = test_acc is not None and test_acc > state.best[0]
    if best and test_acc is not None:
        state.best = (test_acc, state.epoch)
    file = checkpoint.save(
        run.checkpoints,
        state,
        networks,
        environment=run.environment,
        keep=run.spec.checkpoint_epochs,
        test_acc=test_acc,
        best=best,
    )
    run.saved(state, file, best=best)


def warn_of_idle_dropout(run: Run, networks: list[Member]) -> None:
    """Say so when the settings ask for dropout and a network has no layer that could drop."""
    asked = any(schedule.at(run.spec, epoch).dropout for epoch in (1, *schedule.transitions(run.spec)))
    for member in networks:
        if asked and not set_dropout(member.network, 0.0):
            run.warn("no dropout", f"{member.name} has no dropout layer: it trains on without any")


def early(run: Run, state: State) -> str:
    """Why training ended before its last epoch; empty when it did not."""
    if state.epoch == run.spec.epochs:
        return ""
    waited, criterion = state.early_stop.waited, run.spec.criterion
    return f"early stopping: {criterion} has not improved for {waited} epochs, since epoch {state.epoch - waited}"


def leave(run: Run, networks: list[Member], state: State, reason: str) -> Outcome:
    """Save whatever is not saved yet and say why the run ends here."""
    if state.step:
        save(run, networks, state, None)
    run.append(RunStopped(epoch=state.epoch, step=state.step, reason=reason), durable=True)
    run.stop.honour(run.path)
    return Outcome(True, reason)
