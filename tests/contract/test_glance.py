"""A long stream is seen in its outline before it is read."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from engine.contract import glance as glancing
from engine.contract.glance import glance
from engine.contract.stream import Epoch, RunStarted, as_line


@pytest.fixture
def long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A thousand epochs, long by a smaller measure."""
    for name, size in {"LONG": 1000, "PLACES": 10, "PLACE": 400, "END": 2000}.items():
        monkeypatch.setattr(glancing, name, size)
    path = tmp_path / "metrics.jsonl"
    begun = RunStarted(
        epochs=1000, steps_per_epoch=1, train_images=1, test_images=1, parameters=(1,), device="cpu", environment={}
    )
    path.write_bytes(b"".join(map(as_line, [begun, *(Epoch(epoch=n, test_acc=n / 1000) for n in range(1, 1001))])))
    return path


def test_it_has_the_beginning_the_end_and_places_between_in_order(long: Path) -> None:
    first, *epochs = glance(long)
    assert isinstance(first, RunStarted)
    numbers = [record.epoch for record in epochs if isinstance(record, Epoch)]
    assert len(numbers) == len(epochs) < 200
    assert numbers == sorted(set(numbers))
    assert numbers[0] == 1 and numbers[-10:] == list(range(991, 1001))
    assert max(b - a for a, b in itertools.pairwise(numbers)) <= 100


def test_records_cut_at_the_edge_of_a_place_are_whole_or_left_out(long: Path) -> None:
    assert all(record.test_acc == record.epoch / 1000 for record in glance(long) if isinstance(record, Epoch))


def test_what_is_no_record_hides_none(long: Path) -> None:
    lines = long.read_bytes().split(b"\n")
    lines[-5] = b"\x00garbage"
    long.write_bytes(b"\n".join(lines))
    assert [r.epoch for r in glance(long) if isinstance(r, Epoch)][-1] == 1000


def test_a_short_stream_or_none_has_no_outline(long: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(glancing, "LONG", 10_000_000)
    assert glance(long) == []
    assert glance(tmp_path / "missing.jsonl") == []
