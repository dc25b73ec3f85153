"""Accuracy and loss of networks on a fixed set, in evaluation mode; of several, also what they are together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.data.batches import Data, Split

#: Images a forward pass measures at once; no result depends on it beyond rounding.
BATCH = 1000


@dataclass(frozen=True)
class Measured:
    """(accuracy, mean cross-entropy in nats) of each network; of several also the two figures of the set.

    `ensemble_acc` is the accuracy of the mean of their probabilities, `agreement` the share of images on which
    two of them answer alike, mean over all pairs.
    """

    each: tuple[tuple[float, float], ...]
    ensemble_acc: float | None = None
    agreement: float | None = None


@torch.no_grad()
def measure(networks: Sequence[nn.Module], data: Data, split: Split) -> Measured:
    """Figures of networks on a split, images as they are, in evaluation mode: no running statistic moves."""
    modes = [network.training for network in networks]
    for network in networks:
        network.eval()
    totals = torch.zeros(len(networks), 2, device=data.device, dtype=torch.float64)
    together = torch.zeros(2, device=data.device, dtype=torch.float64)
    for inputs, labels in data.in_order(split, BATCH):
        logits = torch.stack([network(inputs) for network in networks])
        answers = logits.argmax(2)
        totals[:, 0] += (answers == labels).sum(1)
        totals[:, 1] += torch.stack([F.cross_entropy(each, labels, reduction="sum") for each in logits])
        if len(networks) > 1:
            together[0] += (logits.softmax(2).mean(0).argmax(1) == labels).sum()
            together[1] += agreeing(answers, logits.shape[2])
    for network, mode in zip(networks, modes, strict=True):
        network.train(mode)
    each = tuple((correct, loss) for correct, loss in (totals / len(split.labels)).tolist())
    if len(networks) == 1:
        return Measured(each)
    ensemble, agreement = (together / len(split.labels)).tolist()
    return Measured(each, ensemble, agreement)


def agreeing(answers: Tensor, classes: int) -> Tensor:
    """The sum over images of the share of pairs that answer alike; `answers` are classes [N, B]."""
    count = len(answers)
    votes = F.one_hot(answers, classes).sum(0)  # how many chose each class, [B, K]
    return (votes * (votes - 1)).sum() / (count * (count - 1))
