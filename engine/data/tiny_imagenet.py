"""Tiny ImageNet: 200 of ImageNet's classes at 64x64, from a course at Stanford (Le and Yang, 2015).

wnids.txt names the classes, words.txt says what they are, train/<wnid>/images/ holds the training images.
The test images are published without labels, so the validation images, labelled in val/val_annotations.txt,
are the test set here, as in the literature. Some images are grey; they become RGB.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections import Counter
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from engine.contract.dataset import PREPARABLE
from engine.data.arrays import Arrays, Images, Progress
from engine.data.source import Archive, Source, Split, damaged, room, whole

_ROOT = "tiny-imagenet-200/"


def _read(source: Source, paths: tuple[Path, ...], progress: Progress) -> Arrays:
    """The data set in the one archive of `paths`; classes in the order of their wnid, as an ImageFolder has them.

    Raises:
        UserError: the archive is cut short, lacks a member, or a member is not as it must be.
    """
    (path,) = paths
    outline = source.outline
    splits = room(outline)
    total, done = outline.train_images + outline.test_images, 0
    try:
        with zipfile.ZipFile(path) as archive:
            wnids = sorted(_text(archive, path, "wnids.txt").split())
            classes = _class_names(wnids, _text(archive, path, "words.txt"))
            listed = (_training(archive, wnids), _validation(_text(archive, path, "val/val_annotations.txt"), wnids))
            for members, split, name in zip(listed, splits, ("training", "validation"), strict=True):
                if len(members) != len(split.labels):
                    raise damaged(path, f"lists {len(members)} {name} images, not {len(split.labels)}")
                for i, (member, label) in enumerate(members):
                    split.images[i] = _image(archive, path, member, split)
                    split.labels[i] = label
                    done += 1
                    progress(done, total)
    except (zipfile.BadZipFile, OSError, EOFError, zlib.error, NotImplementedError, RuntimeError) as error:
        raise damaged(path, f"cannot be read: {error}") from error
    return whole(path, classes, outline, *splits)


def _training(archive: zipfile.ZipFile, wnids: list[str]) -> list[tuple[str, int]]:
    """Every training image's member and label, by class and then by name."""
    labels = {wnid: label for label, wnid in enumerate(wnids)}
    found = []
    for member in archive.namelist():
        match member.removeprefix(_ROOT).split("/"):
            case ["train", wnid, "images", name] if wnid in labels and name.endswith(".JPEG"):
                found.append((labels[wnid], member))
    return [(member, label) for label, member in sorted(found)]


def _validation(annotations: str, wnids: list[str]) -> list[tuple[str, int]]:
    """Every validation image's member and label, in the order of the annotations; -1 for an unknown class."""
    labels = {wnid: label for label, wnid in enumerate(wnids)}
    rows = [line.split("\t") for line in annotations.splitlines() if "\t" in line]
    return [(f"{_ROOT}val/images/{row[0]}", labels.get(row[1].strip(), -1)) for row in rows]


def _class_names(wnids: list[str], words: str) -> tuple[str, ...]:
    """The first synonym of each class; its wnid beside it where two classes share that word, or without words."""
    meanings = dict(line.split("\t", 1) for line in words.splitlines() if "\t" in line)
    first = {wnid: meanings.get(wnid, "").split(",")[0].strip() for wnid in wnids}
    used = Counter(first.values())
    return tuple(word if word and used[word] == 1 else f"{word} {wnid}".strip() for wnid, word in first.items())


def _text(archive: zipfile.ZipFile, path: Path, name: str) -> str:
    return _content(archive, path, _ROOT + name).decode("utf-8", "replace")


def _content(archive: zipfile.ZipFile, path: Path, member: str) -> bytes:
    try:
        return archive.read(member)
    except KeyError:
        raise damaged(path, f"holds no {member}") from None


def _image(archive: zipfile.ZipFile, path: Path, member: str, split: Split) -> Images:
    """One image as uint8 [3, H, W]."""
    _, channels, height, width = split.images.shape
    content = _content(archive, path, member)
    try:
        with Image.open(io.BytesIO(content)) as image:
            pixels = np.asarray(image.convert("RGB"))
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError, ValueError) as error:
        raise damaged(path, f"{member} is not a readable image: {error}") from error
    if pixels.shape != (height, width, channels):
        raise damaged(path, f"{member} has {pixels.shape[1]}x{pixels.shape[0]} pixels, not {width}x{height}")
    return pixels.transpose(2, 0, 1)


TINY_IMAGENET = Source(
    name="tinyimagenet",
    outline=PREPARABLE["tinyimagenet"],
    base="http://cs231n.stanford.edu/",
    archives=(Archive("tiny-imagenet-200.zip", 248_100_043, "90528d7ca1a48142e341f4ef8d21d0de"),),
    read=_read,
)
