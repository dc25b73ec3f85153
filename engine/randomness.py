"""Randomness as a function of what it is for, never of how many times a generator was called.

That is what makes a resumed run equal an uninterrupted one: nothing has to be restored.
"""

from __future__ import annotations

import hashlib

import numpy as np
import torch


def derive(*purpose: int | str) -> int:
    """A 63-bit seed that depends on every part of `purpose`, for example (seed, "order", epoch)."""
    text = "\x1f".join(map(str, purpose))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little") >> 1


def torch_generator(*purpose: int | str) -> torch.Generator:
    """A CPU generator for one purpose: the same draws whatever device trains."""
    return torch.Generator().manual_seed(derive(*purpose))


def numpy_generator(*purpose: int | str) -> np.random.Generator:
    """The same for distributions that torch cannot draw from a generator."""
    return np.random.default_rng(derive(*purpose))
