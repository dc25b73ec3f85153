"""Small archives in the formats of the published data sets, and what comes of preparing them."""

from __future__ import annotations

import hashlib
import io
import tarfile
from dataclasses import replace

import numpy as np
import pytest
from scipy.io import savemat

from engine.contract.dataset import Outline, data_home, downloads
from engine.contract.errors import UserError
from engine.data.prepare import prepare
from engine.data.source import Archive, Source

NOWHERE = "http://127.0.0.1:9/"
CIFAR10_NAMES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
CIFAR10_OUTLINE = Outline(10, (3, 32, 32), 50, 20)
LABELS = np.arange(50) * 3 % 10
SVHN_OUTLINE = Outline(10, (3, 32, 32), 30, 20)


def quiet(*_: object) -> None:
    pass


def by_hand(source: Source, outline: Outline, *contents: bytes) -> Source:
    """The source with small files, put where a person would put them, and no server to ask."""
    downloads().mkdir(parents=True, exist_ok=True)
    for archive, content in zip(source.archives, contents, strict=True):
        (downloads() / archive.name).write_bytes(content)
    archives = (published(a.name, c) for a, c in zip(source.archives, contents, strict=True))
    return replace(source, outline=outline, base=NOWHERE, archives=tuple(archives))


def published(name: str, content: bytes) -> Archive:
    return Archive(name, len(content), hashlib.md5(content).hexdigest())


def refused(source: Source) -> str:
    """What is said of a source that is wrong, which leaves no cache behind."""
    with pytest.raises(UserError) as error:
        prepare(source, quiet)
    assert [p.name for p in data_home().iterdir()] == ["downloads"]
    return str(error.value)


def pixels(count: int, seed: int, side: int = 32) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, 3, side, side), dtype=np.uint8)


def records(images: np.ndarray, *labels: np.ndarray) -> bytes:
    columns = [label[:, None].astype(np.uint8) for label in labels]
    return np.concatenate([*columns, images.reshape(len(images), -1)], axis=1).tobytes()


def tar_gz(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", compresslevel=1) as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def cifar10_members() -> dict[str, bytes]:
    """Five batches of ten, in another order than their numbers', as in the published archive."""
    images = pixels(50, 1)
    batches = {
        f"cifar-10-batches-bin/data_batch_{i + 1}.bin": records(
            images[i * 10 : i * 10 + 10], LABELS[i * 10 : i * 10 + 10]
        )
        for i in (3, 0, 4, 1, 2)
    }
    return {
        **batches,
        "cifar-10-batches-bin/batches.meta.txt": ("\n".join(CIFAR10_NAMES) + "\n\n").encode(),
        "cifar-10-batches-bin/readme.html": b"<html>",
        "cifar-10-batches-bin/test_batch.bin": records(pixels(20, 2), np.arange(20) % 10),
    }


def mat(seed: int, count: int, **change: object) -> bytes:
    """[32, 32, 3, N] and [N, 1] with 10 for the digit 0, compressed, as the authors' files are."""
    content = {"X": pixels(count, seed).transpose(2, 3, 1, 0), "y": (np.arange(count)[:, None] % 10 + 1).astype("u1")}
    buffer = io.BytesIO()
    savemat(buffer, {k: v for k, v in (content | change).items() if v is not None}, do_compression=True)
    return buffer.getvalue()
