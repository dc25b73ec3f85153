"""How much memory and disk a run takes, from one small forward pass on the CPU."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from engine.contract.dataset import BUILT_IN, available
from engine.contract.spec import Spec
from engine.models.registry import build
from engine.networks import try_network

#: Images of the trial pass; one alone would make batch norm refuse where a stage is 1x1.
TRIAL = 4
#: Optimiser state beside a weight and its gradient, in weights: momentum for SGD, two moments for AdamW.
_MOMENTS = {"sgd": 1, "adamw": 2}


@dataclass(frozen=True)
class Footprint:
    """Bytes. `memory` is an estimate of the most that training holds at once, without the data set."""

    parameters: int
    memory: int
    checkpoint: int


def footprint(spec: Spec) -> Footprint:
    """What a run of these settings takes.

    Raises:
        UserError: a network cannot be built, or does not take this data set's images.
    """
    manifest = available()[spec.data]
    shape = manifest.shape if manifest else BUILT_IN[spec.data].shape
    classes = len(manifest.classes) if manifest else BUILT_IN[spec.data].classes
    weights, memory, checkpoint = 0, 0, 0
    for name in spec.models:
        network = build(name, channels=shape[0], classes=classes)
        try_network(network, name, shape, classes)
        own = sum(t.numel() * t.element_size() for t in network.state_dict().values())
        copies = 1 + _MOMENTS[spec.optimizer] + bool(spec.ema)
        checkpoint += own * copies
        part = -(-spec.batch_size // spec.accumulation)
        memory += own * (copies + 1) + _activations(network, spec, shape) * part
        weights += sum(p.numel() for p in network.parameters())
    return Footprint(weights, memory, checkpoint)


def _activations(network: torch.nn.Module, spec: Spec, shape: tuple[int, int, int]) -> int:
    """Bytes an image that a forward pass keeps for its backward pass."""
    kept: dict[int, int] = {}
    own = {parameter.untyped_storage().data_ptr() for parameter in network.parameters()}

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    half = spec.precision != "fp32"
    with (
        torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor),
        torch.autocast("cpu", torch.bfloat16, enabled=half),
    ):
        network.train()(torch.zeros(TRIAL, *shape))
    return sum(kept.values()) // TRIAL
