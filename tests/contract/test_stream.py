"""The metric stream: append only, strict JSON, readable while it grows and after it was damaged."""

from __future__ import annotations

import gzip
import json
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.contract.stream import Epoch, PhaseChanged, Reader, RunFailed, Warned, Writer


def strict(line: str) -> dict[str, object]:
    def refuse(token: str) -> float:
        raise AssertionError(f"bare {token} in the stream")

    record: dict[str, object] = json.loads(line, parse_constant=refuse)
    return record


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "metrics.jsonl"


def write(path: Path, *records: object, attempt: int = 1) -> None:
    writer = Writer(path, attempt)
    for record in records:
        writer.append(record)  # type: ignore[arg-type]
    writer.close()


def test_every_record_is_stamped_and_numbered_on_through_attempts(path: Path) -> None:
    write(path, Epoch(epoch=1), Epoch(epoch=2))
    write(path, Epoch(epoch=3), attempt=2)
    records = [strict(line) for line in path.read_text().splitlines()]
    assert [(r["event"], r["seq"], r["attempt"], r["epoch"]) for r in records] == [
        ("epoch", 0, 1, 1),
        ("epoch", 1, 1, 2),
        ("epoch", 2, 2, 3),
    ]
    assert all(isinstance(r["time"], float) for r in records)


def test_a_number_that_is_not_finite_stands_as_a_word_and_comes_back_as_a_number(path: Path) -> None:
    write(path, Epoch(epoch=1, train_loss=math.nan, test_loss=math.inf, extra={"kd": -math.inf}))
    record = strict(path.read_text())
    assert (record["train_loss"], record["test_loss"], record["extra"]) == ("nan", "inf", {"kd": "-inf"})
    back = Reader(path).poll()[0]
    assert isinstance(back, Epoch)
    assert math.isnan(back.train_loss or 0)
    assert back.test_loss == math.inf
    assert back.extra == {"kd": -math.inf}


def test_a_reader_holds_back_half_a_line_and_takes_it_when_it_is_whole(path: Path) -> None:
    reader = Reader(path)
    assert reader.poll() == []
    write(path, Epoch(epoch=1))
    whole = path.read_bytes()
    path.write_bytes(whole[:20])
    reader = Reader(path)
    assert reader.poll() == []
    with path.open("ab") as file:
        file.write(whole[20:])
    assert [r.epoch for r in reader.poll() if isinstance(r, Epoch)] == [1]
    assert reader.poll() == []
    assert reader.unreadable == 0


def test_nothing_is_glued_to_the_tail_that_a_killed_writer_left(path: Path) -> None:
    write(path, Epoch(epoch=1))
    with path.open("ab") as file:
        file.write(b'{"event":"epoch","ep')
    write(path, Epoch(epoch=2), attempt=2)
    reader = Reader(path)
    assert [r.epoch for r in reader.poll() if isinstance(r, Epoch)] == [1, 2]
    assert reader.unreadable == 1


def test_a_line_separator_inside_a_string_does_not_split_the_record(path: Path) -> None:
    write(path, Warned(kind="odd", message="a\u2028b\u0085c"))
    assert [r.message for r in Reader(path).poll() if isinstance(r, Warned)] == ["a\u2028b\u0085c"]


def test_what_a_later_version_writes_is_passed_over_and_rubbish_is_counted(path: Path) -> None:
    path.write_bytes(b'{"event":"telepathy","x":1}\n{"event":"epoch","epoch":4,"new_key":[1]}\n\xff\xfe\nnull\n\n')
    reader = Reader(path)
    assert [r.epoch for r in reader.poll() if isinstance(r, Epoch)] == [4]
    assert reader.unreadable == 2


def test_a_stream_that_was_replaced_is_read_anew(path: Path) -> None:
    write(path, Epoch(epoch=1), Epoch(epoch=2))
    reader = Reader(path)
    assert len(reader.poll()) == 2
    path.unlink()
    write(path, Epoch(epoch=1))
    assert len(reader.poll()) == 1
    assert reader.rewritten == 1


def test_a_packed_stream_is_read_like_a_plain_one(path: Path) -> None:
    write(path, Epoch(epoch=1), RunFailed(reason="x"))
    path.with_name("metrics.jsonl.gz").write_bytes(gzip.compress(path.read_bytes()))
    path.unlink()
    reader = Reader(path)
    assert len(reader.poll()) == 2
    assert reader.poll() == []


def test_changes_keep_their_values(path: Path) -> None:
    write(path, PhaseChanged(epoch=3, changes={"mixup": (0.2, 0.0), "augmentation": ("crop", "none")}))
    record = Reader(path).poll()[0]
    assert isinstance(record, PhaseChanged)
    assert record.changes == {"mixup": (0.2, 0.0), "augmentation": ("crop", "none")}


def test_a_full_disk_is_an_error_and_what_was_written_before_stays_readable(path: Path) -> None:
    script = f"""
import resource, signal, sys
from pathlib import Path
from engine.contract.stream import Epoch, Writer
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
writer = Writer(Path({str(path)!r}), 1)
resource.setrlimit(resource.RLIMIT_FSIZE, (300, resource.RLIM_INFINITY))
try:
    for epoch in range(1, 99):
        writer.append(Epoch(epoch=epoch, train_acc=0.5))
except OSError:
    sys.exit(7)
"""
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 7
    assert path.stat().st_size == 300
    before = [r.epoch for r in Reader(path).poll() if isinstance(r, Epoch)]
    write(path, Epoch(epoch=50), attempt=2)
    reader = Reader(path)
    assert [r.epoch for r in reader.poll() if isinstance(r, Epoch)] == [*before, 50]
    assert before and reader.unreadable == 1


