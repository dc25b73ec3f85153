"""Published data sets: each read from files in its authors' own format, and every way a file or a fetch can fail."""

from __future__ import annotations

import fcntl
import hashlib
import io
import resource
import sys
import tarfile
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat

from engine.contract.dataset import BUILT_IN, PREPARABLE, Outline, data_home, downloads
from engine.contract.errors import UserError
from engine.data import cache, download
from engine.data.digits import digits
from engine.data.prepare import SOURCES, prepare, source_of
from engine.data.source import Archive, Source

NOWHERE = "http://127.0.0.1:9/"
CIFAR10_NAMES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]


class Server(ThreadingHTTPServer):
    """A web server on this machine. `cuts` says after how many bytes the next answers break off."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.content: dict[str, bytes] = {}
        self.ranges = True
        self.cuts: list[int] = []
        self.silence = 0.0
        self.asked: list[str | None] = []

    def handle_error(self, *arguments: object) -> None:
        """A client that leaves early is what some tests are about."""

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        asked = self.headers.get("Range")
        self.server.asked.append(asked)
        content = self.server.content.get(self.path[1:])
        if content is None:
            return self.send_error(404)
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and self.server.ranges else 0
        if start and start >= len(content):
            return self.send_error(416)
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(content) - start))
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.end_headers()
        time.sleep(self.server.silence)
        body = content[start:]
        self.wfile.write(body[: self.server.cuts.pop(0)] if self.server.cuts else body)
        return None

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "PAUSE", 0.0)


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


# --- CIFAR -----------------------------------------------------------------------------------------------------


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


CIFAR10_OUTLINE = Outline(10, (3, 32, 32), 50, 20)
LABELS = np.arange(50) * 3 % 10


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


# --- SVHN ------------------------------------------------------------------------------------------------------

SVHN_OUTLINE = Outline(10, (3, 32, 32), 30, 20)


def mat(seed: int, count: int, **change: object) -> bytes:
    """[32, 32, 3, N] and [N, 1] with 10 for the digit 0, compressed, as the authors' files are."""
    content = {"X": pixels(count, seed).transpose(2, 3, 1, 0), "y": (np.arange(count)[:, None] % 10 + 1).astype("u1")}
    buffer = io.BytesIO()
    savemat(buffer, {k: v for k, v in (content | change).items() if v is not None}, do_compression=True)
    return buffer.getvalue()


def test_svhn_comes_from_its_matlab_files_and_ten_is_the_digit_zero() -> None:
    prepare(by_hand(SOURCES["svhn"], SVHN_OUTLINE, mat(1, 30), mat(2, 20)), quiet)
    arrays = cache.load("svhn")
    assert arrays.classes == tuple("0123456789")
    assert arrays.train_labels.tolist() == [(i + 1) % 10 for i in range(30)]
    assert (arrays.train_images == pixels(30, 1)).all()
    assert (arrays.test_images == pixels(20, 2)).all()


@pytest.mark.parametrize(
    ("train", "words"),
    [
        (mat(1, 30)[:5000], "not a readable MATLAB file"),
        (b"<html>moved</html>", "not a readable MATLAB file"),
        (b"", "not a readable MATLAB file"),
        (mat(1, 30, y=None), "holds no variable y"),
        (mat(1, 29), "not numbers [32, 32, 3, 30]"),
        (mat(1, 30, y=np.array([["a"] * 30]).T), "y is <U1"),
        (mat(1, 30, y=np.full((30, 1), 11)), "a label is 11, beyond 1..10"),
        (mat(1, 30, y=np.full((30, 1), 0)), "a label is 0, beyond 1..10"),
        (mat(1, 30, y=np.full((30, 1), 4)), "no training image of 9 of the classes: 0, 1, 2, 3, 5"),
        (mat(1, 30, X=np.zeros((32, 32, 3, 30))), "X is float64, not uint8"),
    ],
)
def test_an_svhn_file_that_holds_something_else_is_told(train: bytes, words: str) -> None:
    assert words in refused(by_hand(SOURCES["svhn"], SVHN_OUTLINE, train, mat(2, 20)))


def test_svhn_without_scipy_names_the_package_before_anything_is_fetched(
    monkeypatch: pytest.MonkeyPatch, server: Server
) -> None:
    monkeypatch.setitem(sys.modules, "scipy.io", None)
    with pytest.raises(UserError) as error:
        prepare(replace(SOURCES["svhn"], base=server.base), quiet)
    assert "the package scipy, which cannot be imported" in str(error.value)
    assert f"install scipy for {sys.executable}" in str(error.value)
    assert server.asked == []
    assert not data_home().exists()


# --- Tiny ImageNet ---------------------------------------------------------------------------------------------

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


# --- what is published -----------------------------------------------------------------------------------------


