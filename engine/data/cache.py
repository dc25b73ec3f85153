"""A data set's cache on disk: written aside and renamed as one folder, read memory-mapped."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from pathlib import Path

import numpy as np

from engine.contract.dataset import NAME, Manifest, data_home, require
from engine.contract.errors import UserError
from engine.contract.folder import publish
from engine.data.arrays import Arrays
from engine.data.digits import digits

_ARRAYS = ("train_images", "train_labels", "test_images", "test_labels")


def load(name: str) -> Arrays:
    """A data set by name: a built-in one, or one from its cache, memory-mapped.

    Raises:
        UserError: it is not at hand, or damaged.
    """
    manifest = require(name, f"data set {name!r}", "")
    if manifest is None:
        return digits()
    folder = data_home() / name
    try:
        mapped = {key: np.load(folder / f"{key}.npy", mmap_mode="r", allow_pickle=False) for key in _ARRAYS}
    except (OSError, ValueError) as error:
        raise UserError(folder, "", f"cannot be read: {error}", "bring it again with --replace") from error
    return Arrays(classes=manifest.classes, mean=manifest.mean, std=manifest.std, **mapped)


def save(name: str, arrays: Arrays, source: str, *, replace: bool = False) -> Path:
    """Put a data set into the cache, whole or not at all, and return its folder.

    Raises:
        UserError: the name is none, it exists already, or the cache cannot be written.
    """
    check_free(name, replace=replace)
    home = data_home()
    aside: Path | None = None
    try:
        home.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=f".{name}.", dir=home))
        _write(aside, name, arrays, source)
        if (home / name).exists():
            # Out of the way in one rename; a reader that has the old files mapped keeps them.
            (home / name).rename(aside / "replaced")
        _place(aside, home / name)
    except OSError as error:
        raise UserError(home, "", f"the data cache cannot be written: {error}", "set COCKPIT_DATA") from error
    finally:
        if aside is not None:
            shutil.rmtree(aside, ignore_errors=True)
    return home / name


def check_free(name: str, *, replace: bool) -> None:
    """Whether a data set of this name may be written.

    Raises:
        UserError: the name is none, or taken and not to be replaced.
    """
    if not NAME.fullmatch(name) or name == "digits":
        raise UserError(f"data set {name!r}", "", "cannot be its name", "use a-z, 0-9, dot, dash, underscore")
    if (data_home() / name / "manifest.json").exists() and not replace:
        raise UserError(data_home() / name, "", "this data set exists already", "--replace brings it again")


def _write(folder: Path, name: str, arrays: Arrays, source: str) -> None:
    files = {}
    for key in _ARRAYS:
        path = folder / f"{key}.npy"
        np.save(path, getattr(arrays, key), allow_pickle=False)
        with path.open("rb") as file:
            files[path.name] = (path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest())
    manifest = Manifest(
        name=name,
        classes=arrays.classes,
        shape=arrays.train_images.shape[1:],
        train_images=len(arrays.train_images),
        test_images=len(arrays.test_images),
        mean=arrays.mean,
        std=arrays.std,
        source=source,
        files=files,
    )
    publish(folder / "manifest.json", manifest)


def _place(aside: Path, folder: Path) -> None:
    folder.mkdir()
    # The manifest last: until it is there the folder does not count.
    for path in sorted(aside.iterdir(), key=lambda p: p.name == "manifest.json"):
        if path.is_file():
            path.rename(folder / path.name)
