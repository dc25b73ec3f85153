"""Where data sets lie on disk and what a data set's manifest says.

    $COCKPIT_DATA/<name>/            (default: the user's cache folder, cockpit/data)
      manifest.json                  written last: without it the folder does not count
      train_images.npy  train_labels.npy  test_images.npy  test_labels.npy

Images are uint8 [N, C, H, W]; labels int64 [N].
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import msgspec
from msgspec import Struct

from engine.contract.errors import UserError, nearest

#: Data sets that need no file: scikit-learn's digits ship inside that package.
BUILT_IN = ("digits",)
NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")


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


def data_home() -> Path:
    """`$COCKPIT_DATA`, or the user's cache folder."""
    if home := os.environ.get("COCKPIT_DATA"):
        return Path(home).expanduser().absolute()
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "cockpit" / "data"


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
        remedy = f"{nearest(name, found)}; or bring it: cockpit data import {name} --from DIR"
        raise UserError(where, key, f"no data set {name!r} in {data_home()}", remedy)
    manifest = found[name]
    for file, (size, _) in (manifest.files if manifest else {}).items():
        path = data_home() / name / file
        actual = path.stat().st_size if path.is_file() else None
        if actual != size:
            problem = f"data set {name!r} is damaged: {path} " + (
                "is missing" if actual is None else f"has {actual} bytes, not {size}"
            )
            remedy = f"bring it again: cockpit data import {name} --from DIR --replace"
            raise UserError(where, key, problem, remedy)
    return manifest
