"""`cockpit data` as it is typed: the listing, and preparing a published data set, here from small files."""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

COCKPIT = [sys.executable, "-P", "-m", "cockpit.cli", "data"]
ARCHIVE = "cifar-10-binary.tar.gz"

#: Makes every Python process that is started hold the small archive for the published one, and no server.
STAND_IN = """
from dataclasses import replace
from engine.contract.dataset import Outline
from engine.data import prepare
from engine.data.source import Archive
prepare.SOURCES["cifar10"] = replace(
    prepare.SOURCES["cifar10"],
    outline=Outline(10, (3, 32, 32), 50, 10),
    base="http://127.0.0.1:9/",
    archives=(Archive({name!r}, {size}, {md5!r}),),
)
"""


def data(*arguments: str, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    variables = os.environ | (environment or {})
    return subprocess.run(
        [*COCKPIT, *arguments], check=False, capture_output=True, text=True, timeout=60, env=variables
    )


def cifar10() -> bytes:
    """Sixty images in the published layout."""
    rng = np.random.default_rng(0)
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name in (*(f"data_batch_{i}.bin" for i in range(1, 6)), "test_batch.bin", "batches.meta.txt"):
            batch = rng.integers(0, 256, (10, 3073), dtype=np.uint8)
            batch[:, 0] = np.arange(10)
            content = batch.tobytes() if name.endswith(".bin") else "".join(f"class{i}\n" for i in range(10)).encode()
            info = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def stand_in(tmp_path: Path) -> dict[str, str]:
    """The environment in which cifar10 is the small archive, which is not in place yet."""
    content = cifar10()
    (tmp_path / "site").mkdir()
    (tmp_path / ARCHIVE).write_bytes(content)
    script = STAND_IN.format(name=ARCHIVE, size=len(content), md5=hashlib.md5(content).hexdigest())
    (tmp_path / "site" / "sitecustomize.py").write_text(script)
    return {"PYTHONPATH": str(tmp_path / "site")}


@pytest.fixture
def placed(tmp_path: Path, home: Path, stand_in: dict[str, str]) -> dict[str, str]:
    """The same, with the archive put where a person would put it."""
    (home / "downloads").mkdir(parents=True)
    (tmp_path / ARCHIVE).rename(home / "downloads" / ARCHIVE)
    return stand_in


def test_the_listing_tells_what_is_here_and_what_can_be_had(home: Path) -> None:
    result = data("list")
    assert result.returncode == 0
    rows = [line.split() for line in result.stdout.splitlines()]
    assert ["digits", "built", "in", "10", "1,442", "355", "8x8x1", "-"] in rows
    assert ["cifar100", "not", "here", "100", "50,000", "10,000", "32x32x3", "-"] in rows
    assert ["tinyimagenet", "not", "here", "200", "100,000", "10,000", "64x64x3", "-"] in rows
    assert str(home) in result.stdout
    assert not home.exists()


def test_the_listing_is_the_same_for_programs() -> None:
    told = {each["name"]: each for each in json.loads(data("list", "--json").stdout)}
    assert list(told) == ["digits", "cifar10", "cifar100", "svhn", "tinyimagenet"]
    assert told["svhn"] == {
        "name": "svhn",
        "state": "not here",
        "classes": 10,
        "train_images": 73257,
        "test_images": 26032,
        "shape": [3, 32, 32],
        "disk_bytes": 0,
        "source": "",
        "problem": "",
    }


def test_a_published_set_is_prepared_from_a_file_put_there_by_hand_and_then_is_ready(
    home: Path, placed: dict[str, str]
) -> None:
    result = data("prepare", "cifar10", environment=placed)
    assert result.stderr == ""
    assert result.returncode == 0
    place = home / "cifar10"
    assert result.stdout == f"cifar10: 50 training and 10 test images, 10 classes, 32x32x3, in {place}\n"
    told = {each["name"]: each for each in json.loads(data("list", "--json").stdout)}["cifar10"]
    assert (told["state"], told["classes"], told["train_images"]) == ("ready", 10, 50)
    assert told["disk_bytes"] == sum(p.stat().st_size for p in place.glob("*.npy"))
    assert told["source"].startswith(f"http://127.0.0.1:9/{ARCHIVE} (md5 ")
    assert f"of archives in {home / 'downloads'}" in data("list").stdout


def test_a_set_that_is_here_is_built_again_only_on_request(placed: dict[str, str]) -> None:
    assert data("prepare", "cifar10", environment=placed).returncode == 0
    again = data("prepare", "cifar10", environment=placed)
    assert again.returncode == 2
    assert "exists already" in again.stderr
    assert "--replace" in again.stderr
    assert data("prepare", "cifar10", "--replace", environment=placed).returncode == 0


def test_without_network_the_address_and_the_place_for_the_file_are_told(
    home: Path, stand_in: dict[str, str]
) -> None:
    result = data("prepare", "cifar10", environment=stand_in)
    assert result.returncode == 2
    assert "cannot be reached" in result.stderr
    assert f"fetch http://127.0.0.1:9/{ARCHIVE} by hand, put it at {home / 'downloads' / ARCHIVE}" in result.stderr
    assert [p.name for p in home.rglob("*")] == ["downloads"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["prepare", "cifar_100"], "did you mean 'cifar100'"),
        (["prepare", "imagenet"], "cockpit data import NAME --from DIR"),
        (["prepare", "digits"], "built in"),
        (["prepare", "cifar100"], "not the published file (168513733 bytes"),
        (["import", "downloads", "--from", "."], "cannot be its name"),
    ],
)
def test_a_mistake_is_two_lines_and_exit_code_2(home: Path, arguments: list[str], words: str) -> None:
    (home / "downloads").mkdir(parents=True)
    (home / "downloads" / "cifar-100-binary.tar.gz").write_bytes(b"half of it")
    result = data(*arguments)
    assert result.returncode == 2
    assert words in result.stderr
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 2
    assert result.stdout == ""
    assert [p.name for p in home.iterdir()] == ["downloads"]


def test_imported_and_damaged_sets_are_listed_with_what_to_do(tmp_path: Path, home: Path) -> None:
    for split in ("train", "test"):
        for name in ("cat", "dog"):
            (tmp_path / "images" / split / name).mkdir(parents=True)
            Image.new("RGB", (8, 6)).save(tmp_path / "images" / split / name / "0.png")
    assert data("import", "pets", "--from", str(tmp_path / "images")).returncode == 0
    assert ["pets", "ready", "2", "2", "2", "8x6x3"] in [
        line.split()[:6] for line in data("list").stdout.splitlines()
    ]
    (home / "pets" / "test_labels.npy").unlink()
    (home / "broken").mkdir()
    (home / "broken" / "manifest.json").write_text("{")
    told = {each["name"]: each for each in json.loads(data("list", "--json").stdout)}
    assert (told["pets"]["state"], told["broken"]["state"]) == ("damaged", "damaged")
    assert "test_labels.npy is missing" in told["pets"]["problem"]
    assert "cannot be read" in told["broken"]["problem"]
    table = data("list").stdout
    assert "bring it again: cockpit data import pets --from DIR --replace" in table
