"""ResNeXt of 29 layers for small images (Xie et al. 2017, arXiv 1611.05431, section 5.2), also pre-activated.

Three groups of three bottlenecks with 256, 512 and 1024 channels. Each bottleneck's 3x3 convolution runs on a
number of paths apart, written 8x64d: 8 paths of 64 channels in the first group, twice and four times that in the
next two. The pre-activation form is in no paper: it is this bottleneck in the order of He et al. 2016.
"""

from __future__ import annotations

from engine.models import deep_resnet, preact_resnet
from engine.models.staged import Staged, small_stem

_OUTPUTS = (256, 512, 1024)


def resnext29(paths: int, width: int, channels: int, classes: int) -> Staged:
    """`paths` paths of `width` channels in the first group."""

    def unit(inputs: int, outputs: int, stride: int) -> deep_resnet.Unit:
        return deep_resnet.grouped_bottleneck(inputs, paths * width * outputs // 256, outputs, stride, paths)

    groups = deep_resnet.stack(unit, (3, 3, 3), 64, _OUTPUTS)
    return Staged(small_stem(channels, 64), groups, _OUTPUTS[-1], classes)


def preact_resnext29(paths: int, width: int, channels: int, classes: int) -> Staged:
    """The same of pre-activation units."""

    def unit(inputs: int, outputs: int, stride: int, *, first: bool) -> preact_resnet.Unit:
        inner = paths * width * outputs // 256
        return preact_resnet.grouped_bottleneck(inputs, inner, outputs, stride, paths=paths, first=first)

    groups = preact_resnet.stack(unit, (3, 3, 3), 64, _OUTPUTS)
    return Staged(small_stem(channels, 64), groups, _OUTPUTS[-1], classes)
