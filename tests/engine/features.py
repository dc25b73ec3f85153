"""Made-up features of a student and a teacher, and what a method makes of them."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from engine.objectives.attention_transfer import AttentionTransfer
from engine.objectives.factor_transfer import FactorTransfer
from engine.objectives.fitnets import FitNets
from engine.objectives.nst import NST
from engine.objectives.rkd import RKD
from engine.objectives.view import View
from engine.randomness import torch_generator

METHODS: list[type[nn.Module]] = [FitNets, AttentionTransfer, FactorTransfer, RKD, NST]
#: Channels and sizes of stem and groups. In the last one there are fewer positions than channels.
STUDENT = ((3, 8), (4, 8), (5, 4), (8, 2))
TEACHER = ((3, 8), (6, 8), (4, 4), (10, 2))


def view(shapes: tuple[tuple[int, int], ...] = STUDENT, *, seed: int = 0, batch: int = 3) -> View:
    """Features as random numbers, in double precision, so that a finite difference says something."""
    generator = torch_generator("features", seed)
    stages = [torch.randn(batch, c, s, s, generator=generator, dtype=torch.float64) for c, s in shapes]
    return View(torch.zeros(batch, 2), tuple(stages), stages[-1].mean((2, 3)))


def vectors(values: Tensor) -> View:
    return View(torch.zeros(len(values), 2), (), values)


def loss(method: type[nn.Module], student: View, teacher: View) -> float:
    """A new method's loss, in single precision as in training."""
    student, teacher = student.float(), teacher.float()
    value = method(student, teacher)(student, teacher)
    assert value.shape == () and value.dtype == torch.float32
    return float(value.detach())
