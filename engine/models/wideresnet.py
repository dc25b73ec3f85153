"""Wide residual networks (Zagoruyko and Komodakis 2016, arXiv 1605.07146): 6n+4 layers, W times as wide.

Three groups of n pre-activation units with 16W, 32W and 64W channels. Dropout stands inside each unit, between
its convolutions (section 2.4), and not before the head. In the authors' code a first group of the stem's own width,
which only W = 1 has, takes its shortcut before the activation; here it takes it after, as every other group does.
"""

from __future__ import annotations

from torch import nn

from engine.models.preact_resnet import Unit, stack
from engine.models.staged import Staged, conv, small_stem


class WideResNet(Staged):
    """A network of `depth` layers and `width` times 16 to 64 channels."""

    def __init__(self, depth: int, width: int, channels: int, classes: int) -> None:
        units, rest = divmod(depth - 4, 6)
        if rest or units < 1:
            raise ValueError(f"a wide ResNet has 6n+4 layers, not {depth}")
        groups = stack(_unit, (units,) * 3, 16, (16 * width, 32 * width, 64 * width))
        super().__init__(small_stem(channels, 16), groups, 64 * width, classes, head_dropout=False)


def _unit(inputs: int, outputs: int, stride: int, *, first: bool) -> Unit:
    body = (
        *(conv(inputs, outputs, 3, stride), nn.BatchNorm2d(outputs), nn.ReLU()),
        *(nn.Dropout(0.0), conv(outputs, outputs, 3)),
    )
    return Unit(body, inputs, outputs, stride, first=first)
