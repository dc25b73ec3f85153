"""Accuracy and loss of every network on a fixed set, in evaluation mode."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from engine.data.batches import Data, Split
from engine.networks import Member, set_mode

#: Images a forward pass measures at once; no result depends on it beyond rounding.
BATCH = 1000


@torch.no_grad()
def measure(members: list[Member], data: Data, split: Split) -> list[tuple[float, float]]:
    """(accuracy, mean cross-entropy in nats) of each network on a split, images as they are."""
    set_mode(members, training=False)
    totals = torch.zeros(len(members), 2, device=data.device, dtype=torch.float64)
    for inputs, labels in data.in_order(split, BATCH):
        for i, member in enumerate(members):
            logits = member.measured(inputs)
            totals[i, 0] += (logits.argmax(1) == labels).sum()
            totals[i, 1] += F.cross_entropy(logits, labels, reduction="sum")
    set_mode(members, training=True)
    return [(correct, loss) for correct, loss in (totals / len(split.labels)).tolist()]
