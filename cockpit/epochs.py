"""The epochs of one network in columns: a sequence of records that takes a tenth of their memory."""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import chain
from operator import attrgetter
from typing import Any, TypeAlias, overload

from engine.contract.stream import Epoch

#: The fields that are kept, each with its type in an array: q a whole number, d a fraction.
_TYPES = {name: "d" for name in Epoch.__struct_fields__ if name not in ("stage", "node", "extra")}
_TYPES |= dict.fromkeys(("epoch", "seq", "attempt"), "q")
_fields = attrgetter(*_TYPES)
#: How many further numbers a run may name; those past it are passed over.
MOST_EXTRA = 256


def column(epochs: Sequence[Epoch], name: str, last: int | None = None) -> Sequence[Any]:
    """One number of every epoch, or of so many at the end; None where it has none.

    A number is a field, `gap`, `gap_clean`, or one of `extra`.
    """
    if isinstance(epochs, Epochs):
        return epochs.column(name, last)
    epochs = epochs if last is None else epochs[-last:]
    if name in Epoch.__struct_fields__ or name in ("gap", "gap_clean"):
        return [getattr(epoch, name) for epoch in epochs]
    return [epoch.extra.get(name) for epoch in epochs]


def record_at(epochs: Sequence[Epoch], number: int) -> Epoch | None:
    """The record of an epoch by its number; None where it has none."""
    if isinstance(epochs, Epochs):
        return epochs.at(number)
    return next((epoch for epoch in epochs if epoch.epoch == number), None)


def is_sampled(epochs: Sequence[Epoch]) -> bool:
    """Whether epochs between these were left out on purpose."""
    return isinstance(epochs, Epochs) and epochs.sampled


#: A column: packed where every epoch has the number, a list where some have none.
_Values: TypeAlias = "array[Any] | list[Any]"


#: A number of some epochs: of each stretch of epochs its lowest and highest, by epoch.
Pairs: TypeAlias = tuple[tuple[int, float], ...]


def thinned(epochs: Sequence[Epoch], name: str, stretch: int) -> Iterator[tuple[int, float]]:
    """Of each stretch of so many epochs the lowest and the highest value of one number, each with its epoch.

    A value that is not finite stands for its whole stretch.
    """
    whole = epochs.stretches(name, stretch) if isinstance(epochs, Epochs) else ()
    rest = len(epochs) - len(whole) * stretch
    yield from chain.from_iterable(whole)
    yield from chain.from_iterable(_thinned(column(epochs, "epoch", rest), column(epochs, name, rest), stretch))


def _thinned(epochs: Sequence[int], values: Sequence[Any], stretch: int) -> Iterator[Pairs]:
    for start in range(0, len(epochs), stretch):
        part = values[start : start + stretch]
        known = part if isinstance(part, array) else [value for value in part if value is not None]
        places: set[int] = set()
        if known and math.isfinite(sum(known)):
            places = {part.index(min(known)), part.index(max(known))}
        elif known:
            odd = (i for i, value in enumerate(part) if value is not None and not math.isfinite(value))
            # Where each is finite and only their sum is not, the greatest is odd enough.
            places = {next(odd, part.index(max(known)))}
        yield tuple((epochs[start + i], part[i]) for i in sorted(places))


