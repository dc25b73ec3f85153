"""Small networks in the places of large ones, each of its family, a few channels wide, for a machine without GPU."""

from __future__ import annotations

from functools import partial

from torch import nn

from engine.models import deep_resnet, preact_resnet
from engine.models.densenet import DenseNet
from engine.models.staged import Staged, small_stem

_BASIC = (8, 16, 32, 64)
_BOTTLENECK = (32, 64, 128, 256)


def _deep(blocks: tuple[int, ...], outputs: tuple[int, ...], unit: object, channels: int, classes: int) -> nn.Module:
    groups = deep_resnet.stack(unit, blocks, 8, outputs)  # type: ignore[arg-type]
    return Staged(small_stem(channels, 8), groups, outputs[-1], classes)


def _preact(
    blocks: tuple[int, ...], outputs: tuple[int, ...], unit: object, channels: int, classes: int
) -> nn.Module:
    groups = preact_resnet.stack(unit, blocks, 8, outputs)  # type: ignore[arg-type]
    return Staged(small_stem(channels, 8), groups, outputs[-1], classes)


def _paths(paths: int) -> object:
    def unit(inputs: int, outputs: int, stride: int) -> nn.Module:
        return deep_resnet.grouped_bottleneck(inputs, outputs // 4, outputs, stride, paths)

    return unit


def _preact_paths(inputs: int, outputs: int, stride: int, *, first: bool) -> nn.Module:
    return preact_resnet.grouped_bottleneck(inputs, outputs // 4, outputs, stride, paths=4, first=first)


resnet18 = partial(_deep, (1, 1, 1, 1), _BASIC, deep_resnet.basic)
resnet34 = partial(_deep, (2, 1, 1, 1), _BASIC, deep_resnet.basic)
resnet50 = partial(_deep, (1, 1, 1, 1), _BOTTLENECK, deep_resnet.bottleneck)
preact_resnet18 = partial(_preact, (1, 1, 1, 1), _BASIC, preact_resnet.basic)
resnext29_8x64d = partial(_deep, (1, 1, 1), _BOTTLENECK[:3], _paths(4))
resnext29_16x64d = partial(_deep, (1, 1, 1), _BOTTLENECK[:3], _paths(8))
preact_resnext29_8x64d = partial(_preact, (1, 1, 1), _BOTTLENECK[:3], _preact_paths)
densenet121 = partial(DenseNet, (1, 1, 1, 1), 8)
densenet169 = partial(DenseNet, (1, 1, 2, 1), 8)
densenet201 = partial(DenseNet, (1, 1, 2, 2), 8)
efficient_densenet = partial(DenseNet, (2, 2, 2), 8)
