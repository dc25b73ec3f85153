"""A held-out part of the training set, for whatever must not look at the test set."""

from __future__ import annotations

import numpy as np

from engine.contract.errors import UserError
from engine.data.arrays import Labels
from engine.randomness import numpy_generator


def hold_out(labels: Labels, fraction: float, seed: int) -> tuple[Labels, Labels]:
    """Indices (kept, held) of int64 labels [N], both rising: each class gives its share.

    `fraction`, between 0 and 1, is rounded to whole images class by class, but a class of two images and more
    has one at least on either side; one of a single image stays in training. A class's choice depends on
    nothing but the seed, the class and how many images it has.

    Raises:
        UserError: `fraction` is not between 0 and 1, or nothing would be held out.
    """
    if not 0 < fraction < 1:
        raise UserError("held-out split", "fraction", f"{fraction} is not between 0 and 1", "0.1 holds out a tenth")
    held = []
    for label in np.unique(labels):
        mine = np.flatnonzero(labels == label)
        share = min(max(1, round(fraction * len(mine))), len(mine) - 1)
        held.append(numpy_generator("hold out", seed, int(label)).permutation(mine)[:share])
    chosen = np.sort(np.concatenate(held)) if held else np.empty(0, dtype=np.int64)
    if not len(chosen):
        problem = "no class has a second image to hold out"
        raise UserError("held-out split", "fraction", problem, "use a larger training set, or hold nothing out")
    return np.setdiff1d(np.arange(len(labels)), chosen), chosen
