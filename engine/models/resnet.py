"""Residual networks for small images (He et al. 2015, arXiv 1512.03385, section 4.2): 6n+2 layers.

Three groups of n basic blocks with 16, 32 and 64 channels. Where a group halves the size, the shortcut is
the paper's option A: every second pixel, and zeros for the new channels, which has no parameters.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from engine.models.staged import Staged, conv, small_stem


class BasicBlock(nn.Module):
    """Two 3x3 convolutions beside a shortcut."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = conv(inputs, outputs, 3, stride)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = conv(outputs, outputs, 3)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.stride, self.added = stride, outputs - inputs

    def forward(self, x: Tensor) -> Tensor:
        """[B, inputs, H, W] -> [B, outputs, H / stride, W / stride]."""
        y = F.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        shortcut = x[:, :, :: self.stride, :: self.stride]
        if self.added:
            shortcut = F.pad(shortcut, (0, 0, 0, 0, self.added // 2, self.added - self.added // 2))
        return F.relu(y + shortcut)


class ResNet(Staged):
    """A network of 6n+2 layers.

    Two names outside the paper lead here. The toolbox whose results the distillation presets repeat counts
    18 blocks a group as ResNet-112: it is the paper's 110 layers, and 112 is no 6n+2. That toolbox's "Baby",
    of which it says no more, is taken for the smallest member: one block a group, 8 layers.
    """

    def __init__(self, depth: int, channels: int, classes: int) -> None:
        blocks, rest = divmod(depth - 2, 6)
        if rest or blocks < 1:
            raise ValueError(f"a ResNet of this family has 6n+2 layers, not {depth}")
        groups = [
            _group(blocks, 16, 16, stride=1),
            _group(blocks, 16, 32, stride=2),
            _group(blocks, 32, 64, stride=2),
        ]
        super().__init__(small_stem(channels, 16), groups, features=64, classes=classes)


def _group(blocks: int, inputs: int, outputs: int, stride: int) -> nn.Sequential:
    first = BasicBlock(inputs, outputs, stride)
    return nn.Sequential(first, *(BasicBlock(outputs, outputs, 1) for _ in range(blocks - 1)))
