"""Neuron selectivity transfer (arXiv 1707.01219): the student's channels respond to positions as its teacher's do.

A channel's map over positions, brought to length 1, is one sample; an image's stage is a set of C of them. The
loss is the squared maximum mean discrepancy of the student's and the teacher's sets under the kernel
k(a, b) = (a . b)^2, mean over the batch, summed over stages. It is 0 where the sets agree in all second moments.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.objectives.comparable import groups
from engine.objectives.view import View


class NST(nn.Module):
    """The discrepancy of channel maps; it has no parameters."""

    def __init__(self, student: View, teacher: View) -> None:
        """Views of a sample batch, for their shapes.

        Raises:
            UserError: the two differ in their number of groups, or a pair's sizes do not fit.
        """
        super().__init__()
        groups(student, teacher)

    def forward(self, student: View, teacher: View) -> Tensor:
        """The sum over groups, a scalar."""
        return torch.stack([_discrepancy(mine, theirs) for mine, theirs in groups(student, teacher)]).sum()


def _discrepancy(student: Tensor, teacher: Tensor) -> Tensor:
    """Of two stages [B, C, h, w] and [B, D, h, w], mean over the batch."""
    mine, theirs = (F.normalize(maps.flatten(2), dim=2) for maps in (student, teacher))
    return _kernel(mine, mine) + _kernel(theirs, theirs) - 2 * _kernel(mine, theirs)


def _kernel(a: Tensor, b: Tensor) -> Tensor:
    """The mean of (a_c . b_d)^2 over batch and channels c, d, for [B, C, P] and [B, D, P]."""
    pairs = len(a) * a.shape[1] * b.shape[1]
    if a.shape[2] > min(a.shape[1], b.shape[1]):
        return torch.bmm(a, b.mT).square().sum() / pairs
    # The same number by second moments, [B, P, P]: late stages have thousands of channels on a few positions.
    return (torch.bmm(a.mT, a) * torch.bmm(b.mT, b)).sum() / pairs
