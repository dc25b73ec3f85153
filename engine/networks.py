"""The networks of one run: a set that sees the same batches, each with an optimiser of its own."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from engine.contract.spec import Settings, Spec
from engine.data.batches import Data
from engine.models.registry import build
from engine.randomness import derive


@dataclass(frozen=True)
class Member:
    """One network of the set. `node` is its number, `name` its model's."""

    node: int
    name: str
    network: nn.Module
    optimizer: torch.optim.SGD

    @property
    def parameters(self) -> int:
        """How many numbers training adjusts."""
        return sum(p.numel() for p in self.network.parameters() if p.requires_grad)


def build_networks(spec: Spec, data: Data) -> list[Member]:
    """The run's networks, each initialised from (seed, node), on the data's device."""
    members = []
    for node, name in enumerate(spec.models):
        torch.manual_seed(derive(spec.seed, "initialise", node))
        network = build(name, channels=data.channels, classes=data.classes).to(data.device)
        optimizer = torch.optim.SGD(
            network.parameters(),
            lr=spec.lr,
            momentum=spec.momentum,
            weight_decay=spec.weight_decay,
            nesterov=spec.nesterov,
        )
        members.append(Member(node, name, network, optimizer))
    return members


def set_mode(members: list[Member], *, training: bool) -> None:
    """Training or evaluation mode for all: in evaluation no running statistic moves."""
    for member in members:
        member.network.train(training)


def apply(members: list[Member], settings: Settings, lr: float) -> None:
    """What a phase or the schedule says of the optimisers, for the next step."""
    for member in members:
        for group in member.optimizer.param_groups:
            group["lr"], group["weight_decay"] = lr, settings.weight_decay
