"""Networks by name. engine/contract/spec.py lists the names, for the cockpit cannot import torch."""

from __future__ import annotations

from torch import nn

from engine.models.resnet import ResNet


def build(name: str, *, channels: int, classes: int) -> nn.Module:
    """A freshly initialised network, drawn from torch's global generator.

    Raises:
        KeyError: no network has this name.
    """
    if name.startswith("resnet"):
        return ResNet(int(name.removeprefix("resnet")), channels, classes)
    raise KeyError(name)
