"""A run's metric stream: append records to it, follow it.

One JSON object a line, strict JSON, in `metrics.jsonl`. One writer, which only ever appends. For one (stage, node,
epoch) the record of the highest attempt counts, so a resumed run appends and never rewrites. What a record says, and
in which units, is records.py's; who writes or follows a stream finds its records here, too.
"""

from __future__ import annotations

import gzip
import os
import stat
import time as clock
import zlib
from pathlib import Path

import msgspec

from engine.contract.records import (
    AnyRecord,
    CheckpointSaved,
    Epoch,
    Forked,
    PhaseChanged,
    Record,
    RunFailed,
    RunFinished,
    RunStarted,
    RunStopped,
    StageStarted,
    Warned,
    as_line,
    finite,
    from_lines,
)

__all__ = [
    "AnyRecord",
    "CheckpointSaved",
    "Epoch",
    "Forked",
    "PhaseChanged",
    "Reader",
    "Record",
    "RunFailed",
    "RunFinished",
    "RunStarted",
    "RunStopped",
    "StageStarted",
    "Warned",
    "Writer",
    "as_line",
    "finite",
]


class Writer:
    """Appends records to one run's stream on behalf of one attempt.

    A tail that a killed writer left without its newline is closed first, so that nothing is glued to it.

    Raises:
        OSError: the file cannot be written, or the disk is full; whatever was written of a record is then
            an unterminated tail, which the next writer closes and readers count as unreadable.
    """

    def __init__(self, path: Path, attempt: int) -> None:
        self._attempt, self._torn = attempt, False
        self.history = Reader(path).poll()
        self._seq = max((record.seq for record in self.history), default=-1) + 1
        self._file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
        size = os.fstat(self._file).st_size
        if size and os.pread(self._file, 1, size - 1) != b"\n":
            self._write(b"\n")

    def append(self, record: Record, *, durable: bool = False) -> None:
        """Write one record, stamped with time, number and attempt; `durable` survives a power cut."""
        stamped = msgspec.structs.replace(record, time=clock.time(), seq=self._seq, attempt=self._attempt)
        self._write(as_line(stamped))
        self._seq += 1
        if durable:
            os.fsync(self._file)

    def close(self) -> None:
        """Make everything survive a power cut and let go of the file."""
        os.fsync(self._file)
        os.close(self._file)

    def _write(self, line: bytes) -> None:
        # After a write that failed half way, the next record must not be glued to the torn one.
        line = b"\n" + line if self._torn else line
        self._torn = True
        written = os.write(self._file, line)
        while written < len(line):
            written += os.write(self._file, line[written:])
        self._torn = False


#: How much of a stream is taken at a time, bytes: a few thousand records, in a few milliseconds.
PIECE = 1 << 20
#: A line longer than this is no record, and is passed over without being kept, bytes.
LONGEST = 4 << 20
#: How much of what was read is looked at again, to know the file by, bytes.
_ANCHOR = 64


class Reader:
    """Follows one run's stream, live or finished, plain or gzipped, a piece at a time.

    `unreadable` counts the lines that were no record; `rewritten` how often the file turned out to be another
    than what was read of it, which no engine brings about, and reading began anew. `problem` says why nothing
    more can be read of it, and `behind` whether there is more than was read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rewritten = 0
        self.problem = ""
        self._gz = path.with_name(path.name + ".gz")
        self._begin()

    def _begin(self) -> None:
        """As if nothing had been read."""
        self.unreadable, self.behind = 0, False
        self._offset, self._anchor, self._rest, self._passes_over = 0, b"", b"", False
        self._inode, self._state = 0, (0, 0)
        self._packed: gzip.GzipFile | None = None

    @property
    def share(self) -> float:
        """How much of it is read, 1 for all there is; 0 of a packed one, whose length is not known."""
        if not self.behind:
            return 1.0
        return 0.0 if self._packed else min(0.99, self._offset / max(1, self._state[0]))

    def poll(self) -> list[AnyRecord]:
        """All records that have been completed since the last call; none when the file is missing."""
        records = self.read()
        while self.behind:
            records += self.read()
        return records

    def read(self) -> list[AnyRecord]:
        """The next of them, from PIECE bytes at most."""
        try:
            data = self._next()
        except FileNotFoundError:
            self.problem, self.behind = "is gone" if self._offset else "", False
            return []
        except OSError as error:
            self.problem, self.behind = error.strerror or str(error), False
            return []
        return self._take(data)

    def _next(self) -> bytes:
        """What comes after the bytes that were read, if the file is still the same; else its beginning."""
        try:
            path, found = self.path, self.path.stat()
        except FileNotFoundError:
            path, found = self._gz, self._gz.stat()
        state = found.st_size, found.st_mtime_ns
        if (found.st_ino, state) == (self._inode, self._state) and not self.behind:
            return b""
        if not stat.S_ISREG(found.st_mode):
            raise OSError(0, "is no file")
        if self._inode and found.st_ino != self._inode:
            self._begin_anew()
        self.problem = ""
        data = self._next_packed(state) if path is self._gz else self._next_plain()
        # The state that was met, not the one that is left: what comes meanwhile is looked at the next time.
        self._inode, self._state = found.st_ino, state
        return data

    def _begin_anew(self) -> None:
        self._begin()
        self.rewritten += 1

    def _next_plain(self) -> bytes:
        with self.path.open("rb") as file:
            # Its size does not tell whether a file was written anew: it may be longer than before.
            file.seek(self._offset - len(self._anchor))
            if file.read(len(self._anchor)) != self._anchor:
                self._begin_anew()
                file.seek(0)
            data = file.read(PIECE)
        self.behind = len(data) == PIECE
        self._offset += len(data)
        self._anchor = (self._anchor[len(data) :] + data[-_ANCHOR:])[-_ANCHOR:]
        return data

    def _next_packed(self, state: tuple[int, int]) -> bytes:
        """The next of a packed stream, which is whole: there is no going on in one that has changed."""
        if self._offset and state != self._state:
            self._begin_anew()
        try:
            self._packed = self._packed or gzip.open(self._gz)  # noqa: SIM115 (open from piece to piece)
            data = self._packed.read(PIECE)
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            self.problem = f"cannot be unpacked: {error}"
            self.unreadable += 1
            self._packed, self.behind = None, False
            return b""
        self.behind = len(data) == PIECE
        self._offset += len(data)
        if self.behind:
            return data
        self._packed.close()
        self._packed = None
        # Nobody will write the end of its last line.
        return data if (self._rest + data)[-1:] in (b"", b"\n") else data + b"\n"

    def _take(self, data: bytes) -> list[AnyRecord]:
        """The records of the lines that `data` completes; what comes after these is kept for the next time."""
        data = self._rest + data
        end = data.rfind(b"\n") + 1
        begin = data.find(b"\n") + 1 if self._passes_over else 0
        self._rest = data[end:]
        if end:
            self._passes_over = False
        if len(self._rest) > LONGEST or self._passes_over:
            self.unreadable += not self._passes_over
            self._rest, self._passes_over = b"", True
        records, unreadable = from_lines(data[begin:end])
        self.unreadable += unreadable
        return records
