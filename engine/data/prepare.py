"""`cockpit data prepare`: from a published data set's name to its cache."""

from __future__ import annotations

import importlib
import math
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from engine.contract.dataset import BUILT_IN, data_home, downloads
from engine.contract.errors import UserError, nearest
from engine.data import cache
from engine.data.cifar import CIFAR10, CIFAR100
from engine.data.download import fetch
from engine.data.source import Source
from engine.data.svhn import SVHN
from engine.data.tiny_imagenet import TINY_IMAGENET

SOURCES = {source.name: source for source in (CIFAR10, CIFAR100, SVHN, TINY_IMAGENET)}
#: Called with what is counted, how much is done, how much there is.
Report = Callable[[Literal["bytes", "images"], int, int], None]


def source_of(name: str) -> Source:
    """The published data set of this name.

    Raises:
        UserError: there is none, or it is built in.
    """
    if name in BUILT_IN:
        raise UserError(f"data set {name!r}", "", "is built in and always at hand", "there is nothing to do")
    if name not in SOURCES:
        remedy = f"{nearest(name, SOURCES)}; your own images: cockpit data import NAME --from DIR"
        raise UserError(f"data set {name!r}", "", "is not among those that can be prepared", remedy)
    return SOURCES[name]


def prepare(source: Source, report: Report, *, replace: bool = False) -> None:
    """Fetch what is not here yet, check it, and build the cache; the archives stay in the downloads folder.

    Raises:
        UserError: the cache exists already, a package, the network or room on the disk is missing, or an
            archive is wrong.
    """
    cache.check_free(source.name, replace=replace)
    check_needs(source)
    _check_disk(source)
    paths = _fetch_all(source, report)
    arrays = source.read(source, paths, lambda done, total: report("images", done, total))
    published = ", ".join(f"{source.base}{archive.name} (md5 {archive.md5})" for archive in source.archives)
    cache.save(source.name, arrays, published, replace=replace)


def _fetch_all(source: Source, report: Report) -> tuple[Path, ...]:
    """Where the archives are; progress is told over all of them together."""
    total = sum(archive.size for archive in source.archives)
    paths: list[Path] = []

    def told(done: int, _: int) -> None:
        report("bytes", sum(a.size for a in source.archives[: len(paths)]) + done, total)

    for archive in source.archives:
        paths.append(fetch(source.base, archive, told))  # noqa: PERF401 (told counts what is there)
    return tuple(paths)


def check_needs(source: Source) -> None:
    """A package that is missing is told before anything is fetched."""
    if not source.needs:
        return
    try:
        importlib.import_module(source.needs)
    except ImportError as error:
        package = source.needs.partition(".")[0]
        problem = f"its files need the package {package}, which cannot be imported ({error})"
        remedy = f"install {package} for {sys.executable}"
        raise UserError(f"data set {source.name!r}", "", problem, remedy) from error


def _check_disk(source: Source) -> None:
    """Too little room is told before anything is fetched; a quota only shows when it is hit."""
    outline = source.outline
    needed = math.prod(outline.shape) * (outline.train_images + outline.test_images)
    needed += sum(a.size for a in source.archives if not (downloads() / a.name).exists())
    free = shutil.disk_usage(next(p for p in (data_home(), *data_home().parents) if p.is_dir())).free
    if free < needed:
        problem = f"{needed >> 20} MiB are needed, {free >> 20} MiB are free"
        raise UserError(data_home(), "", problem, "make room, or let COCKPIT_DATA name another folder")
