"""Tiny ImageNet from its JPEGs, and every way its archive can be wrong."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import numpy as np
import pytest
from archives import by_hand, pixels, quiet, refused
from PIL import Image

from engine.contract.dataset import Outline
from engine.data import cache
from engine.data.prepare import SOURCES, prepare

pytestmark = pytest.mark.usefixtures("no_pause")

WNIDS = ["n02012849", "n01443537", "n03126707"]  # not in order, as in the archive
TINY_OUTLINE = Outline(3, (3, 64, 64), 6, 3)


def jpeg(seed: int, *, grey: bool = False, side: int = 64) -> bytes:
    image = Image.fromarray(pixels(1, seed, side)[0].transpose(1, 2, 0))
    buffer = io.BytesIO()
    (image.convert("L") if grey else image).save(buffer, "JPEG")
    return buffer.getvalue()


def tiny_members() -> dict[str, bytes]:
    words = "n00001740\tentity\nn01443537\tgoldfish, Carassius auratus\nn02012849\tcrane\nn03126707\tcrane\n"
    rows = [f"val_{i}.JPEG\t{wnid}\t0\t32\t44\t62\n" for i, wnid in enumerate(WNIDS)]
    members = {"wnids.txt": "\n".join(WNIDS).encode(), "words.txt": words.encode()}
    for i, wnid in enumerate(WNIDS):
        members[f"train/{wnid}/{wnid}_boxes.txt"] = b"x_0.JPEG\t0\t0\t1\t1\n"
        members[f"train/{wnid}/images/{wnid}_1.JPEG"] = jpeg(10 + i)
        members[f"train/{wnid}/images/{wnid}_0.JPEG"] = jpeg(20 + i, grey=i == 1)
        members[f"val/images/val_{i}.JPEG"] = jpeg(30 + i)
    members |= {"val/val_annotations.txt": "".join(rows).encode(), "test/images/test_0.JPEG": jpeg(40)}
    return {f"tiny-imagenet-200/{name}": content for name, content in members.items()}


def zipped(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def decoded(content: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(content)) as image:
        return np.asarray(image.convert("RGB")).transpose(2, 0, 1)


def test_tiny_imagenet_comes_from_its_jpegs_and_the_validation_images_are_the_test_set() -> None:
    prepare(by_hand(SOURCES["tinyimagenet"], TINY_OUTLINE, zipped(tiny_members())), quiet)
    arrays = cache.load("tinyimagenet")
    assert arrays.classes == ("goldfish", "crane n02012849", "crane n03126707")
    assert arrays.train_labels.tolist() == [0, 0, 1, 1, 2, 2]
    assert arrays.test_labels.tolist() == [1, 0, 2]
    grey = jpeg(21, grey=True)
    assert (arrays.train_images[0] == decoded(grey)).all()
    assert (arrays.train_images[0, 0] == arrays.train_images[0, 2]).all()
    assert (arrays.train_images[1] == decoded(jpeg(11))).all()
    assert (arrays.test_images[2] == decoded(jpeg(32))).all()


ROOT = "tiny-imagenet-200"
IMAGE = f"{ROOT}/train/{WNIDS[0]}/images/{WNIDS[0]}_0.JPEG"
NOTES = f"{ROOT}/val/val_annotations.txt"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda m: m.pop(f"{ROOT}/wnids.txt"), "holds no tiny-imagenet-200/wnids.txt"),
        (lambda m: m.pop(NOTES), f"holds no {NOTES}"),
        (lambda m: m.pop(f"{ROOT}/val/images/val_1.JPEG"), "holds no tiny-imagenet-200/val/images/val_1.JPEG"),
        (lambda m: m.pop(IMAGE), "lists 5 training images, not 6"),
        (lambda m: m.update({IMAGE: b"no picture"}), f"{IMAGE} is not a readable image"),
        (lambda m: m.update({IMAGE: jpeg(1)[:200]}), f"{IMAGE} is not a readable image"),
        (lambda m: m.update({IMAGE: jpeg(1, side=32)}), f"{IMAGE} has 32x32 pixels, not 64x64"),
        (lambda m: m.update({NOTES: m[NOTES].replace(b"n01443537", b"n00000000")}), "a test label is -1"),
        (lambda m: m.update({NOTES: m[NOTES].replace(b"n01443537", b"n02012849")}), "classes: goldfish"),
        (lambda m: m.update({f"{ROOT}/wnids.txt": b"n01443537"}), "lists 2 training images, not 6"),
    ],
)
def test_an_archive_of_tiny_imagenet_that_holds_something_else_is_told(change: Callable, words: str) -> None:
    members = tiny_members()
    change(members)
    assert words in refused(by_hand(SOURCES["tinyimagenet"], TINY_OUTLINE, zipped(members)))


def test_a_zip_file_cut_short_or_altered_is_told() -> None:
    content = zipped(tiny_members())
    assert "cannot be read" in refused(by_hand(SOURCES["tinyimagenet"], TINY_OUTLINE, content[: len(content) // 2]))
    middle = bytearray(content)
    middle[200:260] = bytes(60)
    assert "cannot be read" in refused(by_hand(SOURCES["tinyimagenet"], TINY_OUTLINE, bytes(middle)))
