"""One small member of every family, as a user's own networks: what the registry builds is too large for a CPU."""

from __future__ import annotations

from torch import nn

from engine.models.deep_resnet import deep_resnet
from engine.models.densenet import DenseNet
from engine.models.preact_resnet import preact_resnet
from engine.models.resnext import preact_resnext29, resnext29


def deep(channels: int, classes: int) -> nn.Module:
    return deep_resnet((1, 1, 1, 1), channels, classes)


def deep_bottlenecks(channels: int, classes: int) -> nn.Module:
    return deep_resnet((1, 1, 1, 1), channels, classes, bottlenecks=True)


def preact(channels: int, classes: int) -> nn.Module:
    return preact_resnet((1, 1, 1, 1), channels, classes)


def resnext(channels: int, classes: int) -> nn.Module:
    return resnext29(2, 8, channels, classes)


def preact_resnext(channels: int, classes: int) -> nn.Module:
    return preact_resnext29(2, 8, channels, classes)


def dense(channels: int, classes: int) -> nn.Module:
    return DenseNet((2, 2, 2, 2), 12, channels, classes)