def test_after_a_write_that_failed_half_way_the_next_record_is_whole(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = Writer(path, 1)
    writer.append(Epoch(epoch=1))
    real, calls = os.write, []

    def full(fd: int, data: bytes) -> int:
        calls.append(data)
        if len(calls) > 1:
            raise OSError(28, "No space left on device")
        return real(fd, data[:10])

    monkeypatch.setattr("engine.contract.stream.os.write", full)
    with pytest.raises(OSError, match="No space"):
        writer.append(Epoch(epoch=2))
    monkeypatch.undo()
    writer.append(RunFailed(reason="disk full"))
    writer.close()
    reader = Reader(path)
    assert [type(r).__name__ for r in reader.poll()] == ["Epoch", "RunFailed"]
    assert reader.unreadable == 1


def test_a_long_stream_is_read_a_piece_at_a_time(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.contract.stream.PIECE", 1000)
    write(path, *(Epoch(epoch=n, train_acc=0.5) for n in range(1, 41)))
    reader = Reader(path)
    first = reader.read()
    assert 0 < len(first) < 20 and reader.behind
    rest = reader.poll()
    assert [r.epoch for r in (*first, *rest) if isinstance(r, Epoch)] == list(range(1, 41))
    assert not reader.behind and reader.read() == []


def test_a_line_without_end_is_passed_over_and_never_kept(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.contract.stream.PIECE", 1000)
    monkeypatch.setattr("engine.contract.stream.LONGEST", 3000)
    write(path, Epoch(epoch=1))
    with path.open("ab") as file:
        file.write(b"x" * 50_000)
    reader = Reader(path)
    assert len(reader.poll()) == 1 and reader.unreadable == 1 and len(reader._rest) <= 3000
    with path.open("ab") as file:
        file.write(b"x" * 500 + b"\n")
    write(path, Epoch(epoch=2))
    assert [r.epoch for r in reader.poll() if isinstance(r, Epoch)] == [2]
    assert reader.unreadable == 1


def test_a_file_written_anew_and_longer_than_before_is_known_for_another(path: Path) -> None:
    write(path, Epoch(epoch=1, train_acc=0.1))
    reader = Reader(path)
    assert len(reader.poll()) == 1
    text = path.read_text().replace("0.1", "0.2")
    path.write_text(text * 3)
    assert [r.train_acc for r in reader.poll() if isinstance(r, Epoch)] == [0.2] * 3
    assert reader.rewritten == 1


def test_what_is_no_file_or_gone_is_said_and_mends_itself(path: Path) -> None:
    path.mkdir()
    reader = Reader(path)
    assert reader.poll() == [] and reader.problem == "is no file"
    path.rmdir()
    os.mkfifo(path)  # to open it would wait for ever
    assert reader.poll() == [] and reader.problem == "is no file"
    path.unlink()
    write(path, Epoch(epoch=1))
    assert len(reader.poll()) == 1 and reader.problem == ""
    path.unlink()
    assert reader.poll() == [] and reader.problem == "is gone"
    write(path, Epoch(epoch=1), Epoch(epoch=2))
    assert len(reader.poll()) == 2 and (reader.problem, reader.rewritten) == ("", 1)


def test_a_file_that_may_not_be_read_says_why(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(path, Epoch(epoch=1))
    real = Path.open

    def refused(self: Path, *arguments: object, **options: object) -> object:
        if self == path:
            raise PermissionError(13, "Permission denied")
        return real(self, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Path, "open", refused)
    reader = Reader(path)
    assert reader.poll() == [] and reader.problem == "Permission denied"
    monkeypatch.undo()
    assert len(reader.poll()) == 1 and reader.problem == ""


def test_a_stream_packed_while_it_is_followed_is_not_counted_twice(path: Path) -> None:
    write(path, Epoch(epoch=1), Epoch(epoch=2))
    reader = Reader(path)
    assert len(reader.poll()) == 2
    path.with_name("metrics.jsonl.gz").write_bytes(gzip.compress(path.read_bytes().rstrip(b"\n")))
    path.unlink()
    assert len(reader.poll()) == 2 and reader.rewritten == 1
    assert reader.poll() == [] and reader.unreadable == 0


def test_a_packed_stream_that_is_cut_short_gives_what_it_holds(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.contract.stream.PIECE", 1000)
    write(path, *(Epoch(epoch=n, train_acc=n / 977) for n in range(1, 200)))
    packed = gzip.compress(path.read_bytes())
    path.unlink()
    path.with_name("metrics.jsonl.gz").write_bytes(packed[: len(packed) // 2])
    reader = Reader(path)
    assert 10 < len(reader.poll()) < 199
    assert reader.unreadable == 1 and "cannot be unpacked" in reader.problem
    assert reader.poll() == [] and reader.unreadable == 1


def test_two_records_glued_into_one_line_are_not_two_lines(path: Path) -> None:
    write(path, Epoch(epoch=1), Epoch(epoch=2))
    path.write_bytes(path.read_bytes().replace(b"}\n{", b"}{"))
    reader = Reader(path)
    assert reader.poll() == [] and reader.unreadable == 1
