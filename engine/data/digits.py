"""scikit-learn's handwritten digits: 1,797 images of 8x8, shipped inside that package."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np

from engine.contract.errors import UserError
from engine.data.arrays import Arrays, channel_statistics

#: Every fifth image of each class is a test image: 355 of 1,797.
TEST_EVERY = 5


def digits() -> Arrays:
    """The digits, grey levels 0..16 stretched to 0..255, split by class in the order they come in."""
    rows = np.loadtxt(_file(), delimiter=",")
    images = np.rint(rows[:, :-1].reshape(-1, 1, 8, 8) * (255 / 16)).astype(np.uint8)
    labels = rows[:, -1].astype(np.int64)
    rank = np.empty(len(labels), dtype=np.int64)
    for label in range(10):
        mine = np.flatnonzero(labels == label)
        rank[mine] = np.arange(len(mine))
    test = rank % TEST_EVERY == TEST_EVERY - 1
    mean, std = channel_statistics(images[~test])
    return Arrays(tuple(map(str, range(10))), images[~test], labels[~test], images[test], labels[test], mean, std)


def _file() -> Path:
    """The file that sklearn.datasets.load_digits reads. Importing sklearn for it would cost a run two seconds."""
    package = find_spec("sklearn")
    path = Path(package.origin or "").parent / "datasets" / "data" / "digits.csv.gz" if package else Path()
    if not path.is_file():
        raise UserError(
            "data set 'digits'", "", "scikit-learn, which ships it, is not installed", "install scikit-learn"
        )
    return path
