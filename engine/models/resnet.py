"""Residual networks for small images (He et al. 2015, arXiv 1512.03385, section 4.2): 6n+2 layers.

Three groups of n basic blocks with 16, 32 and 64 channels. Where a group halves the size, the shortcut is
the paper's option A: every second pixel, and zeros for the new channels, which has no parameters.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn


class BasicBlock(nn.Module):
    """Two 3x3 convolutions beside a shortcut."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
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


class ResNet(nn.Module):
    """A network of 6n+2 layers; takes any image from 8x8 up."""

    def __init__(self, depth: int, channels: int, classes: int) -> None:
        super().__init__()
        blocks, rest = divmod(depth - 2, 6)
        if rest or blocks < 1:
            raise ValueError(f"a ResNet of this family has 6n+2 layers, not {depth}")
        self.stem = nn.Sequential(nn.Conv2d(channels, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU())
        self.group1 = _group(blocks, 16, 16, stride=1)
        self.group2 = _group(blocks, 16, 32, stride=2)
        self.group3 = _group(blocks, 32, 64, stride=2)
        self.head = nn.Linear(64, classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x: Tensor) -> Tensor:
        """[B, channels, H, W] -> logits [B, classes]."""
        x = self.group3(self.group2(self.group1(self.stem(x))))
        # Not AdaptiveAvgPool2d: its backward pass is not deterministic on CUDA.
        logits: Tensor = self.head(x.mean((2, 3)))
        return logits


def _group(blocks: int, inputs: int, outputs: int, stride: int) -> nn.Sequential:
    first = BasicBlock(inputs, outputs, stride)
    return nn.Sequential(first, *(BasicBlock(outputs, outputs, 1) for _ in range(blocks - 1)))
