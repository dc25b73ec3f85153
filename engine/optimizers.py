"""The optimisers: torch's own, which here do not load torch's compiler.

The first step of a `torch.optim` optimiser imports torch._dynamo, only to keep a compiler that nothing here uses from
looking into it. That is a third of an engine's time to its first step on a CPU. Each method that does so wraps the
plain one, as functools does, under `__wrapped__`: the classes below have the plain ones. Their arithmetic and the
state in a checkpoint are torch's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn

from engine.contract.spec import Spec


def _plain(method: Callable[..., Any]) -> Callable[..., Any]:
    """The method without what was wrapped around it; itself where nothing was."""
    return getattr(method, "__wrapped__", method)


class _Plain(torch.optim.Optimizer):
    add_param_group = _plain(torch.optim.Optimizer.add_param_group)
    zero_grad = _plain(torch.optim.Optimizer.zero_grad)
    state_dict = _plain(torch.optim.Optimizer.state_dict)
    load_state_dict = _plain(torch.optim.Optimizer.load_state_dict)


class SGD(_Plain, torch.optim.SGD):
    """torch.optim.SGD."""

    step = torch.no_grad()(_plain(torch.optim.SGD.step))


class AdamW(_Plain, torch.optim.AdamW):
    """torch.optim.AdamW."""

    step = torch.no_grad()(_plain(torch.optim.AdamW.step))


def optimizer_of(modules: Sequence[nn.Module], spec: Spec) -> torch.optim.Optimizer:
    """A network's optimiser, with what decays and what does not in groups of their own."""
    groups: dict[bool, list[nn.Parameter]] = {True: [], False: []}
    for parameter in (p for module in modules for p in module.parameters() if p.requires_grad):
        groups[spec.decay_norms or parameter.ndim > 1].append(parameter)
    grouped = [{"params": held, "decays": decays} for decays, held in groups.items() if held]
    if spec.optimizer == "adamw":
        return AdamW(grouped, lr=spec.lr, weight_decay=spec.weight_decay)
    return SGD(grouped, lr=spec.lr, momentum=spec.momentum, weight_decay=spec.weight_decay, nesterov=spec.nesterov)
