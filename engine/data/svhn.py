"""SVHN, house numbers in street photographs (Netzer et al., NIPS workshop 2011), cropped to one digit each.

The authors' MATLAB files hold X, uint8 [32, 32, 3, N], and y, [N, 1], where 10 stands for the digit 0.
The "extra" set is not used.
"""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np

from engine.contract.dataset import PREPARABLE
from engine.data.arrays import Arrays, Progress
from engine.data.source import Archive, Source, Split, damaged, room, whole


def _read(source: Source, paths: tuple[Path, ...], progress: Progress) -> Arrays:
    """The data set in the two files.

    Raises:
        UserError: a file is unreadable, or does not hold what it must.
    """
    outline = source.outline
    splits = room(outline)
    total, done = outline.train_images + outline.test_images, 0
    for path, split in zip(paths, splits, strict=True):
        _fill(path, split)
        done += len(split.labels)
        progress(done, total)
    return whole(paths[0].parent, tuple(map(str, range(10))), outline, *splits)


def _fill(path: Path, split: Split) -> None:
    # scipy is imported here alone, so that all else works where it is missing or broken.
    from scipy.io import loadmat
    from scipy.io.matlab import MatReadError

    try:
        content = loadmat(path, variable_names=("X", "y"))
    except (OSError, EOFError, ValueError, TypeError, NotImplementedError, zlib.error, MatReadError) as error:
        raise damaged(path, f"not a readable MATLAB file: {error}") from error
    images, labels = content.get("X"), content.get("y")
    count, channels, height, width = split.images.shape
    for name, array, shape in (("X", images, (height, width, channels, count)), ("y", labels, (count, 1))):
        if array is None:
            raise damaged(path, f"holds no variable {name}")
        if array.shape != shape or array.dtype.kind not in "iuf":
            raise damaged(path, f"{name} is {array.dtype} {list(array.shape)}, not numbers {list(shape)}")
    odd = labels[(labels < 1) | (labels > 10)]
    if len(odd):
        raise damaged(path, f"a label is {odd[0]}, beyond 1..10")
    if images.dtype != np.uint8:
        raise damaged(path, f"X is {images.dtype}, not uint8")
    split.images[:] = images.transpose(3, 2, 0, 1)
    split.labels[:] = labels[:, 0] % 10


SVHN = Source(
    name="svhn",
    outline=PREPARABLE["svhn"],
    base="http://ufldl.stanford.edu/housenumbers/",
    archives=(
        Archive("train_32x32.mat", 182_040_794, "e26dedcc434d2e4c54c9b2d4a06d8373"),
        Archive("test_32x32.mat", 64_275_384, "eb5a983be6a315427106f1b164d9cef3"),
    ),
    read=_read,
    needs="scipy.io",
)
