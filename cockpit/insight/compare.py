"""Sessions side by side on one axis of epochs: their values, ranks, differences, and where their curves cross."""

from __future__ import annotations

import math
import string
from collections.abc import Callable, Sequence
from itertools import pairwise

from msgspec import Struct
from msgspec.structs import replace

from cockpit.insight.format import number, percent, points
from cockpit.insight.grouping import counts
from cockpit.insight.naming import names
from cockpit.insight.table import Spread, spread
from cockpit.snapshot import Snapshot, best_of
from engine.contract.spec import setting
from engine.contract.stream import Epoch


class Measure(Struct, frozen=True, kw_only=True):
    """A figure of an epoch that can be compared: its name, its field, how it is written, and which way is better.

    `higher` is None where neither is. Accuracies are written in percent and gaps in points, without the unit.
    """

    name: str
    field: str
    title: str
    write: Callable[[float | None], str] = percent
    higher: bool | None = True

    def difference(self, value: float | None) -> str:
        """A difference of two such figures, with its sign."""
        if self.write is not number:
            return points(value)
        return number(value) if value is None or not math.isfinite(value) else f"{value:+.3g}"

    def level(self, difference: float) -> bool:
        """Whether a difference is none as it is written: what nobody can see puts nobody ahead."""
        return not (difference if self.write is number else round(difference * 100, 2))


#: What a comparison can be looked at by, the most telling first.
MEASURES = {
    measure.name: measure
    for measure in (
        Measure(name="test", field="test_acc", title="test accuracy %"),
        Measure(name="clean train", field="train_acc_clean", title="clean train accuracy %"),
        Measure(name="as trained", field="train_acc", title="train accuracy as trained %"),
        Measure(name="clean gap", field="gap_clean", title="clean gap, points", write=points, higher=False),
        Measure(name="gap", field="gap", title="gap as trained, points", write=points, higher=False),
        Measure(name="test loss", field="test_loss", title="test loss", write=number, higher=False),
        Measure(name="train loss", field="train_loss", title="train loss", write=number, higher=False),
        Measure(name="lr", field="lr", title="learning rate", write=number, higher=None),
    )
}
TEST = MEASURES["test"]


class Contender(Struct, frozen=True, kw_only=True):
    """One line of a comparison: a run, or the runs that differ in nothing but their seed, as their mean.

    `by_epoch` holds the epochs that every one of `runs` has measured, a record a run: a mean over seeds that come
    and go would jump where nothing happened. `left_out` are seeds that broke off, of which no mean can tell.
    """

    letter: str
    label: str
    runs: tuple[Snapshot, ...]
    left_out: tuple[Snapshot, ...] = ()
    by_epoch: dict[int, tuple[Epoch, ...]] = {}

    @property
    def epochs(self) -> list[int]:
        """The measured epochs, in order."""
        return list(self.by_epoch)

    def value(self, measure: Measure, epoch: int) -> Spread | None:
        """The figure of an epoch, over its seeds; None where one of them has none."""
        return spread([getattr(record, measure.field) for record in self.by_epoch.get(epoch, ())])

    def mean(self, measure: Measure, epoch: int) -> float | None:
        """The same without its spread."""
        held = self.by_epoch.get(epoch, ())
        if len(held) == 1:
            value: float | None = getattr(held[0], measure.field)
            return value
        found = self.value(measure, epoch)
        return found.mean if found else None

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds that count."""
        return tuple(run.spec.seed for run in self.runs if run.spec)

    @property
    def end(self) -> int:
        """The last epoch that every one of its runs has measured; 0 before there is one."""
        return max(self.by_epoch, default=0)

    @property
    def last(self) -> tuple[Epoch, ...]:
        """The record of that epoch of each run."""
        return self.by_epoch.get(self.end, ())

    @property
    def best(self) -> tuple[Epoch, ...]:
        """The epoch of highest test accuracy of each run up to there. Picking it is selection on the test set."""
        if all(run.epoch == self.end for run in self.runs):
            found = [best_of(run.epochs) for run in self.runs]
        else:
            found = [best_of([e for e in run.epochs if e.epoch <= self.end]) for run in self.runs]
        return tuple(best for best in found if best)

    def until(self, epoch: int) -> Contender:
        """The same, as if it had not gone beyond an epoch."""
        return replace(self, by_epoch={at: held for at, held in self.by_epoch.items() if at <= epoch})


def tested(epochs: Sequence[Epoch]) -> Spread | None:
    """The test accuracy of a contender's epochs, one of each seed; None where one of them has none."""
    return spread([epoch.test_acc for epoch in epochs])


class Comparison(Struct, frozen=True):
    """Some contenders, and which of them the others are measured against."""

    contenders: tuple[Contender, ...]
    baseline: int = 0

    @property
    def base(self) -> Contender:
        """The baseline."""
        return self.contenders[self.baseline]

    @property
    def epochs(self) -> list[int]:
        """Every epoch that any of them has measured, in order."""
        return sorted({epoch for one in self.contenders for epoch in one.by_epoch})


class Standing(Struct, frozen=True, kw_only=True):
    """What a contender has at an epoch: its figure, its rank (equals share one), its lead over the baseline."""

    value: Spread | None = None
    rank: int | None = None
    difference: float | None = None


class Crossing(Struct, frozen=True, kw_only=True):
    """Where one curve comes to lie above another: at `position`, on the line between the epochs measured around it.

    `epoch` is the first one measured at which `above` is the higher of the two.
    """

    position: float
    epoch: int
    above: int
    below: int


