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


def lr(spec: Spec, position: float) -> float:
    """The learning rate at a position in training, 0 <= position < spec.epochs.

    Warm-up is linear from `warmup_lr` to the maximum and replaces the first epochs of the schedule. Cosine
    falls to 0 over its segment (arXiv 1608.03983, eq. 5, one cycle): a segment runs from the phase that sets
    `lr_schedule` to the next that does, or to the end. With `lr_update = "epoch"` an epoch has the rate of
    its first step, which is PyTorch's CosineAnnealingLR(T_max=epochs) stepped once an epoch.
    """
    position = math.floor(position) if spec.lr_update == "epoch" else position
    settings = at(spec, math.floor(position) + 1)
    if position < spec.warmup_epochs:
        return spec.warmup_lr + (settings.lr - spec.warmup_lr) * position / spec.warmup_epochs
    if settings.lr_schedule == "constant":
        return settings.lr
    start, end = _segment(spec, position)
    return settings.lr * 0.5 * (1 + math.cos(math.pi * (position - start) / (end - start)))


def _segment(spec: Spec, position: float) -> tuple[int, int]:
    """Where the schedule that holds at `position` began and where it ends, as positions."""
    bounds = [p["from_epoch"] - 1 for p in spec.phases if "lr_schedule" in p and p["from_epoch"] <= spec.epochs]
    bounds = [0, *bounds, spec.epochs]
    start = max(bound for bound in bounds if bound <= position)
    return start, min(bound for bound in bounds if bound > position)


def cautions(spec: Spec) -> list[str]:
    """What is legal and probably not meant, in words."""
    return [
        f"run.phases[{i}]: from_epoch = {phase['from_epoch']} is beyond the last epoch ({spec.epochs}); "
        "this phase never begins"
        for i, phase in enumerate(spec.phases)
        if phase["from_epoch"] > spec.epochs
    ]
