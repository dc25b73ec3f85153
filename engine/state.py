"""Where a run stands between two steps: all that a checkpoint must hold beside the networks."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import torch

from engine.contract.spec import Settings, Spec
from engine.contract.stream import Epoch
from engine.patience import Patience


class State:
    """Where a run stands: `epoch` epochs done, `step` steps of the next one.

    `pretrained` counts the epochs of what learns before the first. `best` is the highest test accuracy so far and
    its epoch. `lr_scale` is what a plateau schedule has multiplied the learning rate by; `plateau` and
    `early_stop` count epochs without an improvement.
    """

    def __init__(self, nodes: int) -> None:
        self.epoch, self.step, self.pretrained = 0, 0, 0
        self.tally = Tally(nodes)
        self.best: tuple[float, int] = (-1.0, 0)
        self.lr_scale = 1.0
        self.plateau, self.early_stop = Patience(), Patience()

    def end_epoch(self, spec: Spec, settings: Settings, record: Epoch) -> None:
        """Note that an epoch is done, and what its validation says."""
        self.epoch, self.step, self.tally = record.epoch, 0, Tally(self.tally.nodes)
        value = getattr(record, spec.criterion)
        if value is None:
            return
        higher = spec.criterion == "val_acc"
        self.early_stop.see(value, higher_is_better=higher)
        if settings.lr_schedule != "plateau":
            return
        self.plateau.see(value, higher_is_better=higher)
        if self.plateau.waited > settings.lr_patience:
            self.lr_scale *= settings.lr_factor
            self.plateau.waited = 0

    def stops_early(self, spec: Spec) -> bool:
        """Whether early stopping ends training here."""
        patience = spec.early_stop_patience
        return 0 < patience <= self.early_stop.waited and self.epoch >= spec.early_stop_min_epochs

    def as_scalars(self) -> dict[str, Any]:
        """Everything as tensors and plain scalars, which is what a checkpoint may hold."""
        return {
            "epoch": self.epoch,
            "step": self.step,
            "pretrained": self.pretrained,
            "best": list(self.best),
            "lr_scale": self.lr_scale,
            "plateau": [self.plateau.best, self.plateau.waited],
            "early_stop": [self.early_stop.best, self.early_stop.waited],
            "tally": dict(vars(self.tally)),
        }

    @classmethod
    def from_scalars(cls, held: dict[str, Any]) -> State:
        """What `as_scalars` gave."""
        state = cls(held["tally"]["nodes"])
        state.epoch, state.step, state.lr_scale = held["epoch"], held["step"], held["lr_scale"]
        state.pretrained = held.get("pretrained", 0)
        state.best = (held["best"][0], held["best"][1])
        state.plateau, state.early_stop = Patience(*held["plateau"]), Patience(*held["early_stop"])
        vars(state.tally).update(held["tally"])
        return state


class Tally:
    """Sums over the steps of one epoch, kept on the device so that no step waits for it."""

    def __init__(self, nodes: int) -> None:
        self.loss: torch.Tensor | None = None
        self.correct: torch.Tensor | None = None
        self.parts: dict[str, torch.Tensor] = {}
        self.images, self.skipped, self.seconds, self.nodes = 0, 0, 0.0, nodes

    def add(
        self,
        loss: torch.Tensor,
        correct: torch.Tensor,
        images: int,
        skipped: int = 0,
        parts: Mapping[str, torch.Tensor] = MappingProxyType({}),
    ) -> None:
        """One step's sums, each [N], and how many networks' updates were skipped in it."""
        self.loss = loss if self.loss is None else self.loss + loss
        self.correct = correct if self.correct is None else self.correct + correct
        for name, part in parts.items():
            self.parts[name] = self.parts[name] + part if name in self.parts else part
        self.images += images
        self.skipped += skipped

    def means(self) -> list[tuple[float, float]]:
        """(accuracy, loss) of each node over the images so far."""
        if self.loss is None or self.correct is None:
            return [(float("nan"), float("nan"))] * self.nodes
        pairs = torch.stack([self.correct, self.loss], 1).double().cpu() / self.images
        return [(accuracy, loss) for accuracy, loss in pairs.tolist()]

    def mean_parts(self) -> list[dict[str, float]]:
        """The parts of each node's loss over the images so far, by name."""
        named = {name: (part.double().cpu() / self.images).tolist() for name, part in self.parts.items()}
        return [{name: values[node] for name, values in named.items()} for node in range(self.nodes)]
