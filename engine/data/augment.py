"""Augmentation on the device, per sample, on uint8 images [B, C, H, W], from draws made on the CPU.

No loop over samples, no boolean mask, nothing that waits for the device. The generator is on the CPU, so that
every device sees the same draws.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.contract.augmentation import Operation
from engine.data import trivial

Draws = torch.Generator


def augment(images: Tensor, operations: tuple[Operation, ...], draws: Draws, fill: Tensor) -> Tensor:
    """The batch after each operation in turn; uint8 in, uint8 out.

    `fill` [C] is the colour that erasing and cutout leave behind: the training set's mean, which is 0 once the
    images are normalised, as in the papers. A crop or a rotation leaves black.
    """
    for operation in operations:
        images = _APPLY[operation.name](images, operation.amount, draws, fill)
    return images


def random_crop(images: Tensor, padding: float | None, draws: Draws, _: Tensor) -> Tensor:
    """Each image shifted by up to `padding` pixels in both directions, black where nothing was."""
    around = int(padding) if padding else max(1, images.shape[-1] // 8)
    offsets = torch.randint(0, 2 * around + 1, (2, len(images)), generator=draws).to(images.device)
    return crop_at(images, around, offsets[0], offsets[1])


def crop_at(images: Tensor, padding: int, top: Tensor, left: Tensor) -> Tensor:
    """Each image padded with black all round, then cut to its old size at its own (top, left)."""
    size, _, height, width = images.shape
    padded = F.pad(images, (padding,) * 4)
    rows = top[:, None] + torch.arange(height, device=images.device)
    columns = left[:, None] + torch.arange(width, device=images.device)
    sample = torch.arange(size, device=images.device)[:, None, None]
    return padded[sample, :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2).contiguous()


def random_flip(images: Tensor, _: float | None, draws: Draws, __: Tensor) -> Tensor:
    """Each image mirrored left to right with probability one half."""
    mirrored = torch.rand(len(images), generator=draws).to(images.device) < 0.5
    return torch.where(mirrored[:, None, None, None], images.flip(-1), images)


def random_rotation(images: Tensor, degrees: float | None, draws: Draws, _: Tensor) -> Tensor:
    """Each image turned about its centre by an angle drawn evenly from either side, black in the corners."""
    angles = (torch.rand(len(images), generator=draws) * 2 - 1) * math.radians(degrees or 0)
    return trivial.affine(images, trivial.rotations(angles))


def random_erasing(images: Tensor, probability: float | None, draws: Draws, fill: Tensor) -> Tensor:
    """With `probability` each image loses one rectangle: 2 to 33 % of its area, sides 0.3 to 3.3 of each other.

    As torchvision's RandomErasing, but that a rectangle which does not fit is cut to the image
    instead of drawn again up to ten times.
    """
    size, _, height, width = images.shape
    chosen, area, ratio, y, x = torch.rand(5, size, generator=draws)
    area = (0.02 + area * (0.33 - 0.02)) * height * width
    ratio = torch.exp(math.log(0.3) + ratio * (math.log(3.3) - math.log(0.3)))
    tall = (area * ratio).sqrt().round().clamp(1, height - 1)
    wide = (area / ratio).sqrt().round().clamp(1, width - 1)
    top, left = (y * (height - tall + 1)).floor(), (x * (width - wide + 1)).floor()
    tall = torch.where(chosen < (probability or 0), tall, torch.zeros(()))
    return erase(images, top, left, tall, wide, fill)


def cutout(images: Tensor, side: float | None, draws: Draws, fill: Tensor) -> Tensor:
    """A square hole in each image, its centre anywhere, so that it may hang over the edge."""
    size, _, height, width = images.shape
    hole = int(side) if side else width // 2
    centres = torch.rand(2, size, generator=draws)
    top, left = (centres[0] * height).floor() - hole // 2, (centres[1] * width).floor() - hole // 2
    return erase(images, top, left, torch.full((size,), hole), torch.full((size,), hole), fill)


def erase(images: Tensor, top: Tensor, left: Tensor, tall: Tensor, wide: Tensor, fill: Tensor) -> Tensor:
    """Each image of colour `fill` within its own rectangle, [B] pixels each, as far as that lies inside."""
    rows = torch.arange(images.shape[-2], device=images.device)
    columns = torch.arange(images.shape[-1], device=images.device)
    top, left, tall, wide = (t.to(images.device)[:, None] for t in (top, left, tall, wide))
    within_rows = (rows >= top) & (rows < top + tall)
    within_columns = (columns >= left) & (columns < left + wide)
    hole = within_rows[:, :, None] & within_columns[:, None, :]
    return torch.where(hole[:, None], fill[:, None, None], images)


def trivial_augment(images: Tensor, _: float | None, draws: Draws, __: Tensor) -> Tensor:
    """One operation of TrivialAugmentWide an image, its kind and strength drawn evenly."""
    return trivial.trivial_augment_wide(images, draws)


_APPLY: dict[str, Callable[[Tensor, float | None, Draws, Tensor], Tensor]] = {
    "crop": random_crop,
    "flip": random_flip,
    "rotation": random_rotation,
    "erasing": random_erasing,
    "cutout": cutout,
    "trivial": trivial_augment,
}
