"""TrivialAugmentWide (Mueller and Hutter 2021, arXiv 2103.10158): one operation an image, evenly drawn.

Kinds and strengths are torchvision's: fourteen operations, 31 strengths from nothing to the widest, a random
sign where one makes sense, nearest-neighbour sampling, black outside. All samples of a batch go through every
family of operations at once and each takes what is its own: no loop over samples, nothing that waits.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

KINDS = (
    "identity",
    "shear_x",
    "shear_y",
    "translate_x",
    "translate_y",
    "rotate",
    "brightness",
    "color",
    "contrast",
    "sharpness",
    "posterize",
    "solarize",
    "autocontrast",
    "equalize",
)
STRENGTHS = 31


def trivial_augment_wide(images: Tensor, draws: torch.Generator) -> Tensor:
    """uint8 [B, C, H, W] -> the same, each image through one operation of its own."""
    size = len(images)
    kind = torch.randint(0, len(KINDS), (size,), generator=draws)
    strength = torch.randint(0, STRENGTHS, (size,), generator=draws) / (STRENGTHS - 1)
    sign = torch.randint(0, 2, (size,), generator=draws) * 2 - 1
    return apply_kinds(images, kind, strength, sign)


def apply_kinds(images: Tensor, kind: Tensor, strength: Tensor, sign: Tensor) -> Tensor:
    """Each image through its own operation: `kind` indexes KINDS, `strength` is 0..1, `sign` is 1 or -1; all [B]."""
    out = affine(images, _matrices(kind, strength * sign, images))
    kind, strength, sign = (t.to(images.device) for t in (kind, strength, sign))
    out = _select(kind, ("brightness", "color", "contrast", "sharpness"), _blend(images, kind, strength * sign), out)
    out = _select(kind, ("posterize",), _posterize(images, strength), out)
    out = _select(kind, ("solarize",), _solarize(images, strength), out)
    out = _select(kind, ("autocontrast",), _autocontrast(images), out)
    return _select(kind, ("equalize",), _equalize(images), out)


def _select(kind: Tensor, names: tuple[str, ...], mine: Tensor, others: Tensor) -> Tensor:
    chosen = torch.zeros_like(kind, dtype=torch.bool)
    for name in names:
        chosen = chosen | (kind == KINDS.index(name))
    return torch.where(chosen[:, None, None, None], mine, others)


def affine(images: Tensor, matrices: Tensor) -> Tensor:
    """Each image resampled: output pixel (x, y) about the centre comes from `matrices` [B, 2, 3] times (x, y, 1)."""
    height, width = images.shape[-2:]
    scale = torch.tensor([[1.0, height / width, 2 / width], [width / height, 1.0, 2 / height]])
    grid = F.affine_grid((matrices * scale).to(images.device), list(images.shape), align_corners=False)
    moved = F.grid_sample(images.float(), grid, mode="nearest", padding_mode="zeros", align_corners=False)
    return moved.to(torch.uint8)


def rotations(angles: Tensor) -> Tensor:
    """Matrices for `affine` that turn each image by its angle in radians, counter-clockwise: [B] -> [B, 2, 3]."""
    cos, sin, zero = angles.cos(), angles.sin(), torch.zeros_like(angles)
    return torch.stack([torch.stack([cos, -sin, zero], 1), torch.stack([sin, cos, zero], 1)], 1)


def _matrices(kind: Tensor, amount: Tensor, images: Tensor) -> Tensor:
    """What each image's geometric operation is as a matrix; the identity where it is none."""
    height, width = images.shape[-2:]
    matrices = torch.eye(2, 3).repeat(len(kind), 1, 1)

    def of(name: str) -> Tensor:
        return (kind == KINDS.index(name)).float() * amount

    turn = rotations(of("rotate") * math.radians(135.0))
    shear_x, shear_y = of("shear_x") * 0.99, of("shear_y") * 0.99
    matrices[:, :, :2] = turn[:, :, :2]
    # Sheared about the corner, as PIL does: the centre itself moves.
    matrices[:, 0, 1] += shear_x
    matrices[:, 0, 2] += shear_x * height / 2
    matrices[:, 1, 0] += shear_y
    matrices[:, 1, 2] += shear_y * width / 2
    matrices[:, 0, 2] -= (of("translate_x") * 32).trunc()
    matrices[:, 1, 2] -= (of("translate_y") * 32).trunc()
    return matrices


