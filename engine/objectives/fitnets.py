"""FitNets (arXiv 1412.6550): a middle stage of the student learns to predict its teacher's, through a regressor.

The regressor is a convolution, batch norm and ReLU, trained with the student; the loss is the mean squared
error. The paper trains the lower half first and then distils logits: here, as in the comparisons that the field
reports, it is one loss throughout. The middle of stem and groups is the second of three groups.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from engine.models.staged import conv
from engine.objectives.comparable import comparable
from engine.objectives.view import View


class FitNets(nn.Module):
    """The middle stage's loss. `regressor` maps the student's [B, C, h, w] to the teacher's channels [B, D, ., .]."""

    def __init__(self, student: View, teacher: View) -> None:
        """Views of a sample batch, for their shapes.

        Raises:
            UserError: of the two stages' heights or widths neither divides the other.
        """
        super().__init__()
        mine, theirs = _middle(student), _middle(teacher)
        comparable(mine, theirs)
        channels = theirs.shape[1]
        self.regressor = nn.Sequential(_convolution(mine, theirs), nn.BatchNorm2d(channels), nn.ReLU())

    def forward(self, student: View, teacher: View) -> Tensor:
        """The mean squared error over batch, channels and positions, a scalar."""
        return F.mse_loss(*comparable(self.regressor(_middle(student)), _middle(teacher)))


def _middle(view: View) -> Tensor:
    return view.stages[len(view.stages) // 2]


def _convolution(mine: Tensor, theirs: Tensor) -> nn.Module:
    """From the student's channels to the teacher's, and to its size where one is twice the other.

    Any other factor is left to averaging.
    """
    inputs, outputs = mine.shape[1], theirs.shape[1]
    (h, w), (height, width) = mine.shape[2:], theirs.shape[2:]
    if (height, width) == (2 * h, 2 * w):
        return nn.ConvTranspose2d(inputs, outputs, 4, stride=2, padding=1, bias=False)
    return conv(inputs, outputs, 3, stride=2 if (h, w) == (2 * height, 2 * width) else 1)
