"""A sheet with every augmentation on a few images: python docs/augmentations.py DATASET OUT.png.

A row an operation or policy, the images as they are on top; DATASET is one of `cockpit data list`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw

from engine.contract.augmentation import OPERATIONS, POLICIES, operations
from engine.data.augment import augment
from engine.data.cache import load
from engine.data.mixing import cutmix, mixup
from engine.randomness import torch_generator

SAMPLES, CELL, LABEL = 10, 72, 110


def rows(images: torch.Tensor, fill: torch.Tensor) -> dict[str, torch.Tensor]:
    """Name -> the images after it, uint8 [N, C, H, W]."""
    found = {"as they are": images}
    for name in (*OPERATIONS, *(p for p in POLICIES if p not in OPERATIONS and p != "none")):
        found[name] = augment(images, operations(name), torch_generator("sheet", name), fill)
    targets = torch.eye(len(images))
    for name, mix in (("mixup 1.0", mixup), ("cutmix 1.0", cutmix)):
        found[name] = mix(images.float(), targets, 1.0, ("sheet", name))[0].to(torch.uint8)
    return found


def main() -> None:
    """Draw the sheet."""
    arrays = load(sys.argv[1])
    chosen = np.linspace(0, len(arrays.train_images) - 1, SAMPLES).astype(int)
    images = torch.from_numpy(np.ascontiguousarray(arrays.train_images[chosen]))
    fill = (torch.tensor(arrays.mean) * 255).round().to(torch.uint8)
    found = rows(images, fill)
    sheet = Image.new("RGB", (LABEL + SAMPLES * CELL, len(found) * CELL), "white")
    for y, (name, batch) in enumerate(found.items()):
        ImageDraw.Draw(sheet).text((4, y * CELL + CELL // 2 - 6), name, fill="black")
        for x, image in enumerate(batch):
            pixels = image.expand(3, -1, -1).permute(1, 2, 0).numpy()
            cell = Image.fromarray(pixels).resize((CELL - 4, CELL - 4), Image.Resampling.NEAREST)
            sheet.paste(cell, (LABEL + x * CELL, y * CELL))
    sheet.save(Path(sys.argv[2]))


if __name__ == "__main__":
    main()
