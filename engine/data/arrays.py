"""A data set as arrays in memory or mapped from its cache: images uint8 [N, C, H, W], labels int64 [N]."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Images = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.int64]
#: Called with how much is done and how much there is.
Progress = Callable[[int, int], None]
#: Images counted at a time: counting makes eight bytes of every pixel.
_CHUNK = 1024


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
    counts = np.zeros((images.shape[1], 256), dtype=np.int64)
    for start in range(0, len(images), _CHUNK):
        for channel, count in enumerate(counts):
            count += np.bincount(images[start : start + _CHUNK, channel].reshape(-1), minlength=256)
    levels = np.arange(256) / 255
    mean = (counts * levels).sum(1) / counts.sum(1)
    variance = (counts * (levels - mean[:, None]) ** 2).sum(1) / counts.sum(1)
    return tuple(mean.tolist()), tuple(np.sqrt(np.maximum(variance, 1e-12)).tolist())
