"""Networks by name. Which names there are is in engine/contract/models.py, for the cockpit cannot import torch."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from torch import nn

from engine.contract.models import KNOWN, check_model, wide_resnet
from engine.models.deep_resnet import deep_resnet
from engine.models.densenet import DenseNet, efficient_densenet
from engine.models.own import own_network
from engine.models.preact_resnet import preact_resnet
from engine.models.resnet import ResNet
from engine.models.resnext import preact_resnext29, resnext29
from engine.models.wideresnet import WideResNet

#: Each is called with channels and classes.
_FAMILIES: dict[str, Callable[[int, int], nn.Module]] = {
    "baby": partial(ResNet, 8),
    **{f"resnet{depth}": partial(ResNet, depth) for depth in (8, 14, 20, 32, 44, 56, 110)},
    "resnet112": partial(ResNet, 110),
    "resnet18": partial(deep_resnet, (2, 2, 2, 2)),
    "resnet34": partial(deep_resnet, (3, 4, 6, 3)),
    "resnet50": partial(deep_resnet, (3, 4, 6, 3), bottlenecks=True),
    "preact_resnet18": partial(preact_resnet, (2, 2, 2, 2)),
    "preact_resnet34": partial(preact_resnet, (3, 4, 6, 3)),
    "preact_resnet50": partial(preact_resnet, (3, 4, 6, 3), bottlenecks=True),
    "resnext29_8x64d": partial(resnext29, 8, 64),
    "resnext29_16x64d": partial(resnext29, 16, 64),
    "preact_resnext29_8x64d": partial(preact_resnext29, 8, 64),
    "densenet121": partial(DenseNet, (6, 12, 24, 16), 32),
    "densenet169": partial(DenseNet, (6, 12, 32, 32), 32),
    "densenet201": partial(DenseNet, (6, 12, 48, 32), 32),
    "efficient_densenet": efficient_densenet,
}


def build(name: str, *, channels: int, classes: int) -> nn.Module:
    """A freshly initialised network, drawn from torch's global generator.

    It takes images [B, channels, H, W] and gives logits [B, classes]. Ours are `Staged` and take any image
    from 8x8 up; timm's and a user's own take what they take.

    Raises:
        UserError: no network has this name, or it cannot be built.
    """
    check_model(name, f"network {name!r}", "")
    if wide := wide_resnet(name):
        return WideResNet(*wide, channels, classes)
    if name in _FAMILIES:
        return _FAMILIES[name](channels, classes)
    if name in KNOWN or name.startswith("timm:"):
        # timm alone takes as long to import as all else together.
        from engine.models.timm_networks import timm_network, timm_resnet18_cifar

        if name == "timm_resnet18_cifar":
            return timm_resnet18_cifar(channels, classes)
        return timm_network(name.removeprefix("timm:").removeprefix("timm_"), channels, classes)
    return own_network(name, channels, classes)
