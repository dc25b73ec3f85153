"""Where a run stands between two steps: all that a checkpoint must hold beside the networks."""

from __future__ import annotations

import torch


class State:
    """Where a run stands: `epoch` epochs done, `step` steps of the next one.

    `tally` holds what the unfinished epoch has summed up so far: losses [N], correct [N], and the images and
    seconds they took. `best` is the highest test accuracy so far and its epoch.
    """

    def __init__(self, nodes: int) -> None:
        self.epoch, self.step = 0, 0
        self.tally = Tally(nodes)
        self.best: tuple[float, int] = (-1.0, 0)


class Tally:
    """Sums over the steps of one epoch, kept on the device so that no step waits for it."""

    def __init__(self, nodes: int) -> None:
        self.loss: torch.Tensor | None = None
        self.correct: torch.Tensor | None = None
        self.images, self.seconds, self.nodes = 0, 0.0, nodes

    def add(self, loss: torch.Tensor, correct: torch.Tensor, images: int) -> None:
        """One step's sums, each [N]."""
        self.loss = loss if self.loss is None else self.loss + loss
        self.correct = correct if self.correct is None else self.correct + correct
        self.images += images

    def means(self) -> list[tuple[float, float]]:
        """(accuracy, loss) of each node over the images so far."""
        if self.loss is None or self.correct is None:
            return [(float("nan"), float("nan"))] * self.nodes
        pairs = torch.stack([self.correct, self.loss], 1).double().cpu() / self.images
        return [(accuracy, loss) for accuracy, loss in pairs.tolist()]