def test_the_published_sizes_and_checksums_are_those_of_the_authors_files() -> None:
    cs, sv, tiny = (
        "https://www.cs.toronto.edu/~kriz/",
        "http://ufldl.stanford.edu/housenumbers/",
        "http://cs231n.stanford.edu/",
    )
    assert {s.base + a.name: (a.size, a.md5) for s in SOURCES.values() for a in s.archives} == {
        f"{cs}cifar-10-binary.tar.gz": (170052171, "c32a1d4ab5d03f1284b67883e8d87530"),
        f"{cs}cifar-100-binary.tar.gz": (168513733, "03b5dce01913d631647c71ecec9e9cb8"),
        f"{sv}train_32x32.mat": (182040794, "e26dedcc434d2e4c54c9b2d4a06d8373"),
        f"{sv}test_32x32.mat": (64275384, "eb5a983be6a315427106f1b164d9cef3"),
        f"{tiny}tiny-imagenet-200.zip": (248100043, "90528d7ca1a48142e341f4ef8d21d0de"),
    }


def test_the_contract_lists_what_the_engine_can_prepare_and_has_built_in() -> None:
    assert {name: source.outline for name, source in SOURCES.items()} == PREPARABLE
    mine = digits()
    sizes = (len(mine.classes), mine.train_images.shape[1:], len(mine.train_labels), len(mine.test_labels))
    assert {"digits": Outline(*sizes)} == BUILT_IN


def test_a_name_that_cannot_be_prepared_is_told() -> None:
    with pytest.raises(UserError, match="did you mean 'cifar100'"):
        source_of("cifar-100")
    with pytest.raises(UserError, match="built in"):
        source_of("digits")


# --- fetching --------------------------------------------------------------------------------------------------

CONTENT = np.random.default_rng(7).bytes(1_000_000)
ARCHIVE = published("thing.bin", CONTENT)


def part() -> Path:
    return downloads() / "thing.bin.part"


def begin(content: bytes) -> None:
    part().parent.mkdir(parents=True)
    part().write_bytes(content)


def failing(base: str) -> str:
    with pytest.raises(UserError) as error:
        download.fetch(base, ARCHIVE, quiet)
    assert not (downloads() / "thing.bin").exists()
    return str(error.value)


def test_an_archive_is_fetched_and_progress_is_told_in_bytes(server: Server) -> None:
    server.content["thing.bin"] = CONTENT
    told = []
    path = download.fetch(server.base, ARCHIVE, lambda *each: told.append(each))
    assert path == downloads() / "thing.bin"
    assert path.read_bytes() == CONTENT
    assert told == sorted(told)
    assert told[-1] == (1_000_000, 1_000_000)
    assert [p.name for p in downloads().iterdir()] == ["thing.bin"]


def test_a_download_goes_on_where_an_earlier_one_ended(server: Server) -> None:
    server.content["thing.bin"] = CONTENT
    begin(CONTENT[:600_000])
    told = []
    path = download.fetch(server.base, ARCHIVE, lambda *each: told.append(each))
    assert path.read_bytes() == CONTENT
    assert server.asked == ["bytes=600000-"]
    assert told[0] == (600_000, 1_000_000)


def test_a_server_that_ignores_ranges_makes_it_begin_anew(server: Server) -> None:
    server.content["thing.bin"], server.ranges = CONTENT, False
    begin(b"x" * 600_000)
    assert download.fetch(server.base, ARCHIVE, quiet).read_bytes() == CONTENT


def test_a_connection_cut_half_way_is_taken_up_again(server: Server) -> None:
    server.content["thing.bin"], server.cuts = CONTENT, [500_000, 100_000]
    assert download.fetch(server.base, ARCHIVE, quiet).read_bytes() == CONTENT
    assert server.asked == [None, "bytes=500000-", "bytes=600000-"]


@pytest.mark.parametrize("ranges", [True, False])
def test_a_connection_that_always_breaks_is_told_and_what_came_is_kept_for_the_next_time(
    server: Server, ranges: bool
) -> None:
    server.content["thing.bin"], server.ranges, server.cuts = CONTENT, ranges, [500_000] + [0] * 3
    if not ranges:
        server.cuts = [500_000] * 4
    told = failing(server.base)
    assert "broke at 500000 of 1000000 bytes" in told
    assert "run the command again, which goes on from there" in told
    assert part().stat().st_size == 500_000
    assert download.fetch(server.base, ARCHIVE, quiet).read_bytes() == CONTENT


def test_a_silent_server_is_not_waited_for_for_ever(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "TIMEOUT", 0.05)
    server.content["thing.bin"], server.silence = CONTENT, 0.3
    assert "broke at 0 of 1000000 bytes (timed out)" in failing(server.base)
    assert list(downloads().iterdir()) == []


def test_wrong_content_is_told_and_removed(server: Server) -> None:
    server.content["thing.bin"] = CONTENT[:-1] + bytes([CONTENT[-1] ^ 1])
    told = failing(server.base)
    assert "not the published file (1000000 bytes with the md5" in told
    assert list(downloads().iterdir()) == []