class Epochs(Sequence[Epoch]):
    """Epochs in their order, of the run as a whole or of one node; frozen, as a tuple of records is.

    A record is made when it is asked for; who wants one number of every epoch asks for its `column`. `sampled` says
    that the epochs between them are not missing, but were left out.
    """

    __slots__ = ("_best", "_columns", "_kept", "_length", "_node", "sampled")

    def __init__(self, records: Sequence[Epoch] = (), node: int | None = None, *, sampled: bool = False) -> None:
        self.sampled = sampled
        self._columns, self._length, self._node = _Columns(), 0, node
        self._best: int | None = None
        self._kept: dict[int, Epoch] = {}
        if records:
            self._append(records)

    def extended(self, records: Sequence[Epoch]) -> Epochs:
        """With further records. Of two of one epoch that of the higher attempt counts, of equals the later one."""
        numbers = [record.epoch for record in records]
        last = self._columns.fields["epoch"][self._length - 1] if self._length else -1
        if numbers[0] > last and numbers == sorted(set(numbers)):
            return self._with(self._length, records)
        # A resumed run goes over its last epochs once more: what is before them stays.
        start = bisect_left(self.column("epoch"), min(numbers))
        merged = {record.epoch: record for record in self[start:]}
        for record in records:
            known = merged.get(record.epoch)
            if known is None or record.attempt >= known.attempt:
                merged[record.epoch] = record
        return self._with(start, [merged[epoch] for epoch in sorted(merged)])

    def _with(self, length: int, records: Sequence[Epoch]) -> Epochs:
        """The first `length` of these, and then others."""
        longer = Epochs(node=self._node, sampled=self.sampled)
        # Columns that end where this ends can be shared: it never looks past its own length.
        shared = length == self._columns.count
        longer._columns = self._columns if shared else self._columns.first(length)
        if length == self._length:
            longer._best = self._best
        else:
            longer._seek_best(0, length)
        longer._append(records)
        return longer

    def _append(self, records: Sequence[Epoch]) -> None:
        start = self._columns.count
        self._columns.append(records)
        self._length = self._columns.count
        self._seek_best(start, self._length)

    def _seek_best(self, start: int, end: int) -> None:
        accuracies = self._columns.fields.get("test_acc", ())[start:end]
        known = [value for value in accuracies if value is not None and value == value]
        top = max(known, default=None)
        if top is not None and (self._best is None or top > self._columns.fields["test_acc"][self._best]):
            self._best = start + accuracies.index(top)

    @property
    def best(self) -> Epoch | None:
        """The epoch of highest test accuracy, the first of equals."""
        return None if self._best is None else self[self._best]

    def column(self, name: str, last: int | None = None) -> Sequence[Any]:
        """As the function of this name."""
        if name in ("gap", "gap_clean"):
            train = self.column("train_acc" if name == "gap" else "train_acc_clean", last)
            pairs = zip(train, self.column("test_acc", last), strict=True)
            return [None if a is None or b is None else a - b for a, b in pairs]
        columns = self._columns.fields if name in _TYPES else self._columns.extra
        values = columns.get(name)
        start = 0 if last is None else max(0, self._length - last)
        return [None] * (self._length - start) if values is None else values[start : self._length]

    def stretches(self, name: str, length: int) -> Sequence[Pairs]:
        """Of each whole stretch of so many epochs the lowest and highest value; what was told before is kept."""
        kept = self._columns.stretches.setdefault((name, length), [])
        new = self._length - len(kept) * length
        if new >= length:
            numbers, values = self.column("epoch", new), self.column(name, new)
            whole = new - new % length
            kept += _thinned(numbers[:whole], values[:whole], length)
        return kept[: self._length // length]

    def at(self, epoch: int) -> Epoch | None:
        """The record of an epoch by its number."""
        numbers = self.column("epoch")
        place = bisect_left(numbers, epoch)
        return self[place] if place < len(numbers) and numbers[place] == epoch else None

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, index: int) -> Epoch: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Epoch, ...]: ...
    def __getitem__(self, index: int | slice) -> Epoch | tuple[Epoch, ...]:
        if isinstance(index, slice):
            return tuple(self._record(i) for i in range(*index.indices(self._length)))
        place = index + self._length if index < 0 else index
        if not 0 <= place < self._length:
            raise IndexError(index)
        if place not in (self._length - 1, self._best):
            return self._record(place)
        # The newest and the best are asked for again and again.
        if place not in self._kept:
            self._kept[place] = self._record(place)
        return self._kept[place]

    def _record(self, i: int) -> Epoch:
        fields = {name: values[i] for name, values in self._columns.fields.items()}
        extra = {name: v for name, values in self._columns.extra.items() if (v := values[i]) is not None}
        return Epoch(node=self._node, extra=extra, **fields)

    def __iter__(self) -> Iterator[Epoch]:
        return map(self._record, range(self._length))

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Epochs) and other._columns is self._columns:
            return self._length == other._length
        if not isinstance(other, (Epochs, tuple)) or len(self) != len(other):
            return False
        return all(a == b for a, b in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Epochs({list(self)!r})"


class _Columns:
    """Growing columns of one length. What was appended is never changed, so that views of it stay as they were."""

    def __init__(self) -> None:
        self.count = 0
        self.fields: dict[str, _Values] = {}
        self.extra: dict[str, _Values] = {}
        #: By name and length what Epochs.stretches told. What was appended later only adds to it.
        self.stretches: dict[tuple[str, int], list[Pairs]] = {}

    def first(self, count: int) -> _Columns:
        """A copy of the first of them."""
        copy = _Columns()
        copy.count = count
        copy.fields = {name: values[:count] for name, values in self.fields.items()}
        copy.extra = {name: values[:count] for name, values in self.extra.items()}
        return copy

    def append(self, records: Sequence[Epoch]) -> None:
        """Put records behind those there are."""
        # In dictionaries of their own: another thread may be looking through the present ones.
        fields, further = dict(self.fields), dict(self.extra)
        for name, values in zip(_TYPES, zip(*map(_fields, records), strict=True), strict=False):
            self._append(fields, name, _TYPES[name], values)
        extras = [record.extra for record in records]
        if further or any(extras):
            for name in dict.fromkeys(chain(further, *extras)):
                self._append(further, name, "d", [extra.get(name) for extra in extras])
        self.fields, self.extra = fields, further
        self.count += len(records)

    def _append(self, columns: dict[str, _Values], name: str, kind: str, values: Sequence[Any]) -> None:
        held = columns.get(name)
        if held is None:
            missing = values[0] is None and values.count(None) == len(values)
            if missing or len(columns) >= MOST_EXTRA:
                return
            held = columns[name] = [None] * self.count if self.count else array(kind)
        if isinstance(held, array):
            try:
                # Made whole first: of an array that is refused nothing must have been taken over.
                held.extend(array(kind, values))
                return
            except (TypeError, OverflowError):  # An epoch without this number, or one of more than 64 bits.
                held = columns[name] = held.tolist()
        held.extend(values)
