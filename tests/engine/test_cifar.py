"""CIFAR-10 and CIFAR-100 from their binary records, and every way an archive of them can be wrong."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from archives import (
    CIFAR10_NAMES,
    CIFAR10_OUTLINE,
    LABELS,
    by_hand,
    cifar10_members,
    pixels,
    quiet,
    records,
    refused,
    tar_gz,
)

from engine.contract.dataset import Outline, data_home, downloads
from engine.contract.errors import UserError
from engine.data import cache
from engine.data.prepare import SOURCES, prepare

pytestmark = pytest.mark.usefixtures("no_pause")


def test_cifar10_comes_from_its_binary_records_to_the_pixel() -> None:
    told = []
    prepare(by_hand(SOURCES["cifar10"], CIFAR10_OUTLINE, tar_gz(cifar10_members())), lambda *each: told.append(each))
    arrays = cache.load("cifar10")
    assert arrays.classes == tuple(CIFAR10_NAMES)
    assert (arrays.train_images == pixels(50, 1)).all()
    assert (arrays.train_labels == LABELS).all()
    assert (arrays.test_images == pixels(20, 2)).all()
    assert (arrays.test_labels == np.arange(20) % 10).all()
    assert {unit for unit, *_ in told} == {"bytes", "images"}
    assert told[-1] == ("images", 70, 70)
    cache.verify("cifar10")


def test_cifar100_takes_the_fine_label_and_its_names() -> None:
    fine = np.random.default_rng(3).permutation(100)
    names = [f"thing_{i}" for i in range(100)]
    members = {
        "cifar-100-binary/train.bin": records(pixels(100, 1), fine // 5, fine),
        "cifar-100-binary/test.bin": records(pixels(100, 2), fine[::-1] // 5, fine[::-1]),
        "cifar-100-binary/fine_label_names.txt": ("\n".join(names) + "\n\n").encode(),
        "cifar-100-binary/coarse_label_names.txt": b"aquatic_mammals\nfish\n\n",
    }
    prepare(by_hand(SOURCES["cifar100"], Outline(100, (3, 32, 32), 100, 100), tar_gz(members)), quiet)
    arrays = cache.load("cifar100")
    assert arrays.classes == tuple(names)
    assert (arrays.train_labels == fine).all()
    assert (arrays.test_labels == fine[::-1]).all()
    assert (arrays.train_images == pixels(100, 1)).all()


BATCH = "cifar-10-batches-bin/data_batch_2.bin"
TEST = "cifar-10-batches-bin/test_batch.bin"
META = "cifar-10-batches-bin/batches.meta.txt"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda m: m.pop(BATCH), f"holds no {BATCH}"),
        (lambda m: m.pop(META), f"holds no {META}"),
        (lambda m: m.update({META: b"cat\ndog\n"}), "names 2 classes, not 10"),
        (lambda m: m.update({BATCH: m[BATCH][:-1]}), "has 30729 bytes, not 10 records of 3073"),
        (lambda m: m.update({BATCH: b"\x0a" + m[BATCH][1:]}), "a training label is 10, beyond 0..9"),
        (
            lambda m: m.update({TEST: records(pixels(20, 2), np.arange(20) % 9)}),
            "no test image of 1 of the classes: truck",
        ),
    ],
)
def test_an_archive_of_cifar10_that_holds_something_else_is_told(change: Callable, words: str) -> None:
    members = cifar10_members()
    change(members)
    told = refused(by_hand(SOURCES["cifar10"], CIFAR10_OUTLINE, tar_gz(members)))
    assert words in told
    assert str(downloads() / "cifar-10-binary.tar.gz") in told


@pytest.mark.parametrize("damage", [lambda c: c[: len(c) // 2], lambda c: c[:-9], lambda c: b"<html>no</html>"])
def test_an_archive_cut_short_is_told(damage: Callable) -> None:
    content = damage(tar_gz(cifar10_members()))
    assert "cannot be read" in refused(by_hand(SOURCES["cifar10"], CIFAR10_OUTLINE, content))


def test_members_that_are_no_files_or_lead_elsewhere_come_to_nothing(tmp_path: Path) -> None:
    members = cifar10_members() | {"../../evil": b"boo", str(tmp_path / "worse"): b"boo"}
    prepare(by_hand(SOURCES["cifar10"], CIFAR10_OUTLINE, tar_gz(members)), quiet)
    assert {p.name for p in data_home().iterdir()} == {"downloads", "cifar10"}
    assert [p.name for p in tmp_path.iterdir()] == ["data"]
    link = tarfile.TarInfo(BATCH)
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        archive.addfile(link)
    with pytest.raises(UserError, match=r"cannot be read|holds no"):
        prepare(by_hand(SOURCES["cifar10"], CIFAR10_OUTLINE, buffer.getvalue()), quiet, replace=True)
    assert len(cache.load("cifar10").train_labels) == 50
