"""Data sets: the digits as shipped, an ImageFolder from real PNG files, and every way one can be wrong."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from engine.contract import dataset
from engine.contract.errors import UserError
from engine.contract.folder import publish
from engine.contract.process import identify
from engine.data import cache
from engine.data.arrays import channel_statistics
from engine.data.digits import digits
from engine.data.holdout import hold_out
from engine.data.image_folder import read_image_folder
from engine.data.shards import shard


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
    images = np.random.default_rng(1).integers(0, 256, (2500, 3, 5, 4), dtype=np.uint8)
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


def test_files_that_changed_since_they_were_written_are_found_by_their_checksum(folder: Path) -> None:
    cache.save("pets", read_image_folder(folder, quiet), "test")
    cache.verify("pets")
    cache.verify("digits")
    path = dataset.data_home() / "pets" / "test_images.npy"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    dataset.require("pets", "my.toml", "run.data")
    with pytest.raises(UserError, match="has changed since it was written") as error:
        cache.verify("pets")
    assert str(path) in str(error.value)


@pytest.mark.parametrize(
    ("name", "source", "command"),
    [
        ("cifar100", "https://example.org/a.tar.gz", "cockpit data prepare cifar100 --replace"),
        ("cifar100", "ImageFolder /images", "cockpit data import cifar100 --from DIR --replace"),
        ("pets", "ImageFolder /images", "cockpit data import pets --from DIR --replace"),
    ],
)
def test_what_is_damaged_names_the_command_that_brings_it_again(
    folder: Path, name: str, source: str, command: str
) -> None:
    cache.save(name, read_image_folder(folder, quiet), source)
    (dataset.data_home() / name / "train_images.npy").unlink()
    with pytest.raises(UserError) as error:
        dataset.require(name, "my.toml", "run.data")
    assert command in error.value.remedy


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("cifar100", "bring it: cockpit data prepare cifar100"),
        ("cifar_100", "did you mean 'cifar100'?; or bring it: cockpit data import cifar_100 --from DIR"),
        ("pets", "or bring it: cockpit data import pets --from DIR"),
    ],
)
def test_a_data_set_that_is_not_here_names_the_command_that_brings_it(name: str, remedy: str) -> None:
    with pytest.raises(UserError, match=f"no data set '{name}'") as error:
        dataset.require(name, "my.toml", "run.data")
    assert error.value.remedy.endswith(remedy)


def test_a_folder_of_somebodys_own_is_never_taken_for_a_data_set_and_replaced(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COCKPIT_DATA", str(folder.parent))
    for replace in (False, True):
        with pytest.raises(UserError, match="holds other things than a data set, such as test"):
            cache.save("images", read_image_folder(folder, quiet), "test", replace=replace)
    assert len(list(folder.rglob("*.png"))) == 10


def test_a_cache_may_be_read_by_whoever_may_read_other_files(folder: Path) -> None:
    cache.save("pets", read_image_folder(folder, quiet), "test")
    (folder / "plain").write_text("")
    mode = (folder / "plain").stat().st_mode
    assert {p.stat().st_mode for p in (dataset.data_home() / "pets").iterdir()} == {mode}


def test_a_signal_while_a_cache_is_written_leaves_nothing_behind(folder: Path) -> None:
    script = """
import sys, time
from engine.data import __main__ as command, cache
def write(path, array):
    path.write_bytes(b"half")
    sys.stdout.write("writing\\n")
    sys.stdout.flush()
    time.sleep(60)
