"""A first verdict in plain sentences: which is higher, by how much, over how many seeds, and whether it can be told.

It says no more than the figures do: one seed is one draw, the best epoch is picked on the test set, and what differs
in several settings cannot be laid at the door of one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import combinations

from msgspec import Struct

from cockpit.insight.compare import MEASURES, TEST, Comparison, Contender, between, tested
from cockpit.insight.differences import Row, differing, unknown
from cockpit.insight.footing import common, level, shortfalls
from cockpit.insight.format import counted, percent, points
from cockpit.insight.statistics import (
    LEVEL,
    Contrast,
    Interval,
    contrast,
    holm,
    mean_interval,
    standard_error,
    wilson,
)
from cockpit.insight.table import Spread, spread
from cockpit.snapshot import Snapshot
from cockpit.status import ENDED
from engine.contract import schedule
from engine.contract.dataset import BUILT_IN, PREPARABLE
from engine.contract.stream import Epoch

#: A fall of the last epoch below the one before from which on it is told (fractions of 1).
_FELL = 0.01
#: So many names of settings are told before the rest is counted.
_MOST_NAMES = 6


class Sentence(Struct, frozen=True):
    """What is to be said, and what about, in a word."""

    about: str
    text: str


def verdict(comparison: Comparison) -> tuple[Sentence, ...]:
    """Everything that can be said at first sight, the answer first and its limits after it."""
    taken = level(comparison)
    held = [one for one in taken.contenders if one.last]
    if len(held) < 2:
        return (Sentence("nothing yet", "fewer than two of them have measured an epoch"),)
    rows = differing(comparison)
    at = common(comparison)
    told = [*_comparable(rows), *_peak(held, at), *_production(held, at)]
    told += [Sentence("ended early", text) for text in shortfalls(comparison)]
    told += [
        *_told_apart(taken, rows, at),
        *_noise(held),
        *_lead(comparison),
        *_gaps(held, at),
        *_forks(comparison),
        *_confounds(rows, comparison),
        *_lengths(comparison),
    ]
    return tuple(told)


def _comparable(rows: Sequence[Row]) -> Iterator[Sentence]:
    if any(row.setting == "data" for row in rows):
        yield Sentence("data", "they are measured on different data: their accuracies cannot be compared")


def _peak(held: Sequence[Contender], at: int | None) -> Iterator[Sentence]:
    text = _leader([(one, one.best) for one in held])
    if text:
        until = "" if at is None else f", up to epoch {at}"
        yield Sentence("peak", f"{text}{until}. Best is selection on the test set")


def _production(held: Sequence[Contender], at: int | None) -> Iterator[Sentence]:
    """The last epoch: the network one is left with."""
    text = _leader([(one, one.last) for one in held])
    lost = [f"{one.letter}'s test accuracy at epoch {one.end} is not a number" for one in held if _diverged(one)]
    fallen = [f"{one.letter} lost {percent(fall)} points in its last epoch" for one in held if (fall := _fall(one))]
    if text and at is not None:
        text += f", compared at epoch {at}"
    if text or lost:
        yield Sentence("production", ". ".join([*([text] if text else []), *lost, *fallen]))


def _diverged(one: Contender) -> bool:
    """Whether a run of it ends in no number."""
    return any(epoch.test_acc is not None and not math.isfinite(epoch.test_acc) for epoch in one.last)


def _leader(figures: Sequence[tuple[Contender, tuple[Epoch, ...]]]) -> str:
    """Who has the highest test accuracy in these epochs, and by how much over the next."""
    means = [(one, found, epochs) for one, epochs in figures if (found := _mean(epochs)) is not None]
    if len(means) < 2:
        return ""
    first, second = sorted(means, key=lambda each: -each[1].mean)[:2]
    lead = first[1].mean - second[1].mean
    if not round(lead, 4):
        return f"level: {first[0].letter} and {second[0].letter} have {percent(first[1].mean)}"
    return (
        f"{first[0].letter}, {points(lead)} points: {_figure(first)} against {second[0].letter}'s {_figure(second)}"
    )


def _mean(epochs: Sequence[Epoch]) -> Spread | None:
    found = tested(epochs)
    return found if found and math.isfinite(found.mean) else None


def _figure(each: tuple[Contender, Spread, tuple[Epoch, ...]]) -> str:
    _, found, epochs = each
    if found.n == 1:
        return f"{percent(found.mean)} at epoch {epochs[0].epoch}"
    deviation = f" ±{percent(found.std)}" if found.std is not None else ""
    return f"{percent(found.mean)}{deviation}, the mean of {found.n} seeds"


def _fall(one: Contender) -> float | None:
    """How far a single run's last epoch lies below the one before it, where that is much."""
    newest = [epoch.test_acc for epoch in one.runs[0].epochs[-2:] if epoch.test_acc is not None]
    if len(one.runs) > 1 or len(newest) < 2 or one.end < one.runs[0].epoch:
        return None
    return newest[0] - newest[1] if newest[0] - newest[1] >= _FELL else None


