"""An ImageFolder on disk, train/<class>/*.png and test/<class>/*.png, as arrays."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from engine.contract.errors import UserError
from engine.data.arrays import Arrays, Images, Labels, Progress, channel_statistics

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".webp", ".ppm"})
LAYOUT = "lay it out as train/<class>/*.png and test/<class>/*.png"


def read_image_folder(folder: Path, progress: Progress) -> Arrays:
    """All images of both splits, in RGB; classes in alphabetical order, which gives the labels.

    Raises:
        UserError: a split or class is missing or empty, an image is unreadable or of another size.
    """
    if not folder.is_dir():
        raise UserError(folder, "", "no such folder", LAYOUT)
    files = {split: _files(folder, split) for split in ("train", "test")}
    classes = tuple(files["train"])
    if classes != tuple(files["test"]):
        odd = sorted(set(files["train"]) ^ set(files["test"]))
        raise UserError(folder, "", f"classes in one split only: {', '.join(odd[:5])}", LAYOUT)
    total = sum(len(paths) for split in files.values() for paths in split.values())
    height, width, channels = size = _open(next(iter(files["train"].values()))[0]).shape
    done = 0
    splits: dict[str, tuple[Images, Labels]] = {}
    for split, by_class in files.items():
        count = sum(map(len, by_class.values()))
        images = np.empty((count, channels, height, width), dtype=np.uint8)
        labels = np.repeat(np.arange(len(classes), dtype=np.int64), [len(p) for p in by_class.values()])
        for i, path in enumerate(path for paths in by_class.values() for path in paths):
            image = _open(path)
            if image.shape != size:
                problem = f"{image.shape[1]}x{image.shape[0]} pixels, where others have {width}x{height}"
                raise UserError(path, "", problem, "bring all images to one size first")
            images[i] = image.transpose(2, 0, 1)
            done += 1
            progress(done, total)
        splits[split] = images, labels
    mean, std = channel_statistics(splits["train"][0])
    return Arrays(classes, *splits["train"], *splits["test"], mean, std)


def _files(folder: Path, split: str) -> dict[str, list[Path]]:
    """Class -> its image files, both in alphabetical order."""
    root = folder / split
    if not root.is_dir():
        raise UserError(root, "", "no such folder", LAYOUT)
    found = {
        path.name: sorted(p for p in path.iterdir() if p.suffix.lower() in SUFFIXES)
        for path in sorted(root.iterdir())
        if path.is_dir()
    }
    if not any(found.values()):
        raise UserError(root, "", "holds no images", LAYOUT)
    for name, paths in found.items():
        if not paths:
            raise UserError(root / name, "", "holds no images", "put its images there, or take the folder away")
    return found


def _open(path: Path) -> Images:
    """One image as uint8 [H, W, 3]."""
    try:
        with Image.open(path) as image:
            return np.asarray(image.convert("RGB"))
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError, ValueError) as error:
        raise UserError(path, "", f"not a readable image ({error})", "mend or remove it") from error
