"""Data sets: the digits as shipped, an ImageFolder from real PNG files, and every way one can be wrong."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from engine.contract import dataset
from engine.contract.errors import UserError
from engine.data import cache
from engine.data.arrays import channel_statistics
from engine.data.digits import digits
from engine.data.image_folder import read_image_folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two classes of 10x12 RGB noise, three images each to train on and two to test."""
    rng = np.random.default_rng(0)
    for split, count in (("train", 3), ("test", 2)):
        for name in ("cat", "dog"):
            (tmp_path / "images" / split / name).mkdir(parents=True)
            for i in range(count):
                pixels = rng.integers(0, 256, (12, 10, 3), dtype=np.uint8)
                Image.fromarray(pixels).save(tmp_path / "images" / split / name / f"{i}.png")
    return tmp_path / "images"


def quiet(done: int, total: int) -> None:
    assert 0 < done <= total


def test_the_digits_are_scikit_learns_split_by_class() -> None:
    mine = digits()
    theirs = load_digits()
    assert len(mine.train_labels) + len(mine.test_labels) == len(theirs.target)
    assert np.bincount(mine.test_labels).min() >= 34
    everything = np.concatenate([mine.train_images, mine.test_images]).reshape(-1, 64)
    labels = np.concatenate([mine.train_labels, mine.test_labels])
    want = {
        (bytes(np.rint(x * 255 / 16).astype(np.uint8)), y) for x, y in zip(theirs.data, theirs.target, strict=True)
    }
    assert {(bytes(x), y) for x, y in zip(everything, labels, strict=True)} == want


def test_channel_statistics_are_those_of_the_images_scaled_to_one() -> None:
    images = np.random.default_rng(1).integers(0, 256, (7, 3, 5, 4), dtype=np.uint8)
    mean, std = channel_statistics(images)
    assert mean == pytest.approx((images / 255).mean((0, 2, 3)))
    assert std == pytest.approx((images / 255).std((0, 2, 3)))


def test_an_image_folder_is_imported_by_the_command_and_comes_back_to_the_pixel(folder: Path) -> None:
    command = [sys.executable, "-P", "-m", "engine.data", "import", "pets", "--from", str(folder)]
    subprocess.run(command, check=True)
    arrays = cache.load("pets")
    assert arrays.classes == ("cat", "dog")
    assert arrays.train_images.shape == (6, 3, 12, 10)
    assert arrays.train_labels.tolist() == [0, 0, 0, 1, 1, 1]
    with Image.open(folder / "test" / "dog" / "1.png") as image:
        assert (arrays.test_images[3] == np.asarray(image).transpose(2, 0, 1)).all()
    manifest = dataset.available()["pets"]
    assert manifest is not None
    assert (manifest.shape, manifest.train_images, manifest.test_images) == ((3, 12, 10), 6, 4)


def test_importing_needs_no_torch() -> None:
    script = "import engine.data.__main__, sys; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda f: (f / "train").rename(f / "training"), "no such folder"),
        (lambda f: [p.unlink() for p in (f / "train").glob("*/*")], "holds no images"),
        (lambda f: [p.unlink() for p in (f / "test" / "dog").iterdir()], "holds no images"),
        (lambda f: (f / "test" / "dog").rename(f / "test" / "wolf"), "classes in one split only: dog, wolf"),
        (lambda f: (f / "train" / "cat" / "1.png").write_bytes(b"no picture"), "not a readable image"),
        (lambda f: Image.new("RGB", (3, 3)).save(f / "train" / "cat" / "1.png"), "3x3 pixels"),
    ],
)
def test_a_wrong_image_folder_is_told_by_file_and_leaves_nothing_behind(
    folder: Path, damage: object, words: str
) -> None:
    damage(folder)  # type: ignore[operator]
    command = [sys.executable, "-P", "-m", "engine.data", "import", "pets", "--from", str(folder)]
    result = subprocess.run(command, check=False, capture_output=True, text=True)
    assert result.returncode == 2
    assert words in result.stderr
    assert str(folder) in result.stderr
    assert "Traceback" not in result.stderr
    assert not dataset.data_home().exists() or list(dataset.data_home().iterdir()) == []


def test_a_name_is_taken_once_and_replaced_on_request(folder: Path) -> None:
    arrays = read_image_folder(folder, quiet)
    cache.save("pets", arrays, "test")
    with pytest.raises(UserError, match="exists already"):
        cache.save("pets", arrays, "test")
    cache.save("pets", arrays, "again", replace=True)
    assert json.loads((dataset.data_home() / "pets" / "manifest.json").read_text())["source"] == "again"
    assert [p.name for p in dataset.data_home().iterdir()] == ["pets"]
    for name in ("digits", "../pets", "Pets", ""):
        with pytest.raises(UserError):
            cache.save(name, arrays, "test")


def test_a_damaged_cache_is_told_before_anything_is_launched(folder: Path) -> None:
    cache.save("pets", read_image_folder(folder, quiet), "test")
    with (dataset.data_home() / "pets" / "train_images.npy").open("r+b") as file:
        file.truncate(200)
    with pytest.raises(UserError, match="has 200 bytes"):
        dataset.require("pets", "my.toml", "run.data")
    (dataset.data_home() / "pets" / "train_images.npy").unlink()
    with pytest.raises(UserError, match="is missing"):
        dataset.require("pets", "my.toml", "run.data")


def test_a_cache_that_cannot_be_written_is_told(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("COCKPIT_DATA", str(tmp_path / "file"))
    with pytest.raises(UserError, match="cannot be written"):
        cache.save("pets", read_image_folder(folder, quiet), "test")
