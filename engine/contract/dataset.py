"""Where data sets lie on disk, which there are, and what a data set's manifest says.

    $COCKPIT_DATA/<name>/            (default: the user's cache folder, cockpit/data)
      manifest.json                  without it the folder does not count
      train_images.npy  train_labels.npy  test_images.npy  test_labels.npy
    $COCKPIT_DATA/downloads/         archives as their authors publish them; may be put there by hand

Images are uint8 [N, C, H, W]; labels int64 [N].
"""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from engine.contract.errors import UserError, nearest

NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")
#: What a manifest's `source` begins with when the set was imported from a folder of images.
IMPORTED = "ImageFolder"


class Outline(Struct, frozen=True):
    """How large a data set is; `shape` is (channels, height, width)."""

    classes: int
    shape: tuple[int, int, int]
    train_images: int
    test_images: int


#: Data sets that need no file: scikit-learn's digits ship inside that package.
BUILT_IN = {"digits": Outline(10, (1, 8, 8), 1_442, 355)}
#: Data sets that `cockpit data prepare` fetches (engine/data/prepare.py knows how).
PREPARABLE = {
    "cifar10": Outline(10, (3, 32, 32), 50_000, 10_000),
    "cifar100": Outline(100, (3, 32, 32), 50_000, 10_000),
    "svhn": Outline(10, (3, 32, 32), 73_257, 26_032),
    "tinyimagenet": Outline(200, (3, 64, 64), 100_000, 10_000),
}


class Manifest(Struct, frozen=True, kw_only=True):
    """What a data set on disk holds.

    `shape` is (channels, height, width); `mean` and `std` are per channel, of the training images scaled to
    0..1; `files` maps each array's file name to its size in bytes and its sha256.
    """

    name: str
    classes: tuple[str, ...]
    shape: tuple[int, int, int]
    train_images: int
    test_images: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    source: str
    files: dict[str, tuple[int, str]]


class Progress(Struct, frozen=True):
    """One line of `python -m engine.data` on standard output, as JSON: how far its work is."""

    unit: Literal["bytes", "images"]
    done: int
    total: int


def data_home() -> Path:
    """`$COCKPIT_DATA`, or the user's cache folder."""
    if home := os.environ.get("COCKPIT_DATA"):
        return Path(home).expanduser().absolute()
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "cockpit" / "data"


def downloads() -> Path:
    """Where archives lie, fetched or put there by hand."""
    return data_home() / "downloads"


def available() -> dict[str, Manifest | None]:
    """Every data set at hand, by name; a built-in one has no manifest, a folder without one is left out."""
    found: dict[str, Manifest | None] = dict.fromkeys(BUILT_IN)
    home = data_home()
    for path in sorted(home.glob("*/manifest.json")) if home.is_dir() else ():
        try:
            found[path.parent.name] = msgspec.json.decode(path.read_bytes(), type=Manifest)
        except (OSError, msgspec.DecodeError):
            continue
    return found


def require(name: str, where: object, key: str) -> Manifest | None:
    """The manifest of a data set at hand; None for a built-in one.

    Raises:
        UserError: there is no such data set, or its files are not those its manifest names.
    """
    found = available()
    if name not in found:
        remedy = f"bring it: {how_to_bring(name)}"
        if name not in PREPARABLE:
            remedy = f"{nearest(name, found | PREPARABLE)}; or {remedy}"
        raise UserError(where, key, f"no data set {name!r} in {data_home()}", remedy)
    manifest = found[name]
    if manifest and (problem := damage(name, manifest)):
        remedy = f"bring it again: {how_to_bring(name, manifest)} --replace"
        raise UserError(where, key, f"data set {name!r} is damaged: {problem}", remedy)
    return manifest


def damage(name: str, manifest: Manifest) -> str:
    """Which file is missing or of another size than the manifest says, in words; empty when none is."""
    for file, (size, _) in manifest.files.items():
        path = data_home() / name / file
        actual = path.stat().st_size if path.is_file() else None
        if actual != size:
            return f"{path} " + ("is missing" if actual is None else f"has {actual} bytes, not {size}")
    return ""


def content(name: str) -> str:
    """A hash of everything in a data set at hand; empty for one that is built in, or not there.

    It is part of a run's identity: other images under an old name make another run.
    """
    manifest = available().get(name)
    if manifest is None:
        return ""
    hashes = [(file, sha256) for file, (_, sha256) in sorted(manifest.files.items())]
    return hashlib.sha256(msgspec.json.encode(hashes)).hexdigest()[:16]


def how_to_bring(name: str, manifest: Manifest | None = None) -> str:
    """The command that brings a data set; `manifest` is that of the one at hand, and says where it came from."""
    if name in PREPARABLE and not (manifest and manifest.source.startswith(IMPORTED)):
        return f"cockpit data prepare {name}"
    return f"cockpit data import {name} --from DIR"
