"""ImageNet's residual networks with a stem for small images (He et al. 2015, arXiv 1512.03385, table 1).

Four groups of 64 to 512 channels, times four in those of bottlenecks. The stem is a 3x3 convolution of stride 1
without pooling, where ImageNet's would leave 8x8 of a 32x32 image. Where a group changes size or width, the
shortcut is the paper's option B, a 1x1 convolution. A bottleneck takes its stride in the 3x3 convolution, not in
the 1x1 before it as in the paper: that is how the field has built it since, and no pixel is passed over.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch.nn.functional as F
from torch import Tensor, nn

from engine.models.staged import Staged, conv, small_stem


class Unit(nn.Module):
    """A chain of convolutions beside a shortcut, and ReLU over their sum."""

    def __init__(self, body: nn.Module, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.body = body
        self.shortcut: nn.Module = nn.Identity()
        if inputs != outputs or stride != 1:
            self.shortcut = nn.Sequential(conv(inputs, outputs, 1, stride), nn.BatchNorm2d(outputs))

    def forward(self, x: Tensor) -> Tensor:
        """[B, inputs, H, W] -> [B, outputs, H / stride, W / stride]."""
        return F.relu(self.body(x) + self.shortcut(x))


def deep_resnet(blocks: Sequence[int], channels: int, classes: int, *, bottlenecks: bool = False) -> Staged:
    """The network with so many `blocks` in its four groups: basic blocks, or bottlenecks of 4 times the width."""
    unit, outputs = (bottleneck, (256, 512, 1024, 2048)) if bottlenecks else (basic, (64, 128, 256, 512))
    return Staged(small_stem(channels, 64), stack(unit, blocks, 64, outputs), outputs[-1], classes)


def basic(inputs: int, outputs: int, stride: int) -> Unit:
    """Two 3x3 convolutions."""
    body = nn.Sequential(
        *(conv(inputs, outputs, 3, stride), nn.BatchNorm2d(outputs), nn.ReLU()),
        *(conv(outputs, outputs, 3), nn.BatchNorm2d(outputs)),
    )
    return Unit(body, inputs, outputs, stride)


def bottleneck(inputs: int, outputs: int, stride: int) -> Unit:
    """A 3x3 convolution of a quarter of the outputs' width, between two of 1x1."""
    return grouped_bottleneck(inputs, outputs // 4, outputs, stride, paths=1)


def grouped_bottleneck(inputs: int, width: int, outputs: int, stride: int, paths: int) -> Unit:
    """A 3x3 convolution of `width` channels, on `paths` paths apart from one another, between two of 1x1."""
    body = nn.Sequential(
        *(conv(inputs, width, 1), nn.BatchNorm2d(width), nn.ReLU()),
        *(conv(width, width, 3, stride, paths), nn.BatchNorm2d(width), nn.ReLU()),
        *(conv(width, outputs, 1), nn.BatchNorm2d(outputs)),
    )
    return Unit(body, inputs, outputs, stride)


def stack(
    unit: Callable[[int, int, int], nn.Module], blocks: Sequence[int], inputs: int, outputs: Sequence[int]
) -> list[nn.Module]:
    """One group for each of `outputs`, units of (inputs, outputs, stride); all but the first halve the size."""
    groups: list[nn.Module] = []
    for count, width in zip(blocks, outputs, strict=True):
        first = unit(inputs, width, 2 if groups else 1)
        groups.append(nn.Sequential(first, *(unit(width, width, 1) for _ in range(count - 1))))
        inputs = width
    return groups
