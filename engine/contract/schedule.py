"""The value of every setting at every epoch, and the learning rate at every step: pure functions of the spec.

Epochs count from 1. `position` is time in epochs since the start of training: 0.0 is the first step of
epoch 1, and 3.5 is half way through epoch 4.
"""

from __future__ import annotations

import math
from typing import Any

import msgspec

from engine.contract.spec import Settings, Spec


def at(spec: Spec, epoch: int) -> Settings:
    """The settings that hold in this epoch: the base, then each phase that has begun, in order."""
    held = {name: getattr(spec, name) for name in Settings.__struct_fields__}
    for phase in spec.phases:
        if phase["from_epoch"] <= epoch:
            held |= {name: value for name, value in phase.items() if name != "from_epoch"}
    return Settings(**held)


def changes(spec: Spec, epoch: int) -> dict[str, tuple[Any, Any]]:
    """Every setting whose value in this epoch differs from the epoch before: name -> (before, now)."""
    if epoch <= 1 or all(phase["from_epoch"] != epoch for phase in spec.phases):
        return {}
    before, now = (msgspec.structs.asdict(at(spec, e)) for e in (epoch - 1, epoch))
    return {name: (before[name], now[name]) for name in now if before[name] != now[name]}


def transitions(spec: Spec) -> dict[int, dict[str, tuple[Any, Any]]]:
    """Every epoch at which something changes -> what changes there."""
    epochs = (phase["from_epoch"] for phase in spec.phases if phase["from_epoch"] <= spec.epochs)
    return {epoch: changed for epoch in epochs if (changed := changes(spec, epoch))}


def in_words(spec: Spec) -> dict[int, list[str]]:
    """Every epoch at which something changes -> what changes there: `mixup 0.2 > 0.15`."""
    return {
        epoch: [f"{name} {before} > {now}" for name, (before, now) in changed.items()]
        for epoch, changed in transitions(spec).items()
    }


def lr(spec: Spec, position: float) -> float:
    """The learning rate at a position in training, 0 <= position < spec.epochs.

    Every schedule but constant is counted from the start of its segment: from the phase that sets
    `lr_schedule` to the next that does, or to the end.

    cosine           falls to 0 over the segment (arXiv 1608.03983, eq. 5, one cycle)
    cosine_restarts  falls to 0 over each cycle and starts again at its maximum (the same paper)
    step             is multiplied by `lr_factor` after each of `lr_milestones` epochs
    plateau          falls when validation says so; what is returned here is the rate before any fall

    With `lr_update = "epoch"` an epoch has the rate of its first step, as when PyTorch's schedulers are stepped
    once an epoch. Warm-up is linear and replaces the first epochs of the schedule: by step it reaches the
    maximum when it ends; by epoch its first epoch has `warmup_lr` and its last the maximum.
    """
    by_epoch = spec.lr_update == "epoch"
    position = math.floor(position) if by_epoch else position
    settings = at(spec, math.floor(position) + 1)
    if position < spec.warmup_epochs:
        share = position / max(1, spec.warmup_epochs - by_epoch)
        return spec.warmup_lr + (settings.lr - spec.warmup_lr) * share
    start, end = _segment(spec, position)
    elapsed = position - start
    if settings.lr_schedule in ("constant", "plateau"):
        return settings.lr
    if settings.lr_schedule == "step":
        return settings.lr * settings.lr_factor ** sum(elapsed >= m for m in settings.lr_milestones)
    if settings.lr_schedule == "cosine":
        return _cosine(settings.lr, elapsed / (end - start))
    return _cosine(settings.lr, _share_of_cycle(elapsed, settings.lr_cycle_epochs, settings.lr_cycle_growth))


def _cosine(maximum: float, share: float) -> float:
    return maximum * 0.5 * (1 + math.cos(math.pi * share))


def _share_of_cycle(elapsed: float, length: float, growth: int) -> float:
    """How much of its cycle is over, 0 to 1, where each cycle is `growth` times as long as the one before."""
    if growth == 1:
        return elapsed % length / length
    while elapsed >= length:
        elapsed -= length
        length *= growth
    return elapsed / length


def _segment(spec: Spec, position: float) -> tuple[int, int]:
    """Where the schedule that holds at `position` began and where it ends, as positions."""
    bounds = [p["from_epoch"] - 1 for p in spec.phases if "lr_schedule" in p and p["from_epoch"] <= spec.epochs]
    bounds = [0, *bounds, spec.epochs]
    start = max(bound for bound in bounds if bound <= position)
    return start, min(bound for bound in bounds if bound > position)


#: A rate that ends above this share of its maximum is called hot.
HOT = 0.05


def cautions(spec: Spec) -> list[str]:
    """What is legal and probably not meant, in words."""
    told = [
        f"run.phases[{i}]: from_epoch = {phase['from_epoch']} is beyond the last epoch ({spec.epochs}); "
        "this phase never begins"
        for i, phase in enumerate(spec.phases)
        if phase["from_epoch"] > spec.epochs
    ]
    if spec.warmup_epochs >= spec.epochs:
        told.append(f"run.warmup_epochs: {spec.warmup_epochs} of {spec.epochs} epochs: the schedule never begins")
    settings, last = at(spec, spec.epochs), lr(spec, spec.epochs - 1 / 1000)
    if (
        settings.lr_schedule not in ("constant", "plateau")
        and spec.epochs > spec.warmup_epochs
        and last > HOT * settings.lr
    ):
        told.append(
            f"run.lr_schedule: {settings.lr_schedule} ends at {last:.3g}, {last / settings.lr:.0%} of its maximum; "
            "the last epochs' figures will be noisy"
        )
    return told