def by_seed(one: Contender) -> dict[int, float]:
    """The last test accuracy of each seed's run; of none where one is not a number, which no mean is to hide."""
    if _diverged(one):
        return {}
    pairs = zip(one.runs, one.last, strict=bool(one.last))
    return {run.spec.seed: e.test_acc for run, e in pairs if run.spec and e.test_acc is not None}


def contrasts(comparison: Comparison) -> list[tuple[int, Contrast]]:
    """Each contender's last test accuracy against the baseline's, with its place."""
    base = by_seed(comparison.base)
    found = [
        (place, contrast(base, by_seed(one)))
        for place, one in enumerate(comparison.contenders)
        if place != comparison.baseline and not _same(one, comparison.base)
    ]
    return [(place, each) for place, each in found if each is not None]


def _same(one: Contender, other: Contender) -> bool:
    """Whether they hold the very same run, as it may stand in two groups."""
    known = {run.identity for run in one.runs if run.identity}
    return any(run.identity in known for run in other.runs)


def _told_apart(comparison: Comparison, rows: Sequence[Row], at: int | None) -> Iterator[Sentence]:
    """Whether the last epochs can be told apart, given the seeds there are."""
    for one, other in combinations([one for one in comparison.contenders if one.last], 2):
        if _same(one, other):
            yield Sentence("seeds", f"{one.letter} and {other.letter} are the same run twice: it is one draw")
    for one in comparison.contenders:
        if _diverged(one):
            yield Sentence("seeds", f"nothing is tested of {one.letter}, whose last epoch is not a number")
    if rows and all(row.setting == "seed" for row in rows):
        yield Sentence("seeds", "they differ in nothing but their seed: what is seen is the noise of seeds")
        return
    unknown = [one.letter for one in comparison.contenders if one.last and any(run.spec is None for run in one.runs)]
    if unknown:
        yield Sentence(
            "seeds", f"the seed of {', '.join(unknown)} is not known: nothing can be told from their noise"
        )
    made = contrasts(comparison)
    if made and all(each.n == (1, 1) for _, each in made):
        yield Sentence("seeds", "one seed each: cannot be told apart from the noise of seeds")
        return
    judged = [(place, each) for place, each in made if each.p is not None]
    adjusted = dict(zip((place for place, _ in judged), holm([each.p or 0.0 for _, each in judged]), strict=True))
    for place, each in made:
        pair = f"{comparison.contenders[place].letter} - {comparison.base.letter}"
        yield Sentence("seeds", f"{pair} {_judged(each, adjusted.get(place), len(judged), at)}")


def _judged(each: Contrast, p: float | None, tests: int, at: int | None) -> str:
    """The difference of the last epochs' means, its interval, and what follows from them."""
    told = f"{points(each.difference)} points at {'the last epoch' if at is None else f'epoch {at}'}"
    if each.interval is None or p is None:
        if min(each.n) < 2:
            return f"{told}: one of them has a single seed, so that nothing can be told from the noise of seeds"
        return f"{told}: no spread between seeds to measure it by"
    seeds = (
        f"{each.n[1]} and {each.n[0]} seeds" if each.kind == "Welch" else f"{counted(int(each.df or 0) + 1, 'pair')}"
    )
    span = f"{LEVEL:.0%} interval {points(each.interval.low)} to {points(each.interval.high)}"
    chance = f"p {_p(p)}" + (f" (Holm, of {tests} tests)" if tests > 1 else "")
    judged = "told apart" if p < 1 - LEVEL else "not told apart"
    kind = "paired by seed" if each.kind == "paired" else "Welch"
    return f"{told}, {span}, {chance}, {kind}, {seeds}: {judged} at {1 - LEVEL:.0%}"


def _p(p: float) -> str:
    return "< 0.0001" if p < 0.0001 else f"{p:.2g}"


def interval(one: Contender) -> Interval | None:
    """Where 95 % confidence puts the last test accuracy: of several seeds their mean's, of one run its test set's."""
    values = list(by_seed(one).values())
    if len(values) > 1:
        return mean_interval(values)
    images, found = test_images(one.runs[0]), _mean(one.last)
    return wilson(found.mean, images) if images and found and 0 <= found.mean <= 1 else None


def _noise(held: Sequence[Contender]) -> Iterator[Sentence]:
    """What the test set alone leaves open, which is there before any seed is changed."""
    found = {}
    for one in held:
        images, mean = test_images(one.runs[0]), _mean(one.last)
        if images and mean:
            found[one.letter] = (images, standard_error(mean.mean, images))
    if not found:
        return
    images, error = max(found.values(), key=lambda each: each[1])
    yield Sentence(
        "test set",
        f"{images} images put ±{percent(error)} points on one figure (one binomial standard error), before any noise "
        "of seeds. McNemar's test on the same images needs each image's answer, which is not recorded",
    )


