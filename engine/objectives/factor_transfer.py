"""Factor transfer (arXiv 1802.04977): the student's last stage, translated, learns its teacher's, paraphrased.

A paraphraser, trained before the student to reconstruct the teacher's last stage, condenses it to factors: half
as many channels. A translator, trained with the student, makes the student's factors. The loss is the mean absolute
difference of both, after each image's factors are squared, averaged over channels and brought to length 1: so
RepDistiller has it, whose weight of 200 and whose figures belong to that quantity. The paper compares the factors
themselves, and weighs them by 500.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.contract.errors import UserError
from engine.models.staged import conv
from engine.objectives.comparable import comparable
from engine.objectives.view import View

#: How many factors a channel of the teacher's is condensed to: the paper's k.
RATE = 0.5
SLOPE = 0.1


class Paraphraser(nn.Module):
    """Condenses [B, C, h, w] to factors [B, F, h, w], and reconstructs it from them. No batch norm."""

    def __init__(self, channels: int, factors: int) -> None:
        super().__init__()
        self.encoder = _leaky(
            nn.Conv2d(channels, channels, 3, padding=1),
            nn.Conv2d(channels, factors, 3, padding=1),
            nn.Conv2d(factors, factors, 3, padding=1),
        )
        self.decoder = _leaky(
            nn.ConvTranspose2d(factors, factors, 3, padding=1),
            nn.ConvTranspose2d(factors, channels, 3, padding=1),
            nn.ConvTranspose2d(channels, channels, 3, padding=1),
        )

    def factor(self, features: Tensor) -> Tensor:
        """[B, C, h, w] -> [B, F, h, w]."""
        factors: Tensor = self.encoder(features)
        return factors

    def forward(self, features: Tensor) -> Tensor:
        """[B, C, h, w] -> its reconstruction, of the same shape."""
        reconstruction: Tensor = self.decoder(self.factor(features))
        return reconstruction


class FactorTransfer(nn.Module):
    """The factors' loss. `translator` learns with the student; `paraphraser` only when it is pre-trained."""

    def __init__(self, student: View, teacher: View) -> None:
        """Views of a sample batch, for their shapes.

        Raises:
            UserError: of the last stages' heights or widths neither divides the other, or there is one position.
        """
        super().__init__()
        mine, theirs = student.stages[-1], teacher.stages[-1]
        if comparable(mine, theirs)[0].shape[2:].numel() == 1:
            problem = "factor_transfer compares where factors are strong, and the last stages have one position"
            remedy = "choose networks or images that leave it more, or another objective"
            raise UserError("spec.toml", "run.objective", problem, remedy)
        inputs, channels = mine.shape[1], theirs.shape[1]
        factors = max(1, int(channels * RATE))
        self.paraphraser = Paraphraser(channels, factors).requires_grad_(False)
        sizes = [(inputs, inputs), (inputs, factors), (factors, factors)]
        self.translator = _leaky(*(nn.Sequential(conv(a, b, 3), nn.BatchNorm2d(b)) for a, b in sizes))

    def forward(self, student: View, teacher: View) -> Tensor:
        """The mean absolute difference over batch and positions, a scalar."""
        with torch.no_grad():
            theirs = self.paraphraser.factor(teacher.stages[-1])
        mine, theirs = comparable(self.translator(student.stages[-1]), theirs)
        return F.l1_loss(_outline(mine), _outline(theirs))

    def reconstruction(self, teacher: View) -> Tensor:
        """What pre-training the paraphraser minimises: its mean squared error on the last stage, a scalar."""
        features = teacher.stages[-1]
        return F.mse_loss(self.paraphraser(features), features)


def _outline(factors: Tensor) -> Tensor:
    """[B, F, h, w] -> where the factors are strong, [B, h * w] of length 1."""
    return F.normalize(factors.square().mean(1).flatten(1), dim=1)


def _leaky(*layers: nn.Module) -> nn.Sequential:
    """The layers, each with an activation after it."""
    return nn.Sequential(*(part for layer in layers for part in (layer, nn.LeakyReLU(SLOPE))))