def test_a_beginning_of_another_file_is_found_out_and_removed(server: Server) -> None:
    server.content["thing.bin"] = CONTENT
    begin(b"x" * 600_000)
    assert "not the published file" in failing(server.base)
    assert list(downloads().iterdir()) == []
    assert download.fetch(server.base, ARCHIVE, quiet).read_bytes() == CONTENT


def test_a_file_of_another_size_is_not_even_fetched(server: Server) -> None:
    server.content["thing.bin"] = b"<html>log in to this network first</html>"
    assert "the server offers 41 bytes, not the 1000000 that were published" in failing(server.base)
    assert list(downloads().iterdir()) == []


def test_a_refusal_names_the_address_and_the_place(server: Server) -> None:
    told = failing(server.base)
    assert "the server answers 404" in told
    assert f"fetch {server.base}thing.bin by hand, put it at {downloads() / 'thing.bin'}" in told
    assert list(downloads().iterdir()) == []


def test_without_network_the_address_and_the_place_are_told() -> None:
    told = failing(NOWHERE)
    assert "cannot be reached" in told
    assert f"fetch {NOWHERE}thing.bin by hand, put it at {downloads() / 'thing.bin'}" in told


def test_a_right_file_put_there_by_hand_needs_no_network() -> None:
    downloads().mkdir(parents=True)
    (downloads() / "thing.bin").write_bytes(CONTENT)
    assert download.fetch(NOWHERE, ARCHIVE, quiet) == downloads() / "thing.bin"


def test_a_wrong_file_put_there_by_hand_is_told_and_left_to_its_owner(server: Server) -> None:
    downloads().mkdir(parents=True)
    (downloads() / "thing.bin").write_bytes(CONTENT[:700])
    with pytest.raises(UserError, match="not the published file") as error:
        download.fetch(server.base, ARCHIVE, quiet)
    assert str(downloads() / "thing.bin") in str(error.value)
    assert (downloads() / "thing.bin").read_bytes() == CONTENT[:700]
    assert server.asked == []


def test_a_download_that_was_complete_when_it_was_killed_needs_no_network() -> None:
    begin(CONTENT)
    assert download.fetch(NOWHERE, ARCHIVE, quiet).read_bytes() == CONTENT
    assert not part().exists()


def test_two_processes_do_not_fetch_into_one_file(server: Server) -> None:
    begin(CONTENT[:10])
    with part().open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert "another process is fetching it" in failing(server.base)
    assert part().read_bytes() == CONTENT[:10]


@contextmanager
def full_disk(after: int) -> Iterator[None]:
    """Any file ends at `after` bytes, which a writer cannot tell from a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (after, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_is_told_and_a_download_goes_on_once_there_is_room(server: Server) -> None:
    server.content["thing.bin"] = CONTENT
    with full_disk(after=300_000):
        told = failing(server.base)
    assert "cannot be written: File too large" in told
    assert download.fetch(server.base, ARCHIVE, quiet).read_bytes() == CONTENT


def test_a_disk_that_fills_while_the_cache_is_built_leaves_no_cache() -> None:
    source = by_hand(SOURCES["cifar10"], CIFAR10_OUTLINE, tar_gz(cifar10_members()))
    with full_disk(after=100_000):
        assert "the data cache cannot be written" in refused(source)


def test_too_little_room_is_told_before_anything_is_fetched(server: Server) -> None:
    source = replace(SOURCES["cifar10"], base=server.base, archives=(Archive("thing.bin", 2**60, ""),))
    with pytest.raises(UserError, match="MiB are needed"):
        prepare(source, quiet)
    assert server.asked == []


def test_a_data_folder_that_cannot_be_written_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("COCKPIT_DATA", str(tmp_path / "file" / "data"))
    with pytest.raises(UserError, match="cannot be written"):
        download.fetch(NOWHERE, ARCHIVE, quiet)


def test_a_set_that_is_here_already_is_not_fetched_again_unless_asked(server: Server) -> None:
    content = tar_gz(cifar10_members())
    server.content["cifar-10-binary.tar.gz"] = content
    archive = published("cifar-10-binary.tar.gz", content)
    source = replace(SOURCES["cifar10"], outline=CIFAR10_OUTLINE, base=server.base, archives=(archive,))
    prepare(source, quiet)
    with pytest.raises(UserError, match="exists already"):
        prepare(source, quiet)
    prepare(source, quiet, replace=True)
    assert len(server.asked) == 1


def test_the_progress_of_two_archives_is_told_as_one(server: Server) -> None:
    contents = {"train_32x32.mat": mat(1, 30), "test_32x32.mat": mat(2, 20)}
    server.content = contents
    archives = tuple(published(name, content) for name, content in contents.items())
    told: list[tuple[int, int]] = []
    source = replace(SOURCES["svhn"], outline=SVHN_OUTLINE, base=server.base, archives=archives)
    prepare(source, lambda unit, done, total: told.append((done, total)) if unit == "bytes" else None)
    assert told == sorted(told)
    assert told[-1] == (sum(map(len, contents.values())),) * 2
