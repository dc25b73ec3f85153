"""One optimisation step of the whole set of networks."""

from __future__ import annotations

import torch
from torch import Tensor

from engine.contract.spec import Settings
from engine.data.batches import Batch
from engine.networks import Member, apply
from engine.objectives.supervised import supervised


def step(members: list[Member], batch: Batch, settings: Settings, lr: float) -> tuple[Tensor, Tensor]:
    """Move every network once along its own gradient.

    Returns what the step saw, summed over the batch, one entry a network, still on the device: losses [N] in
    nats, and correct answers [N]. An answer counts with the share its class has in the target, so under
    mixup a perfect network scores less than 1.
    """
    apply(members, settings, lr)
    for member in members:
        member.optimizer.zero_grad(set_to_none=True)
    logits = [member.network(batch.images) for member in members]
    losses = torch.stack(supervised(logits, batch.targets, settings.label_smoothing))
    # One backward pass: the networks share no parameter, so the sum gives each its own gradient.
    torch.autograd.backward(losses.sum())
    for member in members:
        member.optimizer.step()
    with torch.no_grad():
        answers = torch.stack([each.argmax(1) for each in logits])
        correct = batch.targets.T.gather(0, answers).sum(1)
        return losses.detach() * len(batch.targets), correct
