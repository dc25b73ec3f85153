"""What every family has in common: a stem, stages, the mean over positions, a linear head.

Stem and stages all end in their activation. Where a paper puts the activation in front of a block instead, a
stage here ends with what its successor would begin with: the same network, cut at another place.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn


class Staged(nn.Module):
    """A classifier for images of 8x8 pixels and more, and the base of every family but timm's."""

    def __init__(
        self, stem: nn.Module, groups: Sequence[nn.Module], features: int, classes: int, *, head_dropout: bool = True
    ) -> None:
        """`features` is the number of channels that the last group gives.

        Dropout before the head is off until set_dropout sets it; a family with dropout elsewhere has none there.

        Convolutions are drawn from He's normal distribution over their outputs (arXiv 1502.01852, section 2.2),
        the head's weight as torch draws it; its bias is zero. The papers' own code does so.
        """
        super().__init__()
        self.stem = stem
        self.groups = nn.ModuleList(groups)
        self.dropout: nn.Module = nn.Dropout(0.0) if head_dropout else nn.Identity()
        self.head = nn.Linear(features, classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        nn.init.zeros_(self.head.bias)

    def stages(self, x: Tensor) -> list[Tensor]:
        """[B, channels, H, W] -> the stem's output and each group's, all after their activation.

        Each is [B, C, h, w]; sizes halve from group to group, rounded up or down as the family does.
        """
        outputs: list[Tensor] = [self.stem(x)]
        for group in self.groups:
            outputs.append(group(outputs[-1]))
        return outputs

    def pool(self, last: Tensor) -> Tensor:
        """The last stage's output [B, features, h, w] -> its mean over positions [B, features]."""
        # Not AdaptiveAvgPool2d: its backward pass is not deterministic on CUDA.
        return last.mean((2, 3))

    def classify(self, pooled: Tensor) -> Tensor:
        """[B, features] -> logits [B, classes]."""
        logits: Tensor = self.head(self.dropout(pooled))
        return logits

    def forward(self, x: Tensor) -> Tensor:
        """[B, channels, H, W] -> logits [B, classes]."""
        return self.classify(self.pool(self.stages(x)[-1]))


def small_stem(channels: int, width: int) -> nn.Sequential:
    """[B, channels, H, W] -> [B, width, H, W]: a 3x3 convolution that loses no pixel, normalised, with ReLU."""
    return nn.Sequential(conv(channels, width, 3), nn.BatchNorm2d(width), nn.ReLU())


def conv(inputs: int, outputs: int, size: int, stride: int = 1, groups: int = 1) -> nn.Conv2d:
    """A convolution of `size` x `size` that keeps h and w but for its stride; no bias, for batch norm follows."""
    return nn.Conv2d(inputs, outputs, size, stride, padding=size // 2, groups=groups, bias=False)