cache._write_array = write
sys.exit(command.main())
"""
    command = [sys.executable, "-P", "-c", script, "import", "pets", "--from", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as engine:
        assert engine.stdout and engine.stderr
        while "writing" not in engine.stdout.readline():
            pass
        engine.send_signal(signal.SIGTERM)
        assert engine.stderr.read() == ""
    assert engine.returncode == 128 + signal.SIGTERM
    assert list(dataset.data_home().iterdir()) == []


def test_what_a_killed_process_left_half_written_goes_with_the_next_save(folder: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        killed = identify(process.pid)
    mine = identify(os.getpid())
    assert killed and mine
    home = dataset.data_home()
    publish(home / ".old.abc" / "owner.json", killed)
    publish(home / ".busy.abc" / "owner.json", mine)
    cache.save("pets", read_image_folder(folder, quiet), "test")
    assert {p.name for p in home.iterdir()} == {"pets", ".busy.abc"}


# --- shards and the held-out split -----------------------------------------------------------------------------

LABELS = np.random.default_rng(0).permutation(np.repeat(np.arange(20), 100))


@pytest.mark.parametrize("kind", ["iid", "class", "dirichlet"])
@pytest.mark.parametrize("count", [1, 3, 20])
def test_every_sample_is_in_exactly_one_shard_and_the_same_one_for_whoever_asks(kind: str, count: int) -> None:
    shards = [shard(LABELS, kind, count, i, seed=5) for i in range(count)]
    assert np.sort(np.concatenate(shards)).tolist() == list(range(len(LABELS)))
    assert all((np.diff(each) > 0).all() for each in shards)
    assert (shard(LABELS, kind, count, count - 1, seed=5) == shards[-1]).all()
    if count > 1:
        assert not np.array_equal(shard(LABELS, kind, count, 0, seed=6), shards[0])


def test_iid_shards_are_of_one_size_and_look_like_the_whole() -> None:
    shards = [shard(LABELS, "iid", 3, i, seed=0) for i in range(3)]
    assert sorted(map(len, shards)) == [666, 667, 667]
    counts = np.stack([np.bincount(LABELS[each], minlength=20) for each in shards])
    # Hypergeometric: 100 of a class over three shards, mean 33.3, deviation 4.6.
    assert counts.min() > 33.3 - 4 * 4.6
    assert counts.max() < 33.3 + 4 * 4.6


def test_shards_by_class_share_no_class() -> None:
    classes = [set(LABELS[shard(LABELS, "class", 3, i, seed=0)]) for i in range(3)]
    assert sorted(map(len, classes)) == [6, 7, 7]
    assert set.union(*classes) == set(range(20))


@pytest.mark.parametrize("alpha", [0.1, 0.5, 2.0, 100.0])
def test_dirichlet_shards_spread_each_class_as_the_distribution_says(alpha: float) -> None:
    count = 4
    labels = np.repeat(np.arange(400), 200)
    shards = [shard(labels, "dirichlet", count, i, seed=1, alpha=alpha) for i in range(count)]
    shares = np.stack([np.bincount(labels[each], minlength=400) for each in shards], axis=1) / 200
    # Each share is Beta(alpha, (count - 1) alpha).
    mean = 1 / count
    variance = mean * (1 - mean) / (count * alpha + 1)
    assert shares.mean(0) == pytest.approx(mean, abs=5 * (variance / 400) ** 0.5)
    assert shares.var(0).mean() == pytest.approx(variance, rel=0.15)


@pytest.mark.parametrize(
    ("arguments", "options", "words"),
    [
        (("iid", 3, 3), {}, "3 is none of 3 shards"),
        (("iid", 0, 0), {}, "0 is none of 0 shards"),
        (("iid", 2001, 0), {}, "2001 shards of 2000 samples"),
        (("class", 21, 0), {}, "21 shards of 20 classes"),
        (("dirichlet", 3, 0), {"alpha": 0.0}, "not a finite number above 0"),
        (("dirichlet", 3, 0), {"alpha": float("nan")}, "not a finite number above 0"),
        (("dirichlet", 40, 0), {"alpha": 1e-6}, "leaves one of 40 shards empty"),
    ],
)
def test_shards_that_cannot_be_are_refused(arguments: tuple, options: dict, words: str) -> None:
    with pytest.raises(UserError, match=words):
        shard(LABELS, *arguments, seed=0, **options)


def test_the_held_out_split_takes_its_share_of_every_class() -> None:
    labels = np.repeat([3, 0, 7, 9], [100, 33, 2, 1])
    kept, held = hold_out(labels, 0.1, seed=0)
    assert sorted([*kept, *held]) == list(range(136))
    assert (np.diff(kept) > 0).all()
    assert (np.diff(held) > 0).all()
    # One of two at least, and none of a class of one.
    assert np.bincount(labels[held], minlength=10).tolist() == [3, 0, 0, 10, 0, 0, 0, 1, 0, 0]
    assert (hold_out(labels, 0.1, seed=0)[1] == held).all()
    assert not np.array_equal(hold_out(labels, 0.1, seed=1)[1], held)


@pytest.mark.parametrize("fraction", [0.0, 1.0, -0.1, float("nan")])
def test_a_held_out_fraction_that_is_none_is_refused(fraction: float) -> None:
    with pytest.raises(UserError, match="is not between 0 and 1"):
        hold_out(LABELS, fraction, seed=0)


def test_a_training_set_too_small_to_hold_anything_out_is_refused() -> None:
    with pytest.raises(UserError, match="no class has a second image"):
        hold_out(np.arange(5), 0.5, seed=0)
