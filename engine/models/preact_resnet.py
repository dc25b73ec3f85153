"""Residual networks of pre-activation units, with a stem for small images (He et al. 2016, arXiv 1603.05027).

Normalisation and ReLU stand before each convolution and nothing after the sum. As the paper's appendix has it, the
network's first unit shares the stem's activation with its shortcut, and one more activation follows the last
unit. Units that change size or width share theirs, too, so here every group ends with the activation that its
successor's first unit would begin with (engine/models/staged.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from torch import Tensor, nn

from engine.models.staged import Staged, conv, small_stem


class Unit(nn.Module):
    """A chain of convolutions beside a shortcut: their sum, which is not activated."""

    def __init__(self, body: Sequence[nn.Module], inputs: int, outputs: int, stride: int, *, first: bool) -> None:
        """`body` begins with a convolution. The `first` unit of a group is given what is activated already."""
        super().__init__()
        activation = () if first else (nn.BatchNorm2d(inputs), nn.ReLU())
        self.body = nn.Sequential(*activation, *body)
        same = inputs == outputs and stride == 1
        self.shortcut: nn.Module = nn.Identity() if same else conv(inputs, outputs, 1, stride)

    def forward(self, x: Tensor) -> Tensor:
        """[B, inputs, H, W] -> [B, outputs, H / stride, W / stride]."""
        y: Tensor = self.body(x) + self.shortcut(x)
        return y


class MakeUnit(Protocol):
    """What makes a unit of `outputs` channels from one of `inputs`."""

    def __call__(self, inputs: int, outputs: int, stride: int, *, first: bool) -> Unit:
        """See Unit."""


def preact_resnet(blocks: Sequence[int], channels: int, classes: int, *, bottlenecks: bool = False) -> Staged:
    """The network with so many `blocks` in its four groups: basic blocks, or bottlenecks of 4 times the width."""
    unit: MakeUnit = bottleneck if bottlenecks else basic
    outputs = (256, 512, 1024, 2048) if bottlenecks else (64, 128, 256, 512)
    return Staged(small_stem(channels, 64), stack(unit, blocks, 64, outputs), outputs[-1], classes)


def basic(inputs: int, outputs: int, stride: int, *, first: bool) -> Unit:
    """Two 3x3 convolutions."""
    body = (conv(inputs, outputs, 3, stride), nn.BatchNorm2d(outputs), nn.ReLU(), conv(outputs, outputs, 3))
    return Unit(body, inputs, outputs, stride, first=first)


def bottleneck(inputs: int, outputs: int, stride: int, *, first: bool) -> Unit:
    """A 3x3 convolution of a quarter of the outputs' width, between two of 1x1."""
    return grouped_bottleneck(inputs, outputs // 4, outputs, stride, paths=1, first=first)


def grouped_bottleneck(inputs: int, width: int, outputs: int, stride: int, *, paths: int, first: bool) -> Unit:
    """A 3x3 convolution of `width` channels, on `paths` paths apart from one another, between two of 1x1."""
    body = (
        *(conv(inputs, width, 1), nn.BatchNorm2d(width), nn.ReLU()),
        *(conv(width, width, 3, stride, paths), nn.BatchNorm2d(width), nn.ReLU()),
        conv(width, outputs, 1),
    )
    return Unit(body, inputs, outputs, stride, first=first)


def stack(unit: MakeUnit, blocks: Sequence[int], inputs: int, outputs: Sequence[int]) -> list[nn.Module]:
    """One group for each of `outputs`, ending activated; every group but the first halves the size."""
    groups: list[nn.Module] = []
    for count, width in zip(blocks, outputs, strict=True):
        head = unit(inputs, width, 2 if groups else 1, first=True)
        rest = (unit(width, width, 1, first=False) for _ in range(count - 1))
        groups.append(nn.Sequential(head, *rest, nn.BatchNorm2d(width), nn.ReLU()))
        inputs = width
    return groups
