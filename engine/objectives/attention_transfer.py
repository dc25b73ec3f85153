"""Attention transfer (arXiv 1612.03928): the student learns where its teacher's stages are active.

A stage's attention map is the mean over channels of its squared activations, brought to length 1 over all
positions of an image. The loss is the mean squared difference over positions and batch, summed over stages.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.objectives.comparable import groups
from engine.objectives.view import View


class AttentionTransfer(nn.Module):
    """The attention maps' loss; it has no parameters."""

    def __init__(self, student: View, teacher: View) -> None:
        """Views of a sample batch, for their shapes.

        Raises:
            UserError: the two differ in their number of groups, or a pair's sizes do not fit.
        """
        super().__init__()
        groups(student, teacher)

    def forward(self, student: View, teacher: View) -> Tensor:
        """The sum over groups, a scalar."""
        pairs = groups(student, teacher)
        return torch.stack([F.mse_loss(_attention(mine), _attention(theirs)) for mine, theirs in pairs]).sum()


def _attention(maps: Tensor) -> Tensor:
    """[B, C, h, w] -> [B, h * w], each row of length 1."""
    return F.normalize(maps.square().mean(1).flatten(1), dim=1)
