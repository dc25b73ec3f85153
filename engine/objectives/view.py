"""What one network makes of a batch: logits, and the features that distillation compares."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from engine.models.staged import Staged


@dataclass(frozen=True)
class View:
    """One network's answer to a batch of B images.

    `logits` are [B, K]. `stages` are the outputs of the stem and of each group after their activation, each
    [B, C, h, w], and `pooled` the last one's mean over positions [B, C]; both are empty where nobody asked.
    """

    logits: Tensor
    stages: tuple[Tensor, ...] = ()
    pooled: Tensor | None = None

    def float(self) -> View:
        """The same in fp32, whatever the forward pass was computed in."""
        pooled = None if self.pooled is None else self.pooled.float()
        return View(self.logits.float(), tuple(stage.float() for stage in self.stages), pooled)


def look(network: nn.Module, images: Tensor, *, features: bool) -> View:
    """A forward pass; with `features` the network must be one of the staged families."""
    if not features:
        return View(network(images))
    assert isinstance(network, Staged), "checked when the run was set up"
    stages = network.stages(images)
    pooled = network.pool(stages[-1])
    return View(network.classify(pooled), tuple(stages), pooled)