def test_images(run: Snapshot) -> int | None:
    """How many images a run is tested on: as it said when it began, else as its data set is known to have."""
    if run.started:
        return run.started.test_images
    known = (BUILT_IN | PREPARABLE).get(run.spec.data) if run.spec else None
    return known.test_images if known else None


def _lead(comparison: Comparison) -> Iterator[Sentence]:
    """Who was ahead from when to when, where two curves cross; of more than two, each against the baseline."""
    for place, one in enumerate(comparison.contenders):
        crossed = between(comparison, comparison.baseline, place) if place != comparison.baseline else []
        if not crossed:
            continue
        times = "once" if len(crossed) == 1 else "twice" if len(crossed) == 2 else f"{len(crossed)} times"
        newest = crossed[-1]
        above = comparison.contenders[newest.above].letter
        before = [e for e in one.epochs if e in comparison.base.by_epoch and e < newest.epoch]
        since = f"{above} is ahead since epoch {newest.epoch}"
        since += f" (not measured between {before[-1]} and {newest.epoch})" if newest.epoch - before[-1] > 1 else ""
        yield Sentence("lead", f"{comparison.base.letter} and {one.letter} cross {times}; {since}")


def _gaps(held: Sequence[Contender], at: int | None) -> Iterator[Sentence]:
    """The gaps at the end: clean ones where all have them, since mixup and augmentation lower the others."""
    for name, words in (("gap, clean", "clean train less test"), ("gap", "train as trained less test")):
        field = MEASURES[name].field
        means = [(one, spread([getattr(epoch, field) for epoch in one.last])) for one in held]
        if all(found is not None for _, found in means):
            told = ", ".join(f"{one.letter} {points(found.mean)}" for one, found in means if found)
            mixed = [one.letter for one in held if _mixes(one.runs[0], one.end)]
            caution = (
                f"; counted under mixup in {', '.join(mixed)}, which hides a gap" if mixed and name == "gap" else ""
            )
            yield Sentence("gap", f"{told} ({words}, {'last epoch' if at is None else f'epoch {at}'}{caution})")
            return


def _mixes(run: Snapshot, epoch: int) -> bool:
    if run.spec is None or not epoch:
        return False
    settings = schedule.at(run.spec, epoch)
    return bool(settings.mixup or settings.cutmix)


def _confounds(rows: Sequence[Row], comparison: Comparison) -> Iterator[Sentence]:
    """What besides one thing differs, so that no one thing can be named as the cause."""
    if lost := unknown(comparison):
        yield Sentence("differs", f"the settings of {', '.join(lost)} are not known, nor what else differs")
        return
    names = [row.name for row in rows if row.setting != "seed"]
    if len(names) == 1:
        yield Sentence("differs", f"nothing but {names[0]}" + (" and the seed" if len(rows) > 1 else ""))
    elif names:
        told = ", ".join(names[:_MOST_NAMES]) + (f" and {len(names) - _MOST_NAMES} more" * (len(names) > _MOST_NAMES))
        yield Sentence(
            "differs", f"{counted(len(names), 'setting')} at once ({told}): no one of them is the cause shown"
        )
    if len(names) > 1 and len(rows) > len(names):
        yield Sentence("differs", "their seeds differ, too")


def _forks(comparison: Comparison) -> Iterator[Sentence]:
    """Whose first epochs are another's own records: there they cannot differ."""
    for one in comparison.contenders:
        fork = one.runs[0].parent
        kin = [each for each in comparison.contenders if fork and each.runs[0].identity == fork.identity]
        if fork and kin:
            yield Sentence(
                "fork", f"{one.letter} was forked from {kin[0].letter}: up to epoch {fork.epoch} they are one"
            )


def _lengths(comparison: Comparison) -> Iterator[Sentence]:
    """Unequal ends, runs that still train, and seeds that are left out."""
    held = [one for one in comparison.contenders if one.last]
    ends = {one.letter: one.end for one in held}
    if len(set(ends.values())) > 1:
        told = ", ".join(f"{letter} {epoch}" for letter, epoch in ends.items())
        shared = set.intersection(*(set(one.by_epoch) for one in held))
        at = f"; at epoch {max(shared)}, the last all have: {_at(held, max(shared))}" if shared else ""
        yield Sentence("epochs", f"not the same number of them: {told}{at}")
    going = [one.letter for one in held if any(run.status.word not in ENDED for run in one.runs)]
    if going:
        yield Sentence("not over", f"{', '.join(going)} still to train: this can change")
    for one in comparison.contenders:
        for run in one.left_out:
            yield Sentence("left out", f"{one.letter}: {run.label} ({run.status.word}, epoch {run.epoch})")


def _at(held: Sequence[Contender], epoch: int) -> str:
    return ", ".join(f"{one.letter} {percent(one.mean(TEST, epoch))}" for one in held)
