"""Fetches published archives: goes on where a broken download ended, and believes nothing but the checksum."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import http.client
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import IO

from engine.contract.dataset import downloads
from engine.contract.errors import UserError
from engine.data.arrays import Progress
from engine.data.source import Archive

#: How long a server may be silent, seconds.
TIMEOUT = 20.0
#: How often a connection may break in a row without bringing anything new, and the wait in between, seconds.
TRIES = 3
PAUSE = 1.0
_BLOCK = 1 << 18


def fetch(base: str, archive: Archive, progress: Progress) -> Path:
    """The archive's path in the downloads folder, its checksum right; fetched from below `base` unless it is there.

    What has come so far lies beside it under NAME.part and is gone on with the next time. A wrong download is
    removed; a wrong file that somebody put there by hand is theirs to remove.

    Raises:
        UserError: no connection, the server refuses, the content is wrong, or the disk cannot be written.
    """
    path = downloads() / archive.name
    url = base + archive.name
    if _is_there(path):
        if not is_right(path, archive):
            remedy = f"put the file from {url} there, or remove it and run the command again, which fetches it"
            raise UserError(path, "", _wrong(archive), remedy)
        progress(archive.size, archive.size)
        return path
    part = path.with_name(f"{path.name}.part")
    try:
        part.parent.mkdir(parents=True, exist_ok=True)
        with part.open("ab") as file:
            _lock(file, part)
            _download(url, path, file, archive, progress)
        if not is_right(part, archive):
            part.unlink()
            raise UserError(url, "", f"{_wrong(archive)}; it was removed", _by_hand(url, path))
        part.rename(path)
    except OSError as error:
        raise _unwritable(part, error) from error
    finally:
        _remove_if_empty(part)
    return path


def is_right(path: Path, archive: Archive) -> bool:
    """Whether the file is the published one.

    Raises:
        UserError: it cannot be read.
    """
    try:
        if path.stat().st_size != archive.size:
            return False
        with path.open("rb") as file:
            # Not for security: it is the checksum that the authors or the field publish.
            return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest() == archive.md5
    except OSError as error:
        raise UserError(path, "", f"cannot be read: {error.strerror}", "check its permissions") from error


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError as error:
        raise _unwritable(path, error) from error


def _download(url: str, path: Path, file: IO[bytes], archive: Archive, progress: Progress) -> None:
    """Fill `file` up to the archive's size, over as many connections as it takes while each brings more."""
    furthest, failures = file.tell(), 0
    while file.tell() < archive.size:
        reason = _go_on(url, path, file, archive, progress)
        failures = 0 if file.tell() > furthest else failures + 1
        furthest = max(furthest, file.tell())
        if failures == TRIES:
            problem = f"the connection broke at {furthest} of {archive.size} bytes ({reason})"
            remedy = f"run the command again, which goes on from there; or {_by_hand(url, path)}"
            raise UserError(url, "", problem, remedy)
        if reason:
            time.sleep(PAUSE)


def _go_on(url: str, path: Path, file: IO[bytes], archive: Archive, progress: Progress) -> str:
    """One connection, from where `file` ends; returns why it ended early, or nothing."""
    have = file.tell()
    request = urllib.request.Request(url, headers={"User-Agent": "experiment-cockpit"})
    if have:
        request.add_header("Range", f"bytes={have}-")
    try:
        response = urllib.request.urlopen(request, timeout=TIMEOUT)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            _cut(file, 0)
            return "the server has fewer bytes than have come already"
        raise UserError(url, "", f"the server answers {error.code} {error.reason}", _by_hand(url, path)) from error
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        raise UserError(url, "", f"cannot be reached: {reason}", _by_hand(url, path)) from error
    with response:
        start, total = _extent(response)
        if total not in (None, archive.size):
            _cut(file, 0)
            problem = f"the server offers {total} bytes, not the {archive.size} that were published"
            raise UserError(url, "", problem, _by_hand(url, path))
        if start != have:
            _cut(file, 0)
        return _copy(response, file, archive, progress)


def _copy(response: http.client.HTTPResponse, file: IO[bytes], archive: Archive, progress: Progress) -> str:
    progress(file.tell(), archive.size)
    while file.tell() <= archive.size:
        try:
            block = response.read(_BLOCK)
        except (OSError, http.client.HTTPException) as error:
            return str(error) or type(error).__name__
        if not block:
            return "" if file.tell() == archive.size else "the server closed it"
        file.write(block)
        progress(min(file.tell(), archive.size), archive.size)
    return ""


def _extent(response: http.client.HTTPResponse) -> tuple[int | None, int | None]:
    """Where in the file the body begins, and how large the server says the file is; None for what it does not say."""
    if response.status != http.HTTPStatus.PARTIAL_CONTENT:
        length = response.headers.get("Content-Length", "")
        return 0, int(length) if length.isdecimal() else None
    span, _, total = response.headers.get("Content-Range", "").removeprefix("bytes ").partition("/")
    start = span.partition("-")[0]
    return int(start) if start.isdecimal() else None, int(total) if total.isdecimal() else None


def _cut(file: IO[bytes], size: int) -> None:
    file.truncate(size)
    file.seek(size)


def _remove_if_empty(part: Path) -> None:
    with contextlib.suppress(OSError):
        if part.stat().st_size == 0:
            part.unlink()


def _lock(file: IO[bytes], part: Path) -> None:
    """Two processes that append to one file would spoil it."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise UserError(part, "", "another process is fetching it", "wait for that one") from None
    except OSError:
        # A file system without locks; the checksum still stands guard.
        return


def _wrong(archive: Archive) -> str:
    return f"not the published file ({archive.size} bytes with the md5 {archive.md5})"


def _by_hand(url: str, path: Path) -> str:
    return f"fetch {url} by hand, put it at {path}, and run the command again"


def _unwritable(path: Path, error: OSError) -> UserError:
    remedy = "make room, or let COCKPIT_DATA name a folder that can be written"
    return UserError(path, "", f"cannot be written: {error.strerror or error}", remedy)
