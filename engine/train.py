"""The loop. What a reader must know to believe a result stands here, in order."""

from __future__ import annotations

import time

from engine import checkpoint
from engine.contract import schedule
from engine.contract.stream import Epoch, RunFinished, RunStopped
from engine.data.batches import Data
from engine.data.cache import load
from engine.device import environment, prepare
from engine.measure import measure
from engine.networks import Member, build_networks, set_mode
from engine.run import Run
from engine.state import State, Tally
from engine.step import step


def train(run: Run) -> str:
    """Train a run's networks to its last epoch, from its newest checkpoint if it has one.

    Returns why it left before the end, or "" when it did not.
    """
    spec = run.spec
    device = prepare(spec)
    data = Data(load(spec.data), spec, device)
    networks = build_networks(spec, data)
    state, resumed = checkpoint.restore(
        run.checkpoints, networks, device, warn=lambda message: run.warn("bad checkpoint", message)
    )
    run.begin(state, resumed, networks, data, environment(spec, device))

    set_mode(networks, training=True)
    for epoch in range(state.epoch + 1, spec.epochs + 1):
        if not state.step:
            run.begin_epoch(epoch)
        if not train_epoch(run, networks, data, state, epoch):
            return leave(run, networks, state, f"by {run.stop.signal_name}, {state.step} steps into epoch {epoch}")

        record = run.record(measured(run, networks, data, state, epoch))
        state.epoch, state.step, state.tally = epoch, 0, Tally(spec.nodes)
        save(run, networks, state, record.test_acc)
        if epoch < spec.epochs and (run.stop.signal_name or run.stop.after_epoch(run.path)):
            return leave(run, networks, state, f"after epoch {epoch}, on request")
    run.append(RunFinished(epoch=spec.epochs), durable=True)
    run.stop.honour(run.path)
    return ""


def train_epoch(run: Run, networks: list[Member], data: Data, state: State, epoch: int) -> bool:
    """Every step of one epoch that is not done yet; False when a signal cut it short."""
    spec, steps = run.spec, data.steps_per_epoch
    settings = schedule.at(spec, epoch)  # augmentation, mixup, label smoothing, weight decay
    began = time.perf_counter() - state.tally.seconds
    for batch in data.epoch(epoch, settings, first_step=state.step):
        lr = schedule.lr(spec, epoch - 1 + batch.step / steps)
        losses, correct = step(networks, batch, settings, lr)
        state.tally.add(losses, correct, len(batch.images))
        state.step = batch.step + 1
        state.tally.seconds = time.perf_counter() - began
        run.at(state, steps)
        if run.stop.signal_name and state.step < steps:
            return False
    return True


def measured(run: Run, networks: list[Member], data: Data, state: State, epoch: int) -> list[Epoch]:
    """What the epoch came to, one record a network: as trained, on clean training images, on the test set."""
    trained = state.tally.means()  # waits for the device, so that the pace below is honest
    seconds = state.tally.seconds
    began = time.perf_counter()
    clean = measure(networks, data, data.clean)
    test = measure(networks, data, data.test)
    return [
        Epoch(
            epoch=epoch,
            lr=schedule.lr(run.spec, epoch - 1),
            train_acc=train_acc,
            train_loss=train_loss,
            train_acc_clean=clean_acc,
            test_acc=test_acc,
            test_loss=test_loss,
            images_per_second=state.tally.images / seconds if seconds else None,
            seconds=seconds + time.perf_counter() - began,
        )
        for (train_acc, train_loss), (clean_acc, _), (test_acc, test_loss) in zip(trained, clean, test, strict=True)
    ]


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


def leave(run: Run, networks: list[Member], state: State, reason: str) -> str:
    """Save whatever is not saved yet and say why the run ends here."""
    if state.step:
        save(run, networks, state, None)
    run.append(RunStopped(epoch=state.epoch, step=state.step, reason=reason), durable=True)
    run.stop.honour(run.path)
    return f"stopped {reason}"