def _grey(images: Tensor) -> Tensor:
    """Luma of floats [B, C, H, W] as [B, 1, H, W]; an image that has no colour is its own."""
    if images.shape[1] != 3:
        return images.mean(1, keepdim=True)
    weights = torch.tensor([0.2989, 0.587, 0.114], device=images.device)
    return (images * weights[:, None, None]).sum(1, keepdim=True)


def _blend(images: Tensor, kind: Tensor, amount: Tensor) -> Tensor:
    """Brightness, color, contrast, sharpness: away from or towards what the image would be without it."""
    floats = images.float()
    # Whole grey levels, as images have them; a colour operation has nothing to do where there is no colour.
    grey = _grey(floats).floor()
    without = torch.zeros_like(floats)
    without = _select(kind, ("color",), grey.expand_as(floats) if images.shape[1] == 3 else floats, without)
    without = _select(kind, ("contrast",), grey.mean((1, 2, 3), keepdim=True).expand_as(floats), without)
    without = _select(kind, ("sharpness",), _smoothed(floats), without)
    factor = (1 + amount * 0.99)[:, None, None, None]
    return (without + factor * (floats - without)).clamp(0, 255).to(torch.uint8)


def _smoothed(images: Tensor) -> Tensor:
    """A 3x3 average that weighs the middle five times; the outermost pixels stay."""
    channels = images.shape[1]
    kernel = torch.ones(3, 3, device=images.device)
    kernel[1, 1] = 5.0
    inner = F.conv2d(images, (kernel / kernel.sum()).expand(channels, 1, 3, 3), groups=channels).round()
    smoothed = images.clone()
    smoothed[:, :, 1:-1, 1:-1] = inner
    return smoothed


def _posterize(images: Tensor, strength: Tensor) -> Tensor:
    """Eight bits a channel down to two."""
    dropped = (strength * 6).round().to(torch.int32)
    mask = 255 - (torch.ones_like(dropped) << dropped) + 1
    return images & mask.to(torch.uint8)[:, None, None, None]


def _solarize(images: Tensor, strength: Tensor) -> Tensor:
    """Whatever is at least as bright as the threshold, inverted."""
    threshold = (255 * (1 - strength))[:, None, None, None]
    return torch.where(images.float() >= threshold, 255 - images, images)


def _autocontrast(images: Tensor) -> Tensor:
    """Each channel stretched to the full range; a channel of one level stays."""
    floats = images.float()
    low, high = floats.amin((2, 3), keepdim=True), floats.amax((2, 3), keepdim=True)
    stretched = ((floats - low) * (255 / (high - low).clamp(min=1))).clamp(0, 255)
    return torch.where(high > low, stretched, floats).to(torch.uint8)


def _equalize(images: Tensor) -> Tensor:
    """Each channel's levels spread so that all are about equally frequent, as PIL.ImageOps.equalize."""
    size, channels = images.shape[:2]
    levels = images.reshape(size * channels, -1).long()
    counts = torch.zeros(size * channels, 256, dtype=torch.long, device=images.device)
    counts.scatter_add_(1, levels, torch.ones_like(levels))
    # The brightest level that occurs is left out of the step, so that it maps to the full range.
    brightest = levels.amax(1, keepdim=True)
    step = (counts.sum(1, keepdim=True) - counts.gather(1, brightest)) // 255
    before = counts.cumsum(1) - counts
    table = ((before + step // 2) // step.clamp(min=1)).clamp(0, 255)
    equalized = torch.where(step > 0, table.gather(1, levels), levels)
    return equalized.reshape(images.shape).to(torch.uint8)
