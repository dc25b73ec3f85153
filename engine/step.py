"""One optimisation step of the whole set of networks: precision, accumulation, clipping, update."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.utils import clip_grad_norm_

from engine.contract.spec import Settings, Spec
from engine.data.batches import Batch
from engine.networks import Member, apply
from engine.objectives.objective import Objective

_HALF = {"bf16": torch.bfloat16, "fp16": torch.float16}


@dataclass(frozen=True)
class Seen:
    """What a step saw, summed over its batch, still on the device: losses [N] in nats, correct answers [N].

    An answer counts with the share its class has in the target, so under mixup a perfect network scores less
    than 1. `parts` are the parts of the losses by name, [N] each. `skipped` counts the networks whose update
    fp16's overflow cost.
    """

    losses: Tensor
    correct: Tensor
    parts: dict[str, Tensor]
    skipped: int


def step(
    members: list[Member], objective: Objective, batch: Batch, spec: Spec, settings: Settings, lr: float
) -> Seen:
    """Move every network once along its own gradient."""
    apply(members, settings, lr)
    for member in members:
        member.optimizer.zero_grad(set_to_none=True)
    whole = len(batch.targets)
    losses = torch.zeros(len(members), device=batch.images.device)
    correct = torch.zeros(len(members), device=batch.images.device)
    told: dict[str, Tensor] = {}
    parts = min(spec.accumulation, whole)
    for images, targets in zip(batch.images.tensor_split(parts), batch.targets.tensor_split(parts), strict=True):
        with torch.autocast(images.device.type, _HALF.get(spec.precision), enabled=spec.precision in _HALF):
            views = objective.look(members, images)
        # Outside autocast: a softmax over half precision loses the small probabilities.
        views = [view.float() for view in views]
        found = objective.losses(members, views, targets, settings.label_smoothing)
        share = len(targets) / whole
        # One backward pass: no network's parameters are in another's loss, so the sum gives each its own gradient.
        scaled = [m.scaler.scale(loss * share) for m, loss in zip(members, found.total, strict=True)]
        torch.autograd.backward(torch.stack(scaled).sum())
        with torch.no_grad():
            losses += torch.stack(found.total) * len(targets)
            for name, each in found.parts.items():
                told[name] = told.get(name, 0.0) + torch.stack(each).detach() * len(targets)
            answers = torch.stack([view.logits.argmax(1) for view in views[: len(members)]])
            correct += targets.T.gather(0, answers).sum(1)
    return Seen(losses, correct, told, sum(_update(member, spec) for member in members))


def _update(member: Member, spec: Spec) -> bool:
    """One network's update; True when it was skipped because fp16 overflowed."""
    if spec.clip_norm:
        # Clipping a gradient that is still scaled would shrink it by the scale as well.
        member.scaler.unscale_(member.optimizer)
        clip_grad_norm_([p for group in member.optimizer.param_groups for p in group["params"]], spec.clip_norm)
    before = member.scaler.get_scale()
    member.scaler.step(member.optimizer)
    member.scaler.update()
    member.move_average(spec.ema)
    return member.scaler.is_enabled() and member.scaler.get_scale() < before
