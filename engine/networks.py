"""The networks of one run: a set that sees the same batches, each with an optimiser of its own."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from engine.contract.errors import UserError
from engine.contract.spec import Settings, Spec
from engine.data.batches import Data
from engine.models.registry import build
from engine.objectives.companion import METHODS, refuse_without_features
from engine.objectives.factor_transfer import FactorTransfer
from engine.objectives.view import look
from engine.optimizers import SGD, optimizer_of
from engine.randomness import derive

if TYPE_CHECKING:
    from engine.trained import Trained


@dataclass(frozen=True)
class Member:
    """One network of the set. `node` is its number, `name` its model's.

    `average` is the running mean of its weights, where the settings ask for one. The scaler belongs to fp16
    alone, and to this network alone: a shared one would make one network's overflow another's business.
    `companion` is what a feature method adds to a student, trained with it and left behind; `pretrainer` is the
    optimiser of what in it learns beforehand.
    """

    node: int
    name: str
    network: nn.Module
    optimizer: torch.optim.Optimizer
    scaler: torch.amp.GradScaler
    average: nn.Module | None = None
    companion: nn.Module | None = None
    pretrainer: torch.optim.Optimizer | None = None

    @property
    def measured(self) -> nn.Module:
        """The network whose figures count: the average where there is one."""
        return self.average or self.network

    @property
    def parameters(self) -> int:
        """How many numbers training adjusts."""
        return sum(p.numel() for p in self.network.parameters() if p.requires_grad)

    def state(self) -> dict[str, Any]:
        """All that training goes on from, as tensors and plain scalars."""
        return {
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "scaler": self.scaler.state_dict(),
            "average": self.average.state_dict() if self.average else None,
            "companion": self.companion.state_dict() if self.companion else None,
            "pretrainer": self.pretrainer.state_dict() if self.pretrainer else None,
        }

    def load(self, held: dict[str, Any]) -> None:
        """What `state` gave."""
        self.network.load_state_dict(held["network"])
        self.optimizer.load_state_dict(held["optimizer"])
        self.scaler.load_state_dict(held["scaler"])
        if self.average:
            self.average.load_state_dict(held["average"])
        if self.companion:
            self.companion.load_state_dict(held["companion"])
        if self.pretrainer:
            self.pretrainer.load_state_dict(held["pretrainer"])

    @torch.no_grad()
    def move_average(self, decay: float) -> None:
        """Let the average follow the network by 1 - `decay`; counters are copied."""
        if self.average is None:
            return
        for mean, value in zip(self.average.state_dict().values(), self.network.state_dict().values(), strict=True):
            if mean.is_floating_point():
                mean.lerp_(value, 1 - decay)
            else:
                mean.copy_(value)


def build_networks(spec: Spec, data: Data, teacher: Trained | None = None) -> list[Member]:
    """The run's networks, each initialised from (seed, node), on the data's device.

    Raises:
        UserError: one cannot be built, does not take these images, or cannot be compared with its teacher.
    """
    members, shape = [], tuple(data.test.images.shape[1:])
    for node, name in enumerate(spec.models):
        torch.manual_seed(derive(spec.seed, "initialise", node))
        network = build(name, channels=data.channels, classes=data.classes)
        try_network(network, name, shape, data.classes)
        network = network.to(data.device, memory_format=data.memory_format)  # type: ignore[call-overload]
        beside = beside_student(spec, name, network, teacher.name, teacher.network, shape) if teacher else None
        pretrainer = _pretrainer(beside) if isinstance(beside, FactorTransfer) else None
        scaler = torch.amp.GradScaler(data.device.type, enabled=spec.precision == "fp16")
        average = copy.deepcopy(network).requires_grad_(False) if spec.ema else None
        optimizer = optimizer_of([network, beside] if beside else [network], spec)
        members.append(Member(node, name, network, optimizer, scaler, average, beside, pretrainer))
    return members


@torch.no_grad()
def beside_student(
    spec: Spec, name: str, student: nn.Module, teacher_name: str, teacher: nn.Module, shape: tuple[int, ...]
) -> nn.Module | None:
    """What the objective adds to a student, built from what both networks make of two empty images [C, H, W].

    Raises:
        UserError: the two cannot be compared.
    """
    if spec.objective not in METHODS:
        return None
    refuse_without_features(spec.objective, name, student)
    refuse_without_features(spec.objective, teacher_name, teacher)
    images = torch.zeros(2, *shape, device=next(student.parameters()).device)
    views = [look(network.eval(), images, features=True) for network in (student, teacher)]
    student.train()
    return METHODS[spec.objective](*views).to(images.device)


@torch.no_grad()
def try_network(network: nn.Module, name: str, size: tuple[int, ...], classes: int) -> None:
    """Whether a network takes images [C, H, W] of this size at all: some of timm's insist on one of their own.

    Raises:
        UserError: it does not, or its answer is no logit a class.
    """
    try:
        logits = network.eval()(torch.zeros(1, *size))
    except (RuntimeError, AssertionError, ValueError, TypeError) as error:
        problem = f"{name} cannot take images of {size}: {error}"
        raise UserError("spec.toml", "run.model", problem, "choose another network or another data set") from error
    if not isinstance(logits, torch.Tensor) or logits.shape != (1, classes):
        found = tuple(logits.shape) if isinstance(logits, torch.Tensor) else type(logits).__name__
        problem = f"{name} answers with {found}, not with one logit for each of {classes} classes"
        raise UserError("spec.toml", "run.model", problem, "let it return a tensor [batch, classes]")
    network.train()


def _pretrainer(method: FactorTransfer) -> torch.optim.Optimizer:
    """The optimiser of what learns before the student, as the reference implementation sets it up."""
    return SGD(method.paraphraser.parameters(), lr=0.01, momentum=0.9, weight_decay=5e-4)


def set_mode(members: list[Member], *, training: bool) -> None:
    """Training or evaluation mode for all: in evaluation no running statistic moves."""
    for member in members:
        member.network.train(training)
        if member.average:
            member.average.eval()
        if member.companion:
            member.companion.train(training)


def apply(members: list[Member], settings: Settings, lr: float) -> None:
    """What a phase or the schedule says of the optimisers, for the next step."""
    for member in members:
        for group in member.optimizer.param_groups:
            group["lr"], group["weight_decay"] = lr, settings.weight_decay if group["decays"] else 0.0
