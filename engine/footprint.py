"""How much memory and disk a run takes, from one small forward pass on the CPU.

`python -P -m engine.footprint` reads Sizings as JSON from standard input, one a line, and answers each with a Size.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

import msgspec
import torch
from torch import Tensor

from engine.contract.dataset import BUILT_IN, PREPARABLE, available
from engine.contract.errors import UserError
from engine.contract.finding import Size, Sizing
from engine.contract.spec import Spec, check_spec
from engine.models.registry import build
from engine.networks import beside_student, try_network

#: Images of the trial pass; one alone would make batch norm refuse where a stage is 1x1.
TRIAL = 4
#: Optimiser state beside a weight and its gradient, in weights: momentum for SGD, two moments for AdamW.
_MOMENTS = {"sgd": 1, "adamw": 2}


@dataclass(frozen=True)
class Footprint:
    """Bytes. `memory` is an estimate of the most that training holds at once: weights, gradients, moments,
    activations of the networks that learn, the weights of a teacher; not the data set."""

    parameters: int
    memory: int
    checkpoint: int


def footprint(spec: Spec, teacher_model: str | None = None) -> Footprint:
    """What a run of these settings takes; `teacher_model` is the network that teaches, where one does.

    Raises:
        UserError: a network cannot be built, does not take this data set's images, or cannot be compared with
            its teacher.
    """
    manifest = available().get(spec.data)
    outline = (BUILT_IN | PREPARABLE)[spec.data] if manifest is None else None
    shape = manifest.shape if manifest else outline.shape if outline else (0, 0, 0)
    classes = len(manifest.classes) if manifest else outline.classes if outline else 0
    weights, memory, checkpoint = 0, 0, 0
    teacher = build(teacher_model, channels=shape[0], classes=classes) if teacher_model else None
    if teacher and teacher_model:
        try_network(teacher, teacher_model, shape, classes)
        memory += sum(t.numel() * t.element_size() for t in teacher.state_dict().values())
    for name in spec.models:
        network = build(name, channels=shape[0], classes=classes)
        try_network(network, name, shape, classes)
        own = sum(t.numel() * t.element_size() for t in network.state_dict().values())
        if (
            teacher
            and teacher_model
            and (beside := beside_student(spec, name, network, teacher_model, teacher, shape))
        ):
            own += sum(t.numel() * t.element_size() for t in beside.state_dict().values())
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


def main() -> int:
    """Answer every line; 0 whatever was found."""
    for line in sys.stdin.buffer:
        asked = msgspec.json.decode(line, type=Sizing)
        try:
            found = footprint(check_spec(asked.run, "footprint"))
            answer = Size(memory=found.memory, checkpoint=found.checkpoint)
        except (UserError, KeyError) as error:
            answer = Size(problem=str(error))
        sys.stdout.buffer.write(msgspec.json.encode(answer) + b"\n")
        sys.stdout.buffer.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
