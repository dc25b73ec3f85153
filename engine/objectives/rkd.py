"""Relational knowledge distillation (arXiv 1904.05068): the student's vectors keep its teacher's relations.

Two relations of the pooled vectors are compared by smooth L1: the distances of all pairs over their mean, and
the cosines of the angle at i between j and k for all triplets. Both are free of the embedding's scale, and so
is the gradient, because it passes through the student's mean distance as well. With that mean detached the
value stays free of scale and the gradient does not: it shrinks the embedding, faster the smaller it is, until
nothing is left.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.objectives.view import View

DISTANCE_WEIGHT = 25.0
ANGLE_WEIGHT = 50.0
#: The squared distance up to which two vectors are the same: their distance is 0, and they have no direction.
SAME = 1e-12


class RKD(nn.Module):
    """The relations' loss; it has no parameters, and any two networks' vectors can be compared."""

    def __init__(self, student: View, teacher: View) -> None:
        """Views of a sample batch, as every method takes them: relations fit whatever the vectors' lengths."""
        super().__init__()

    def forward(self, student: View, teacher: View) -> Tensor:
        """Distances and angles, each at its weight, a scalar; memory grows with B^2 C and B^3."""
        assert student.pooled is not None and teacher.pooled is not None, "looked at with features"
        # Half precision would round away the small differences that all this is made of.
        with torch.autocast(student.pooled.device.type, enabled=False):
            distances, angles = _relations(student.pooled)
            with torch.no_grad():
                known_distances, known_angles = _relations(teacher.pooled)
            distance = F.smooth_l1_loss(distances, known_distances)
            angle = F.smooth_l1_loss(angles, known_angles)
            return DISTANCE_WEIGHT * distance + ANGLE_WEIGHT * angle


def _relations(vectors: Tensor) -> tuple[Tensor, Tensor]:
    """[B, C] -> distances over their mean [B, B], and cosines [B, B, B] of the angle at the first of three."""
    differences = vectors.unsqueeze(0) - vectors.unsqueeze(1)
    squares = differences.square().sum(2)
    apart = squares > SAME
    # Replaced in front of the root and of the division: the gradient of either at 0 has no bound.
    lengths = torch.where(apart, squares, 1.0).sqrt()
    directions = differences / lengths.unsqueeze(2)
    distances = lengths * apart
    pairs = max(1, len(vectors) * (len(vectors) - 1))
    mean = (distances.sum() / pairs).clamp(min=SAME**0.5)
    return distances / mean, torch.bmm(directions, directions.mT)
