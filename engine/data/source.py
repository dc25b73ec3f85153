"""A published data set: where its authors put it, what its files must be, and who reads them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.contract.dataset import Outline
from engine.contract.errors import UserError
from engine.data.arrays import Arrays, Images, Labels, Progress, channel_statistics


@dataclass(frozen=True)
class Archive:
    """One published file: its name below the source's address, its size in bytes, its md5."""

    name: str
    size: int
    md5: str


@dataclass(frozen=True)
class Source:
    """One data set in its authors' own format.

    `base` is the address its archives lie below, with a slash at its end; `read` makes arrays of them, given
    their paths in the order of `archives`; `needs` names a module that `read` imports and that may be missing.
    """

    name: str
    outline: Outline
    base: str
    archives: tuple[Archive, ...]
    read: Callable[[Source, tuple[Path, ...], Progress], Arrays]
    needs: str = ""


@dataclass(frozen=True)
class Split:
    """Room for one split: images uint8 [N, C, H, W], labels int64 [N], -1 where none is read yet."""

    images: Images
    labels: Labels


def room(outline: Outline) -> tuple[Split, Split]:
    """Room for the training and the test set, so that readers fill it and hold nothing twice."""

    def one(count: int) -> Split:
        return Split(np.empty((count, *outline.shape), dtype=np.uint8), np.full(count, -1, dtype=np.int64))

    return one(outline.train_images), one(outline.test_images)


def whole(path: Path, classes: tuple[str, ...], outline: Outline, train: Split, test: Split) -> Arrays:
    """Both splits as a data set, after a look at all their labels.

    Raises:
        UserError: `path` does not hold what it must: a label out of range, a class without images in one
            split, another number of classes, or fewer class names than classes.
    """
    if len(classes) != outline.classes or len(set(classes)) != len(classes):
        raise damaged(path, f"names {len(set(classes))} classes, not {outline.classes}")
    for name, split in (("training", train), ("test", test)):
        odd = split.labels[(split.labels < 0) | (split.labels >= outline.classes)]
        if len(odd):
            raise damaged(path, f"a {name} label is {odd[0]}, beyond 0..{outline.classes - 1}")
        missing = np.flatnonzero(np.bincount(split.labels, minlength=outline.classes) == 0)
        if len(missing):
            names = ", ".join(classes[k] for k in missing[:5])
            raise damaged(path, f"no {name} image of {len(missing)} of the classes: {names}")
    mean, std = channel_statistics(train.images)
    return Arrays(classes, train.images, train.labels, test.images, test.labels, mean, std)


def damaged(path: Path, problem: str) -> UserError:
    """What to say of an archive whose content is not what its authors published."""
    return UserError(path, "", problem, "remove the file and run the command again, which fetches it anew")
