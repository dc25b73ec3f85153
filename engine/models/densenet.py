"""Densely connected networks with bottlenecks and compression (Huang et al. 2017, arXiv 1608.06993): DenseNet-BC.

A layer sees what all layers before it in its group gave, and adds `growth` channels. Between groups a transition
halves channels and size. A group here begins with its transition and ends with the normalisation and ReLU that
the next transition, or the head, would begin with (engine/models/staged.py).

The paper's own dropout, after every convolution and only without augmentation, is left out: here as in the other
families it stands before the head.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from engine.models.staged import Staged, conv, small_stem


class Layer(nn.Module):
    """A 1x1 convolution to 4 times `growth` channels, a 3x3 one to `growth`, and the input beside them."""

    def __init__(self, inputs: int, growth: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            *(nn.BatchNorm2d(inputs), nn.ReLU(), conv(inputs, 4 * growth, 1)),
            *(nn.BatchNorm2d(4 * growth), nn.ReLU(), conv(4 * growth, growth, 3)),
        )

    def forward(self, x: Tensor) -> Tensor:
        """[B, inputs, H, W] -> [B, inputs + growth, H, W]."""
        return torch.cat((x, self.body(x)), dim=1)


class DenseNet(Staged):
    """Groups of so many `layers`, after a stem that gives twice `growth` channels."""

    def __init__(self, layers: Sequence[int], growth: int, channels: int, classes: int) -> None:
        width = 2 * growth
        groups: list[nn.Module] = []
        for count in layers:
            chain: list[nn.Module] = []
            if groups:
                chain += (conv(width, width // 2, 1), nn.AvgPool2d(2))
                width //= 2
            for _ in range(count):
                chain.append(Layer(width, growth))
                width += growth
            groups.append(nn.Sequential(*chain, nn.BatchNorm2d(width), nn.ReLU()))
        super().__init__(small_stem(channels, 2 * growth), groups, width, classes)


def efficient_densenet(channels: int, classes: int) -> DenseNet:
    """The "compact DenseNet variant" of 2.5 million parameters that the expert experiments train.

    Nothing else is known of it. Of the DenseNet-BCs with the paper's three equal groups and a usual growth rate
    (12, 16, 18, 20, 22, 24, 32), the one of 88 layers with growth 24 comes nearest: 2,490,196 on CIFAR-100.
    """
    return DenseNet((14, 14, 14), 24, channels, classes)
