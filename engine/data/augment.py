"""Augmentation on the device, per sample, on uint8 images [B, C, H, W], from draws made beforehand.

Everything is a gather: no loop over samples, no boolean mask, nothing that waits for the device.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.contract.spec import Augmentation


def augment(images: Tensor, policy: Augmentation, generator: torch.Generator) -> Tensor:
    """The batch under a named policy; `generator` is on the CPU, so that every device sees the same draws."""
    if policy == "none":
        return images
    images = random_crop(images, max(1, images.shape[-1] // 8), generator)
    return images if policy == "crop" else random_flip(images, generator)


def random_crop(images: Tensor, padding: int, generator: torch.Generator) -> Tensor:
    """Each image shifted by up to `padding` pixels in both directions, black where nothing was."""
    size = images.shape[0]
    offsets = torch.randint(0, 2 * padding + 1, (2, size), generator=generator).to(images.device)
    return crop_at(images, padding, offsets[0], offsets[1])


def crop_at(images: Tensor, padding: int, top: Tensor, left: Tensor) -> Tensor:
    """Each image padded with black all round, then cut to its old size at its own (top, left)."""
    size, _, height, width = images.shape
    padded = F.pad(images, (padding,) * 4)
    rows = top[:, None] + torch.arange(height, device=images.device)
    columns = left[:, None] + torch.arange(width, device=images.device)
    sample = torch.arange(size, device=images.device)[:, None, None]
    return padded[sample, :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2).contiguous()


def random_flip(images: Tensor, generator: torch.Generator) -> Tensor:
    """Each image mirrored left to right with probability one half."""
    mirrored = torch.rand(images.shape[0], generator=generator).to(images.device) < 0.5
    return torch.where(mirrored[:, None, None, None], images.flip(-1), images)