def compare(runs: Sequence[Snapshot], baseline: int = 0) -> Comparison:
    """Runs side by side, in their order; those that differ in nothing but their seed are one contender.

    When that leaves only one, there is nothing to compare it with but its own seeds, so that they stay apart.
    `baseline` counts contenders from 0.
    """
    points: dict[tuple[object, int], list[Snapshot]] = {}
    for run in runs:
        same: object = setting(run.spec, run.file.inputs) if run.spec and run.file else run.path
        seed = run.spec.seed if run.spec else 0
        # The same run in two groups is no second seed: it is a contender of its own.
        copy = sum(1 for (key, _), held in points.items() if key == same and any(_seed(r) == seed for r in held))
        points.setdefault((same, copy), []).append(run)
    held = list(points.values()) if len(points) > 1 else [[run] for run in runs]
    contenders = tuple(
        replace(_contender(group), letter=letter(i), label=label)
        for i, (group, label) in enumerate(zip(held, labels(held), strict=True))
    )
    return Comparison(contenders, min(max(baseline, 0), max(0, len(contenders) - 1)))


def _seed(run: Snapshot) -> int:
    return run.spec.seed if run.spec else 0


def letter(place: int) -> str:
    """A, B, ... Z, AA, AB, ..."""
    name = string.ascii_uppercase[place % 26]
    return name if place < 26 else letter(place // 26 - 1) + name


def _contender(runs: Sequence[Snapshot]) -> Contender:
    broken = [run for run in runs if len(runs) > 1 and not counts(run)]
    counted = [run for run in runs if run not in broken] or list(runs)
    records = [{record.epoch: record for record in run.epochs} for run in counted]
    shared = set.intersection(*(set(each) for each in records))
    return Contender(
        letter="",
        label="",
        runs=tuple(counted),
        left_out=tuple(run for run in broken if run not in counted),
        by_epoch={epoch: tuple(each[epoch] for each in records) for epoch in sorted(shared)},
    )


def labels(points: Sequence[Sequence[Snapshot]]) -> list[str]:
    """A short name for each point that says what differs: its seed only where nothing else does."""
    called = [names([runs[0] for runs in points])[runs[0].path] for runs in points]
    short = [name.text for name in called]
    if len(set(short)) < len(short):
        short = [f"{name.text} seed{name.seed}" if short.count(name.text) > 1 else name.text for name in called]
    if len(set(short)) < len(short):
        short = [f"{runs[0].group}/{text}" for runs, text in zip(points, short, strict=True)]
    return short if len(set(short)) == len(short) else [f"{runs[0].group}/{runs[0].name}" for runs in points]


def standings(comparison: Comparison, measure: Measure, epoch: int) -> tuple[Standing, ...]:
    """What each has at an epoch, in the order of the contenders."""
    return ranked([one.value(measure, epoch) for one in comparison.contenders], comparison.baseline, measure)


def ranked(values: Sequence[Spread | None], baseline: int, measure: Measure) -> tuple[Standing, ...]:
    """Figures with their ranks and their differences to the baseline's."""
    base = values[baseline] if values else None
    known = [value.mean for value in values if value is not None and math.isfinite(value.mean)]

    def standing(value: Spread | None) -> Standing:
        if value is None:
            return Standing()
        rank = None
        if measure.higher is not None and math.isfinite(value.mean):
            rank = 1 + sum(_ahead(other, value.mean, measure) for other in known)
        return Standing(value=value, rank=rank, difference=value.mean - base.mean if base else None)

    return tuple(standing(value) for value in values)


def _ahead(one: float, other: float, measure: Measure) -> bool:
    """Whether one figure is the better, by more than nothing as it is written."""
    return (one > other if measure.higher else one < other) and not measure.level(one - other)


def crossings(comparison: Comparison, measure: Measure = TEST) -> list[Crossing]:
    """Where the baseline's curve crosses another's, in the order of epochs."""
    others = (i for i in range(len(comparison.contenders)) if i != comparison.baseline)
    found = [crossing for i in others for crossing in between(comparison, comparison.baseline, i, measure)]
    return sorted(found, key=lambda crossing: (crossing.position, crossing.above))


def between(comparison: Comparison, first: int, second: int, measure: Measure = TEST) -> list[Crossing]:
    """Where two curves cross: straight lines between the epochs that both have measured, whatever lies between.

    Curves that touch and part again have not crossed.
    """
    told = leads(comparison, first, second, measure)
    apart = [(epoch, lead) for epoch, lead in told if not measure.level(lead)]
    found = []
    for (before, was), (after, now) in pairwise(apart):
        if (was > 0) != (now > 0):
            above, below = (second, first) if now > 0 else (first, second)
            level = [epoch for epoch, lead in told if before < epoch < after and measure.level(lead)]
            position = float(level[0]) if level else before + (after - before) * was / (was - now)
            found.append(Crossing(position=position, epoch=after, above=above, below=below))
    return found


def leads(comparison: Comparison, first: int, second: int, measure: Measure = TEST) -> list[tuple[int, float]]:
    """How far the second's figure lies above the first's, by each epoch at which both have one."""
    a, b = comparison.contenders[first], comparison.contenders[second]
    return [
        (epoch, y - x)
        for epoch in a.by_epoch
        if epoch in b.by_epoch
        and (x := a.mean(measure, epoch)) is not None
        and (y := b.mean(measure, epoch)) is not None
        and math.isfinite(y - x)
    ]
