"""How strongly a network drops: one rate for all its dropout layers."""

from __future__ import annotations

from torch import nn


def set_dropout(network: nn.Module, rate: float) -> int:
    """Make every nn.Dropout of a network drop a share `rate` of what it sees, 0 to 1, and tell how many there are.

    None is worth a warning: such a network, a user's own or one of timm's that has no such layer, trains on
    without dropout. A rate is a constant to torch.compile and to a captured CUDA graph: after a change both
    must be made anew.

    Raises:
        ValueError: the rate is no share.
    """
    if not 0 <= rate <= 1:
        raise ValueError(f"a dropout rate is a share from 0 to 1, not {rate}")
    layers = [module for module in network.modules() if isinstance(module, nn.Dropout)]
    for layer in layers:
        layer.p = rate
    return len(layers)
