"""Shards of a training set for experts: every sample in exactly one, the same whoever asks."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from engine.contract.errors import UserError
from engine.data.arrays import Labels
from engine.randomness import numpy_generator

Kind = Literal["iid", "class", "dirichlet"]
#: How often a Dirichlet split is drawn anew because it leaves a shard empty.
TRIES = 100


def shard(labels: Labels, kind: Kind, count: int, index: int, seed: int, *, alpha: float = 0.5) -> Labels:
    """The samples of shard `index` of `count`, as rising indices into int64 labels [N].

    - "iid": samples dealt at random; sizes differ by one at most.
    - "class": classes dealt at random, each whole; numbers of classes differ by one at most.
    - "dirichlet": each class shared out in proportions drawn from Dirichlet(alpha, ..., alpha): the larger
      alpha, the more even (arXiv 1905.12022). Drawn anew while a shard is empty.

    Raises:
        UserError: there are more shards than samples or classes, or `alpha` cannot fill every shard.
    """
    if not 0 <= index < count:
        problem = f"{index} is none of {count} shards"
        raise UserError("shards", "index", problem, "shards are counted from 0")
    rng = numpy_generator("shards", kind, count, seed)
    if kind == "iid":
        _check_count(count, len(labels), "samples")
        owner = np.empty(len(labels), dtype=np.int64)
        owner[rng.permutation(len(labels))] = np.arange(len(labels)) % count
    elif kind == "class":
        classes, members = np.unique(labels, return_inverse=True)
        _check_count(count, len(classes), "classes")
        dealt = np.empty(len(classes), dtype=np.int64)
        dealt[rng.permutation(len(classes))] = np.arange(len(classes)) % count
        owner = dealt[members]
    else:
        owner = _dirichlet(labels, count, alpha, rng)
    return np.flatnonzero(owner == index)


def _dirichlet(labels: Labels, count: int, alpha: float, rng: np.random.Generator) -> Labels:
    """The shard that each sample belongs to."""
    _check_count(count, len(labels), "samples")
    if not (math.isfinite(alpha) and alpha > 0):
        raise UserError("shards", "alpha", f"{alpha} is not a finite number above 0", "0.5 is a common choice")
    owner = np.empty(len(labels), dtype=np.int64)
    for _ in range(TRIES):
        for label in np.unique(labels):
            mine = rng.permutation(np.flatnonzero(labels == label))
            shares = rng.dirichlet(np.full(count, alpha))
            # Rounding the cumulative shares, not each: every sample is dealt, none twice.
            ends = np.rint(np.cumsum(shares)[:-1] * len(mine)).astype(np.int64)
            owner[mine] = np.searchsorted(ends, np.arange(len(mine)), side="right")
        if np.bincount(owner, minlength=count).min() > 0:
            return owner
    problem = f"{alpha} leaves one of {count} shards empty, {TRIES} times in a row"
    raise UserError("shards", "alpha", problem, "use a larger alpha or fewer shards")


def _check_count(count: int, most: int, noun: str) -> None:
    if count > most:
        raise UserError("shards", "count", f"{count} shards of {most} {noun}", f"ask for {most} at most")
