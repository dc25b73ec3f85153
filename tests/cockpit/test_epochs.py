"""A run's epochs in columns: to whoever reads them a sequence of records like any other."""

from __future__ import annotations

import math
import random

import pytest

from cockpit.epochs import Epochs, column, thinned
from cockpit.snapshot import best_of
from engine.contract.stream import Epoch


def epoch(number: int, attempt: int = 1, **fields: object) -> Epoch:
    return Epoch(epoch=number, attempt=attempt, seq=number, time=1e9 + number, **fields)  # type: ignore[arg-type]


RECORDS = [epoch(n, test_acc=n / 10, train_acc=n / 9, lr=0.1 / n, extra={"loss_kd": n * 1.5}) for n in range(1, 8)]


def test_they_are_a_sequence_of_the_records_that_went_in() -> None:
    epochs = Epochs(RECORDS)
    assert list(epochs) == RECORDS
    assert epochs == tuple(RECORDS) and epochs == Epochs(RECORDS) and epochs != tuple(RECORDS[1:])
    assert (epochs[0], epochs[-1], epochs[-3:], len(epochs)) == (RECORDS[0], RECORDS[-1], tuple(RECORDS[-3:]), 7)
    assert epochs.at(3) == RECORDS[2] and epochs.at(99) is None and RECORDS[4] in epochs
    with pytest.raises(IndexError):
        epochs[7]
    assert not Epochs() and Epochs().best is None and list(Epochs().column("lr")) == []


def test_a_column_is_one_number_of_every_epoch_whatever_holds_them() -> None:
    for held in (Epochs(RECORDS), tuple(RECORDS)):
        assert list(column(held, "test_acc")) == [e.test_acc for e in RECORDS]
        assert list(column(held, "epoch")) == [1, 2, 3, 4, 5, 6, 7]
        assert list(column(held, "gap")) == [e.gap for e in RECORDS]
        assert list(column(held, "loss_kd")) == [n * 1.5 for n in range(1, 8)]
        assert (
            list(column(held, "val_acc"))
            == list(column(held, "gap_clean"))
            == list(column(held, "other"))
            == [None] * 7
        )


def test_a_number_that_is_missing_is_not_one_that_is_no_number() -> None:
    records = [
        epoch(1),
        epoch(2, test_acc=math.nan),
        epoch(3, test_acc=0.5, val_acc=0.25),
        epoch(4, extra={"a": 1.0}),
    ]
    epochs = Epochs(records[:2]).extended(records[2:3]).extended(records[3:])
    assert [e.test_acc for e in epochs][::2] == [None, 0.5] and epochs[3].test_acc is None
    assert math.isnan(epochs[1].test_acc or 0.0)
    assert [e.val_acc for e in epochs] == [None, None, 0.25, None]
    assert [e.extra for e in epochs] == [{}, {}, {}, {"a": 1.0}]
    assert epochs.best == records[2] == best_of(records)


def test_a_longer_one_leaves_the_shorter_as_it_was_though_they_share_what_they_have() -> None:
    first = Epochs(RECORDS[:3])
    longer = first.extended(RECORDS[3:5])
    other = first.extended([epoch(4, test_acc=0.9, val_acc=0.1)])
    assert list(first) == RECORDS[:3] and list(longer) == RECORDS[:5]
    assert other[3].val_acc == 0.1 and len(first.column("test_acc")) == 3
    assert (first.best, longer.best, other.best) == (RECORDS[2], RECORDS[4], other[3])


def test_of_two_records_of_an_epoch_that_of_the_higher_attempt_counts() -> None:
    epochs = Epochs(RECORDS[:6])
    again = [epoch(4, 2, test_acc=0.05), epoch(5, 2, test_acc=0.06)]
    resumed = epochs.extended(again)
    assert list(resumed) == [*RECORDS[:3], *again, RECORDS[5]]
    assert resumed.best == RECORDS[5]
    assert resumed.extended([RECORDS[3]]) == resumed
    assert list(Epochs().extended([again[1], again[0], RECORDS[0]])) == [RECORDS[0], *again]
    below = epochs.extended([epoch(n, 2, test_acc=0.0) for n in (4, 5, 6)])
    assert below.best == RECORDS[2]


def test_the_first_of_equals_is_the_best() -> None:
    equal = [epoch(n, test_acc=0.5) for n in (1, 2, 3)]
    assert Epochs(equal[:1]).extended(equal[1:]).best == equal[0] == best_of(equal)


def test_numbers_beyond_what_columns_hold_are_kept_all_the_same() -> None:
    big = Epoch(epoch=1, seq=1 << 80, test_acc=0.5)
    assert Epochs([big, *RECORDS[1:]])[0] == big
    unnamed = Epoch(epoch=1, extra={f"n{i}": float(i) for i in range(1000)})
    assert Epochs([unnamed])[0].extra.items() <= unnamed.extra.items()


def test_a_node_s_epochs_know_their_node() -> None:
    record = Epoch(epoch=1, node=2, test_acc=0.5)
    assert Epochs([record], node=2)[0] == record


def test_of_many_epochs_each_stretch_keeps_its_ends_and_what_is_no_number() -> None:
    values = [0.1, 0.9, 0.5, None, None, None, math.nan, 0.2, 0.3, 0.4, 0.4, 0.4]
    records = tuple(Epoch(epoch=n, test_acc=value) for n, value in enumerate(values, 1))
    found = list(thinned(records, "test_acc", 3))
    assert found[:2] == [(1, 0.1), (2, 0.9)]
    assert found[2][0] == 7 and math.isnan(found[2][1])
    assert found[3:] == [(10, 0.4)]


def test_stretches_are_the_same_whenever_they_are_asked_for() -> None:
    chance = random.Random(0)
    records = [Epoch(epoch=n, test_acc=chance.random(), train_acc=chance.random()) for n in range(1, 101)]
    growing, versions = Epochs(), []
    for first in range(0, 100, 7):
        growing = growing.extended(records[first : first + 7])
        versions.append(growing)
        list(thinned(growing, "gap", 6))
    again = growing.extended([Epoch(epoch=50, attempt=1, test_acc=0.0, train_acc=1.0)])
    for each in (*reversed(versions), again):
        assert list(thinned(each, "gap", 6)) == list(thinned(tuple(each), "gap", 6))
        assert list(thinned(each, "test_acc", 9)) == list(thinned(tuple(each), "test_acc", 9))
