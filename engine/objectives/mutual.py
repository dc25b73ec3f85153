"""Deep mutual learning (arXiv 1706.00384): each network also learns from what its peers answer.

Node i of N adds the mean over its peers j of KL(softmax(o_j / T) || softmax(o_i / T)) * T^2. A peer's answer is
a target: no gradient reaches the peer. The paper has T = 1, the mean over peers, and one update of all nodes
from the same forward pass as its second of two ways.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def mutual(logits: list[Tensor], temperature: float) -> list[Tensor]:
    """One divergence a network, in nats, mean over the batch and over its peers.

    `logits` are [B, K] for each of two networks or more. What the pairs have in common is summed once, so that
    N networks cost N terms, not N (N - 1).
    """
    assert len(logits) > 1, "checked with the settings"
    answers = [F.log_softmax(each / temperature, dim=1) for each in logits]
    with torch.no_grad():
        logs = torch.stack(answers)
        shares = logs.exp()
        parts = shares * logs
        # Over all peers j of node i: the sum of p_j, and of p_j log p_j.
        targets = shares.sum(0) - shares
        constants = parts.sum(0) - parts
    scale = temperature**2 / (len(logits) - 1)
    # Each term hangs on its own network's graph alone: one may be differentiated without the others.
    return [
        (constant - target * answer).sum(1).mean() * scale
        for constant, target, answer in zip(constants, targets, answers, strict=True)
    ]
