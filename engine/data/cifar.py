"""CIFAR-10 and CIFAR-100 (Krizhevsky, Learning multiple layers of features from tiny images, 2009).

Read from the archives that their author publishes "for C programs": records of one label byte (CIFAR-10) or
a coarse and a fine one (CIFAR-100), then 32x32 bytes of red, of green, of blue. No pickle is involved.
"""

from __future__ import annotations

import gzip
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

import numpy as np

from engine.contract.dataset import PREPARABLE
from engine.data.arrays import Arrays, Progress
from engine.data.source import Archive, Source, Split, damaged, room, whole

_BASE = "https://www.cs.toronto.edu/~kriz/"
#: Records read at a time.
_CHUNK = 1000


@dataclass(frozen=True)
class _Layout:
    """Which members the archive has: equal parts of the training set, the test set, the classes' names.

    The last of a record's `label_bytes` is the label.
    """

    folder: str
    train: tuple[str, ...]
    test: str
    names: str
    label_bytes: int


def _read(layout: _Layout, source: Source, paths: tuple[Path, ...], progress: Progress) -> Arrays:
    """The data set in the one archive of `paths`.

    Raises:
        UserError: the archive is cut short, lacks a member, or a member is not as it must be.
    """
    (path,) = paths
    outline = source.outline
    train, test = room(outline)
    places = _parts(train, layout.train) | {layout.test: test}
    wanted = {f"{layout.folder}/{name}": name for name in (*places, layout.names)}
    classes: tuple[str, ...] = ()
    done = 0
    with _archive(path) as archive:
        # In one pass and whatever the order: going back in a gzip file is slow.
        for member in archive:
            if member.name not in wanted or not (file := archive.extractfile(member)):
                continue
            name = wanted.pop(member.name)
            if name == layout.names:
                classes = tuple(file.read().decode("ascii", "replace").split())
                continue
            for count in _fill(path, member, file, places[name], layout.label_bytes):
                done += count
                progress(done, outline.train_images + outline.test_images)
    if wanted:
        raise damaged(path, f"holds no {', '.join(sorted(wanted))}")
    return whole(path, classes, outline, train, test)


@contextmanager
def _archive(path: Path) -> Iterator[tarfile.TarFile]:
    try:
        # gzip's own reader, and not tarfile's, because it alone notices a file cut short.
        with gzip.open(path) as content, tarfile.open(fileobj=content, mode="r|") as archive:
            yield archive
            while content.read(1 << 20):
                # On to its end, where gzip's checksum stands.
                pass
    except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
        raise damaged(path, f"cannot be read: {error}") from error


def _parts(split: Split, names: tuple[str, ...]) -> dict[str, Split]:
    """The split's room shared out equally among the named members."""
    share = len(split.labels) // len(names)
    cuts = {name: slice(i * share, (i + 1) * share) for i, name in enumerate(names)}
    return {name: Split(split.images[cut], split.labels[cut]) for name, cut in cuts.items()}


def _fill(path: Path, member: tarfile.TarInfo, file: IO[bytes], split: Split, label_bytes: int) -> Iterator[int]:
    """Put a member's records into their room; yields how many, again and again."""
    total, *shape = split.images.shape
    length = label_bytes + int(np.prod(shape))
    if member.size != total * length:
        raise damaged(path, f"{member.name} has {member.size} bytes, not {total} records of {length}")
    for start in range(0, total, _CHUNK):
        stop = min(start + _CHUNK, total)
        records = np.frombuffer(file.read((stop - start) * length), dtype=np.uint8).reshape(stop - start, length)
        split.labels[start:stop] = records[:, label_bytes - 1]
        split.images[start:stop] = records[:, label_bytes:].reshape(-1, *shape)
        yield stop - start


_LAYOUT10 = _Layout(
    folder="cifar-10-batches-bin",
    train=tuple(f"data_batch_{i}.bin" for i in range(1, 6)),
    test="test_batch.bin",
    names="batches.meta.txt",
    label_bytes=1,
)
_LAYOUT100 = _Layout(
    folder="cifar-100-binary",
    train=("train.bin",),
    test="test.bin",
    names="fine_label_names.txt",
    label_bytes=2,
)
CIFAR10 = Source(
    name="cifar10",
    outline=PREPARABLE["cifar10"],
    base=_BASE,
    archives=(Archive("cifar-10-binary.tar.gz", 170_052_171, "c32a1d4ab5d03f1284b67883e8d87530"),),
    read=partial(_read, _LAYOUT10),
)
CIFAR100 = Source(
    name="cifar100",
    outline=PREPARABLE["cifar100"],
    base=_BASE,
    archives=(Archive("cifar-100-binary.tar.gz", 168_513_733, "03b5dce01913d631647c71ecec9e9cb8"),),
    read=partial(_read, _LAYOUT100),
)
