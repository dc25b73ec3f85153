"""Batches whose images and targets are mixed with one another: mixup and CutMix."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from engine.contract.spec import Settings
from engine.randomness import numpy_generator, torch_generator


def mixed(
    images: Tensor, targets: Tensor, settings: Settings, purpose: tuple[int | str, ...]
) -> tuple[Tensor, Tensor]:
    """The batch under mixup, CutMix, or whichever of the two a coin chooses."""
    cuts = settings.cutmix > 0
    if cuts and settings.mixup > 0:
        cuts = bool(numpy_generator(*purpose, "which").random() < 0.5)
    if cuts:
        return cutmix(images, targets, settings.cutmix, purpose)
    return mixup(images, targets, settings.mixup, purpose) if settings.mixup > 0 else (images, targets)


def cutmix(images: Tensor, targets: Tensor, alpha: float, purpose: tuple[int | str, ...]) -> tuple[Tensor, Tensor]:
    """A rectangle of each image taken from another of its batch (arXiv 1905.04899, algorithm A1).

    Its sides are the image's times sqrt(1 - Beta(alpha, alpha)), its centre is anywhere; what hangs over the
    edge is cut off, and the targets go by the area that is left. One rectangle a batch.
    """
    draws = numpy_generator(*purpose)
    height, width = images.shape[-2:]
    side = float(np.sqrt(1 - draws.beta(alpha, alpha)))
    tall, wide = int(height * side), int(width * side)
    y, x = int(draws.integers(height)), int(draws.integers(width))
    top, bottom = max(0, y - tall // 2), min(height, y + tall // 2)
    left, right = max(0, x - wide // 2), min(width, x + wide // 2)
    partner = torch.randperm(len(images), generator=torch_generator(*purpose)).to(images.device)
    cut = images.clone()
    cut[:, :, top:bottom, left:right] = images[partner, :, top:bottom, left:right]
    share = 1 - (bottom - top) * (right - left) / (height * width)
    return cut, share * targets + (1 - share) * targets[partner]


def mixup(images: Tensor, targets: Tensor, alpha: float, purpose: tuple[int | str, ...]) -> tuple[Tensor, Tensor]:
    """Each image blended with another of its batch by one Beta(alpha, alpha) share (arXiv 1710.09412)."""
    share = float(numpy_generator(*purpose).beta(alpha, alpha))
    partner = torch.randperm(len(images), generator=torch_generator(*purpose)).to(images.device)
    return (
        share * images + (1 - share) * images[partner],
        share * targets + (1 - share) * targets[partner],
    )
