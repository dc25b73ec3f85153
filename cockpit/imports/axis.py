"""One axis for all figures of a session: epochs, whatever the steps of its tags count."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

from msgspec import Struct
from msgspec.structs import replace

from cockpit.imports.folders import Series, Session
from cockpit.imports.tags import ACCURACIES, assigned, extra_name, is_derived
from cockpit.insight.format import counted
from engine.contract.spec import MOST_EPOCHS
from engine.contract.stream import Epoch

#: The figures that may say which epochs there are, the first that a session has.
_LEADING = ("test_acc", "val_acc", "test_loss", "val_loss", "train_acc", "train_loss", "train_acc_clean")
#: Tags by which loops that count steps also tell the epoch, as PyTorch Lightning does.
_COUNTERS = ("epoch", "trainer/epoch")
#: An accuracy above this is no fraction; the little more is float32's.
_FRACTION = 1.0001
_PERCENT = 100.01


class Reading(Struct, frozen=True):
    """A session's epochs, which tag each field was read from, and what a person should know of it."""

    epochs: tuple[Epoch, ...]
    fields: dict[str, str]
    notes: tuple[str, ...]


class _Axis(Struct, frozen=True):
    """The epochs, and the step and the time at which each ended. `counts`: steps are no epochs."""

    epochs: tuple[int, ...]
    steps: tuple[int, ...]
    times: tuple[float, ...]
    counts: bool


def read(session: Session, wanted: Mapping[str, str]) -> Reading:
    """A session's scalars as epochs; of several networks the means stand beside each one's own."""
    if not session.nodes:
        return _read(session.series, wanted, None)
    notes: list[str] = []
    fields: dict[str, str] = {}
    each: list[Epoch] = []
    for node, series in sorted(session.nodes.items()):
        reading = _read(series, wanted, node)
        each += reading.epochs
        fields |= reading.fields
        notes += reading.notes
    together = {epoch.epoch: epoch for epoch in _read(session.series, wanted, None).epochs}
    ends = sorted({epoch.epoch for epoch in each})
    whole = [_mean([e for e in each if e.epoch == end], together.get(end)) for end in ends]
    return Reading((*each, *whole), fields, tuple(dict.fromkeys(notes)))


def _read(series: Mapping[str, Series], wanted: Mapping[str, str], node: int | None) -> Reading:
    notes: list[str] = []
    held = {tag: s for tag, s in series.items() if not is_derived(tag)}
    fields = assigned(held, wanted)
    divisors: dict[str, float] = {}
    for field in [field for field in fields if field in ACCURACIES]:
        tag = fields[field]
        divisor = _divisor(held[tag])
        if divisor is None:
            del fields[field]
            notes.append(f"{tag} is no accuracy by its values, and stands in extra")
        elif divisor != 1:
            divisors[tag] = divisor
            notes.append(f"{tag} is in percent, and was divided by 100")
    axis = _axis(held, fields, notes)
    by_tag = {tag: field for field, tag in fields.items()}
    values: list[dict[str, float]] = [{} for _ in axis.epochs]
    extras: list[dict[str, float]] = [{"step": float(step)} if axis.counts else {} for step in axis.steps]
    for tag, points in held.items():
        if axis.counts and tag in _COUNTERS:
            continue
        found = _fitted(tag, points, axis, notes, last=by_tag.get(tag) == "lr")
        for i, value in found.items():
            if tag in by_tag:
                values[i][by_tag[tag]] = value / divisors.get(tag, 1.0)
            else:
                extras[i][extra_name(tag)] = value
    if "val_acc" in fields and "test_acc" not in fields:
        notes.append(f"no test accuracy; if {fields['val_acc']} is one: --map {fields['val_acc']}=test_acc")
    epochs = tuple(
        replace(Epoch(epoch=epoch, node=node, time=time, extra=extra), **figures)
        for epoch, time, extra, figures in zip(axis.epochs, axis.times, extras, values, strict=True)
    )
    return Reading(epochs, fields, tuple(notes))


def _divisor(points: Series) -> float | None:
    """What an accuracy is divided by to be a fraction; None when it is none at all."""
    finite = [p.value for p in points.values() if math.isfinite(p.value)]
    if finite and (min(finite) < 0 or max(finite) > _PERCENT):
        return None
    return 100.0 if finite and max(finite) > _FRACTION else 1.0


