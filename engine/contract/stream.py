"""The records of a run's metric stream; append them, follow them.

One JSON object a line, strict JSON, in `metrics.jsonl`. One writer, which only ever appends. Accuracies and
gaps are fractions of 1, losses are means in nats, `time` is seconds since 1970, `seconds` are wall-clock. A
number that is not finite stands as the word "nan", "inf" or "-inf". For one (stage, node, epoch) the record
of the highest attempt counts, so a resumed run appends and never rewrites.
"""

from __future__ import annotations

import gzip
import math
import os
import stat
import time as clock
import zlib
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from engine.contract.spec import MOST_EPOCHS


class Record(Struct, frozen=True, kw_only=True, tag_field="event", omit_defaults=True):
    """What every record says: when it was written, its number in the stream, and by which attempt."""

    time: float = 0.0
    seq: int = -1
    attempt: int = 0


class RunStarted(Record, tag="run_started", frozen=True, kw_only=True):
    """An attempt began. `epoch` and `step` are what was already done: 0 and 0 unless it resumes.

    `environment` holds what must be equal for a resume to be exact: versions, device, threads, settings. `teacher`
    names the run that teaches and `teacher_test_acc` what its network scores on this run's test set.
    """

    epochs: int
    steps_per_epoch: int
    train_images: int
    test_images: int
    parameters: tuple[int, ...]
    device: str
    environment: dict[str, str]
    epoch: int = 0
    step: int = 0
    teacher: str = ""
    teacher_test_acc: float | None = None


class Forked(Record, tag="forked", frozen=True, kw_only=True):
    """The run is a fork of another: all records before this one are copies of that run's, up to `epoch`.

    A copy says that it was written by attempt 0, which is none of the fork's own; its time is the parent's.
    """

    group: str
    name: str
    identity: str
    epoch: int


class StageStarted(Record, tag="stage_started", frozen=True, kw_only=True):
    """A part of the run with its own epochs began: train, or before it paraphraser."""

    stage: str
    epochs: int


class PhaseChanged(Record, tag="phase_changed", frozen=True, kw_only=True):
    """Settings changed with the start of this epoch: name -> (before, now)."""

    epoch: int
    changes: dict[str, tuple[Any, Any]]
    stage: str = "train"


class Epoch(Record, tag="epoch", frozen=True, kw_only=True):
    """One epoch of one node, or of the whole run when `node` is missing: then the means over its nodes.

    `train_acc` and `train_loss` are as trained: augmented, mixed, in training mode, under moving weights.
    `train_acc_clean` is in evaluation mode without augmentation, on a fixed stratified part of the training
    set. `val_*` are of the held-out split, where there is one. `extra` holds further numbers by name: the parts
    of the loss (loss_ce, loss_kd, loss_feature, before they are weighted), of several networks ensemble_acc and
    agreement, skipped_steps, and peak_memory in bytes.
    """

    epoch: Annotated[int, Meta(ge=0, le=MOST_EPOCHS)]
    stage: str = "train"
    node: int | None = None
    lr: float | None = None
    train_acc: float | None = None
    train_loss: float | None = None
    train_acc_clean: float | None = None
    val_acc: float | None = None
    val_loss: float | None = None
    test_acc: float | None = None
    test_loss: float | None = None
    images_per_second: float | None = None
    seconds: float | None = None
    extra: dict[str, float] = {}

    @property
    def gap(self) -> float | None:
        """Train accuracy as trained less test accuracy, of this epoch."""
        return None if self.train_acc is None or self.test_acc is None else self.train_acc - self.test_acc

    @property
    def gap_clean(self) -> float | None:
        """Clean train accuracy less test accuracy, of this epoch."""
        if self.train_acc_clean is None or self.test_acc is None:
            return None
        return self.train_acc_clean - self.test_acc


class CheckpointSaved(Record, tag="checkpoint_saved", frozen=True, kw_only=True):
    """A checkpoint can be gone on from: `step` counts the steps done in the epoch after `epoch`."""

    epoch: int
    file: str
    step: int = 0
    best: bool = False


class Warned(Record, tag="warning", frozen=True, kw_only=True):
    """Something a person should know, in words. `kind` is a short name to filter by."""

    kind: str
    message: str
    epoch: int | None = None


class RunFinished(Record, tag="run_finished", frozen=True, kw_only=True):
    """Training is over: all epochs are done, or early stopping ended it, as `reason` then says."""

    epoch: int
    reason: str = ""


class RunStopped(Record, tag="run_stopped", frozen=True, kw_only=True):
    """The engine left before the end because it was asked to, and saved."""

    epoch: int
    reason: str
    step: int = 0


class RunFailed(Record, tag="run_failed", frozen=True, kw_only=True):
    """The engine could not go on. The traceback is in the attempt's log."""

    reason: str
    epoch: int | None = None


AnyRecord = (
    RunStarted
    | Forked
    | StageStarted
    | PhaseChanged
    | Epoch
    | CheckpointSaved
    | Warned
    | RunFinished
    | RunStopped
    | RunFailed
)
# strict=False is what turns the words "nan", "inf" and "-inf" back into floats.
_decoder = msgspec.json.Decoder(AnyRecord, strict=False)
_KNOWN = frozenset(r.__struct_config__.tag for r in AnyRecord.__args__)


def finite(value: Any) -> Any:
    """`value` with every float that is not finite replaced by its word, all the way down."""
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    if isinstance(value, dict):
        return {key: finite(entry) for key, entry in value.items()}
    return [finite(entry) for entry in value] if isinstance(value, (list, tuple)) else value


def as_line(record: Record) -> bytes:
    """A record as it stands in the stream, with its newline."""
    return msgspec.json.encode(finite(msgspec.to_builtins(record))) + b"\n"


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
        self._anchor = (self._anchor + data)[-_ANCHOR:]
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
        return self._decode(data[begin:end])

    def _decode(self, data: bytes) -> list[AnyRecord]:
        try:
            records: list[AnyRecord] = _decoder.decode_lines(data)
            # A sound line is one record; whatever else is found is told apart line by line.
            if len(records) == data.count(b"\n"):
                return records
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            pass
        records = []
        # Not splitlines: it also breaks at U+2028 and U+0085, which may stand inside a string.
        for line in data.split(b"\n"):
            if not line.strip():
                continue
            try:
                records.append(_decoder.decode(line))
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                self.unreadable += not _is_unknown_event(line)
        return records


def _is_unknown_event(line: bytes) -> bool:
    """Whether a line is a sound record of a kind that a later version writes: passed over, not counted."""
    try:
        event = msgspec.json.decode(line, type=dict[str, Any]).get("event")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return isinstance(event, str) and event not in _KNOWN
