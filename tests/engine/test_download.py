"""The download of a published archive, and every way it can fail: the server, the connection, the disk."""

from __future__ import annotations

import fcntl
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from archives import (
    CIFAR10_OUTLINE,
    NOWHERE,
    SVHN_OUTLINE,
    by_hand,
    cifar10_members,
    mat,
    published,
    quiet,
    refused,
    tar_gz,
)
from web import Server

from engine.contract.dataset import downloads
from engine.contract.errors import UserError
from engine.data import download
from engine.data.prepare import SOURCES, prepare
from engine.data.source import Archive

pytestmark = pytest.mark.usefixtures("no_pause")

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
