"""The objectives as a step sees them: look at a batch with every network, then one loss a network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from engine.contract.objective import COMPARES_FEATURES, DISTILLING
from engine.contract.spec import Spec
from engine.networks import Member
from engine.objectives.logit import logit
from engine.objectives.mutual import mutual
from engine.objectives.supervised import supervised
from engine.objectives.view import View, look


@dataclass(frozen=True)
class Losses:
    """What each network minimises, a scalar each, and by name the parts it is the weighted sum of."""

    total: list[Tensor]
    parts: dict[str, list[Tensor]] = field(default_factory=dict)


class Objective:
    """Plain training, and the base of the others: each network learns from the labels alone."""

    def look(self, members: Sequence[Member], images: Tensor) -> list[View]:
        """Every network's view of [B, C, H, W] images, in the members' order."""
        return [look(member.network, images, features=False) for member in members]

    def losses(self, members: Sequence[Member], views: list[View], targets: Tensor, smoothing: float) -> Losses:
        """One loss a member, in nats; `views` are what `look` gave, `targets` shares [B, K]."""
        return Losses(supervised([view.logits for view in views], targets, smoothing))


class Mutual(Objective):
    """Networks that teach one another."""

    def __init__(self, spec: Spec) -> None:
        self._spec = spec

    def losses(self, members: Sequence[Member], views: list[View], targets: Tensor, smoothing: float) -> Losses:
        """Cross-entropy and the mean divergence from the peers' answers, weighted."""
        logits = [view.logits for view in views]
        assert self._spec.temperature, "filled in when the settings were checked"
        parts = {
            "loss_ce": supervised(logits, targets, smoothing),
            "loss_kd": mutual(logits, self._spec.temperature),
        }
        return weighted(parts, self._spec)


class Distilled(Objective):
    """Students of a frozen teacher: softened answers, features, or both."""

    def __init__(self, spec: Spec, teacher: nn.Module) -> None:
        self._spec, self._teacher = spec, teacher
        self._features = spec.objective in COMPARES_FEATURES

    def look(self, members: Sequence[Member], images: Tensor) -> list[View]:
        """Every student's view, and the teacher's after them."""
        with torch.no_grad():
            teacher = look(self._teacher, images, features=self._features)
        return [*(look(member.network, images, features=self._features) for member in members), teacher]

    def losses(self, members: Sequence[Member], views: list[View], targets: Tensor, smoothing: float) -> Losses:
        """Cross-entropy, the divergence from the teacher's answers, and what the method compares, weighted."""
        *students, teacher = views
        spec, parts = self._spec, {"loss_ce": supervised([s.logits for s in students], targets, smoothing)}
        if spec.kd_weight and spec.temperature:
            parts["loss_kd"] = [logit(s.logits, teacher.logits, spec.temperature) for s in students]
        if spec.feature_weight:
            pairs = zip(members, students, strict=True)
            parts["loss_feature"] = [m.companion(s, teacher) for m, s in pairs if m.companion]
        return weighted(parts, spec)


def weighted(parts: dict[str, list[Tensor]], spec: Spec) -> Losses:
    """Each network's sum of its parts, `loss_ce` by `ce_weight` and so on; a part of weight 0 is only told."""
    weights = {"loss_ce": spec.ce_weight, "loss_kd": spec.kd_weight, "loss_feature": spec.feature_weight}
    held = {name: weights[name] or 0.0 for name in parts}
    count = len(parts["loss_ce"])
    total = [torch.stack([held[name] * parts[name][i] for name in parts]).sum() for i in range(count)]
    return Losses(total, parts)


def objective_of(spec: Spec, teacher: nn.Module | None) -> Objective:
    """What the settings name; `teacher` is the frozen network of one that distils."""
    if spec.objective == "mutual":
        return Mutual(spec)
    if spec.objective in DISTILLING:
        assert teacher is not None, "loaded when the run was set up"
        return Distilled(spec, teacher)
    return Objective()
