"""Plain training: each network learns from the labels alone."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor


def supervised(logits: list[Tensor], targets: Tensor, label_smoothing: float) -> list[Tensor]:
    """One cross-entropy a network, in nats, mean over the batch.

    `logits` are [B, K] for each network, `targets` shares [B, K] that sum to 1. Smoothing (arXiv 1512.00567)
    is folded into the targets, where it goes together with mixup.
    """
    classes = targets.shape[1]
    smoothed = targets * (1 - label_smoothing) + label_smoothing / classes
    return [F.cross_entropy(each, smoothed) for each in logits]
