"""A data set's cache on disk: written aside and renamed as one folder, read memory-mapped."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from pathlib import Path

import numpy as np
import numpy.typing as npt

from engine.contract.dataset import BUILT_IN, NAME, Manifest, content, data_home, downloads, how_to_bring, require
from engine.contract.errors import UserError
from engine.contract.folder import publish, read_json, sync_folder
from engine.contract.process import ProcessId, alive, identify
from engine.data.arrays import Arrays
from engine.data.digits import digits

_ARRAYS = ("train_images", "train_labels", "test_images", "test_labels")
_FILES = frozenset({"manifest.json", *(f"{key}.npy" for key in _ARRAYS)})


def load(name: str, expected: str = "") -> Arrays:
    """A data set by name: a built-in one, or one from its cache, memory-mapped.

    `expected` is the content (dataset.content) that a run was planned with.

    Raises:
        UserError: it is not at hand, damaged, or another than expected.
    """
    manifest = require(name, f"data set {name!r}", "")
    if expected and content(name) != expected:
        problem = "holds other images than when this run was planned"
        raise UserError(f"data set {name!r}", "", problem, "bring the old ones back, or run the preset again")
    if manifest is None:
        return digits()
    folder = data_home() / name
    try:
        mapped = {key: np.load(folder / f"{key}.npy", mmap_mode="r", allow_pickle=False) for key in _ARRAYS}
    except (OSError, ValueError) as error:
        raise UserError(folder, "", f"cannot be read: {error}", "bring it again with --replace") from error
    return Arrays(classes=manifest.classes, mean=manifest.mean, std=manifest.std, **mapped)


def verify(name: str) -> None:
    """Read every file of a data set and compare it with its sha256; takes seconds for a gigabyte.

    Raises:
        UserError: it is not at hand, or a file is not what was written.
    """
    manifest = require(name, f"data set {name!r}", "")
    for file, (_, sha256) in (manifest.files if manifest else {}).items():
        path = data_home() / name / file
        try:
            actual = _sha256(path)
        except OSError as error:
            raise UserError(path, "", f"cannot be read: {error.strerror}", "check its permissions") from error
        if actual != sha256:
            remedy = f"bring it again: {how_to_bring(name, manifest)} --replace"
            raise UserError(path, "", "its content has changed since it was written (sha256)", remedy)


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
        _sweep(home)
        aside = Path(tempfile.mkdtemp(prefix=f".{name}.", dir=home))
        publish(aside / "owner.json", identify(os.getpid()) or b"")
        # A folder within: mkdtemp's own is closed to everybody else, and a cache may be shared.
        (aside / "new").mkdir()
        _write(aside / "new", name, arrays, source)
        if (home / name).exists():
            # Out of the way in one rename; a reader that has the old files mapped keeps them.
            (home / name).rename(aside / "replaced")
        (aside / "new").rename(home / name)
        sync_folder(home)
    except OSError as error:
        remedy = "make room, or let COCKPIT_DATA name a folder that can be written"
        raise UserError(home, "", f"the data cache cannot be written: {error}", remedy) from error
    finally:
        if aside is not None:
            shutil.rmtree(aside, ignore_errors=True)
    return home / name


def check_free(name: str, *, replace: bool) -> None:
    """Whether a data set of this name may be written.

    Raises:
        UserError: the name is none, or taken and not to be replaced, or taken by something else.
    """
    folder = data_home() / name
    if not NAME.fullmatch(name) or name in BUILT_IN or folder == downloads():
        raise UserError(f"data set {name!r}", "", "cannot be its name", "use a-z, 0-9, dot, dash, underscore")
    try:
        found = {path.name for path in folder.iterdir()}
    except FileNotFoundError:
        return
    except OSError as error:
        remedy = "remove what is there, or let COCKPIT_DATA name another folder"
        raise UserError(folder, "", f"the data cache cannot be written: {error.strerror}", remedy) from error
    if not found <= _FILES:
        # A folder of somebody's own, perhaps the very images that are to be imported: never ours to take away.
        problem = f"holds other things than a data set, such as {min(found - _FILES)}"
        raise UserError(folder, "", problem, "choose another name, or let COCKPIT_DATA name another folder")
    if "manifest.json" in found and not replace:
        raise UserError(folder, "", "this data set exists already", "--replace brings it again")


def _write(folder: Path, name: str, arrays: Arrays, source: str) -> None:
    files = {}
    for key in _ARRAYS:
        path = folder / f"{key}.npy"
        _write_array(path, getattr(arrays, key))
        files[path.name] = (path.stat().st_size, _sha256(path))
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
    (folder / "manifest.json").chmod(path.stat().st_mode)


def _write_array(path: Path, array: npt.NDArray[np.uint8] | npt.NDArray[np.int64]) -> None:
    with path.open("wb") as file:
        np.save(file, array, allow_pickle=False)
        file.flush()
        # The manifest must not outlive a power cut that its arrays did not survive.
        os.fsync(file.fileno())


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sweep(home: Path) -> None:
    """Take away what a killed process left half-written."""
    for owner in home.glob(".*.*/owner.json"):
        process = read_json(owner, ProcessId)
        if process and alive(process) is False:
            shutil.rmtree(owner.parent, ignore_errors=True)
