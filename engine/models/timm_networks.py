"""timm's networks, with fresh weights: nothing is ever downloaded."""

from __future__ import annotations

import timm
from torch import nn

from engine.contract.errors import UserError, nearest
from engine.models.staged import conv


def timm_network(name: str, channels: int, classes: int) -> nn.Module:
    """Any network of timm's, by its name there. Whether it takes small images is its own affair.

    Raises:
        UserError: timm has no network of this name, or cannot build it so.
    """
    where = f"network 'timm:{name}'"
    if not timm.is_model(name):
        raise UserError(where, "", f"timm {timm.__version__} has none of this name", _near(name))
    try:
        network: nn.Module = timm.create_model(name, pretrained=False, in_chans=channels, num_classes=classes)
    except (RuntimeError, TypeError, ValueError, AssertionError, KeyError) as error:
        problem = f"timm cannot build it for {channels} channels and {classes} classes: {error}"
        raise UserError(where, "", problem, "choose another network") from error
    return network


def timm_resnet18_cifar(channels: int, classes: int) -> nn.Module:
    """timm's ResNet-18 with a stem for small images: a 3x3 convolution of stride 1 and no pooling after it."""
    network = timm_network("resnet18", channels, classes)
    network.conv1 = conv(channels, 64, 3)
    nn.init.kaiming_normal_(network.conv1.weight, mode="fan_out", nonlinearity="relu")
    network.maxpool = nn.Identity()
    return network


def _near(name: str) -> str:
    remedy = nearest(name, timm.list_models())
    return remedy if remedy.startswith("did you mean") else "timm.list_models() tells their names"
