"""A data set as arrays in memory or mapped from its cache: images uint8 [N, C, H, W], labels int64 [N]."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Images = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Arrays:
    """A training and a test set. `mean` and `std` are per channel, of training images scaled to 0..1."""

    classes: tuple[str, ...]
    train_images: Images
    train_labels: Labels
    test_images: Images
    test_labels: Labels
    mean: tuple[float, ...]
    std: tuple[float, ...]


def channel_statistics(images: Images) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and standard deviation of every channel of uint8 [N, C, H, W], on the scale 0..1."""
    # Counted per grey level: exact, and no float copy of the whole set.
    counts = np.stack([np.bincount(images[:, c].reshape(-1), minlength=256) for c in range(images.shape[1])])
    levels = np.arange(256) / 255
    mean = (counts * levels).sum(1) / counts.sum(1)
    variance = (counts * (levels - mean[:, None]) ** 2).sum(1) / counts.sum(1)
    return tuple(mean.tolist()), tuple(np.sqrt(np.maximum(variance, 1e-12)).tolist())