def _axis(series: Mapping[str, Series], fields: Mapping[str, str], notes: list[str]) -> _Axis:
    """The epochs by the first leading figure, else by the longest series."""
    leads = [fields[field] for field in _LEADING if field in fields]
    tag = leads[0] if leads else max(series, key=lambda t: len(series[t]), default="")
    if not tag:
        return _Axis((), (), (), False)
    points = series[tag]
    steps = tuple(points)[:MOST_EPOCHS]
    if len(points) > MOST_EPOCHS:
        notes.append(f"{tag} has {len(points)} steps; the first {MOST_EPOCHS} are read")
    times = tuple(points[step].time for step in steps)
    if steps[0] >= 0 and all(b - a == 1 for a, b in pairwise(steps)) and steps[-1] < MOST_EPOCHS:
        if steps[0] == 0:
            notes.append("epochs are counted from 0 there, and from 1 here")
        return _Axis(tuple(step + (steps[0] == 0) for step in steps), steps, times, False)
    epochs, how = _epochs(series, steps)
    notes.append(f"steps of {tag} count {_told(steps)}: {how}; the step stands in extra")
    return _Axis(epochs, steps, times, True)


def _epochs(series: Mapping[str, Series], steps: Sequence[int]) -> tuple[tuple[int, ...], str]:
    """Which epoch each step ended, and how that is known."""
    for counter in _COUNTERS:
        points = series.get(counter, {})
        told = [points[step].value for step in steps if step in points]
        rise = len(told) == len(steps) and all(b > a for a, b in pairwise(told))
        if rise and all(v.is_integer() and 0 <= v < MOST_EPOCHS for v in told):
            first = int(told[0] == 0)
            return tuple(int(value) + first for value in told), f"epochs are those that {counter} tells"
    return tuple(range(1, len(steps) + 1)), "taken as epochs in their order"


def _told(steps: Sequence[int]) -> str:
    return ", ".join(map(str, steps)) if len(steps) <= 3 else f"{steps[0]}, {steps[1]}, ... {steps[-1]}"


def _fitted(tag: str, points: Series, axis: _Axis, notes: list[str], *, last: bool) -> dict[int, float]:
    """A figure at each epoch: its value at the epoch's step, or the mean over all that was written during it.

    `last` takes the last one written instead, for what is no mean of anything. Where its steps count something else
    than the axis' do, what was written during an epoch is told by time.
    """
    places = {step: i for i, step in enumerate(axis.steps)}
    if all(step in places for step in points):
        return {places[step]: point.value for step, point in points.items()}
    by_time = _counts_otherwise(points, axis)
    ends: Sequence[float] = axis.times if by_time else axis.steps
    during: list[list[float]] = [[] for _ in ends]
    after = i = 0
    for point in sorted(points.values(), key=lambda p: p.time if by_time else p.step):
        place = point.time if by_time else point.step
        while i < len(ends) and place > ends[i]:
            i += 1
        if i == len(ends):
            after += 1
        else:
            during[i].append(point.value)
    if any(len(values) > 1 for values in during):
        what, how = "the last value" if last else "the mean", "time" if by_time else "step"
        notes.append(f"{tag} has {counted(len(points), 'value')}: {what} of each epoch, told by {how}")
    if after:
        notes.append(f"{counted(after, 'value')} of {tag} after the last epoch left out")
    return {i: values[-1] if last else sum(values) / len(values) for i, values in enumerate(during) if values}


def _counts_otherwise(points: Series, axis: _Axis) -> bool:
    """Whether steps are another thing than the axis' steps: they end far beyond, or far before at a late time."""
    last = max(points)
    return last > 2 * axis.steps[-1] + 1 or (
        2 * last < axis.steps[-1] and points[last].time > axis.times[-1] - (axis.times[-1] - axis.times[0]) / 2
    )


def _mean(each: Sequence[Epoch], together: Epoch | None) -> Epoch:
    """The networks of one epoch as a whole: the means, and what they are together."""
    names = [f for f in Epoch.__struct_fields__ if f in (*ACCURACIES, "lr", "train_loss", "test_loss", "val_loss")]
    figures: dict[str, float] = {}
    for name in names:
        held = [value for e in each if (value := getattr(e, name)) is not None]
        if held:
            figures[name] = sum(held) / len(held)
    parts = {name for e in each for name in e.extra}
    extra = {
        name: sum(held) / len(held)
        for name in sorted(parts)
        if (held := [e.extra[name] for e in each if name in e.extra])
    }
    extra |= together.extra if together else {}
    return replace(Epoch(epoch=each[0].epoch, time=max(e.time for e in each), extra=extra), **figures)
