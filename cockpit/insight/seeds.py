"""What can be told of the last epochs given the seeds there are: one seed is one draw, and so is one test set."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import combinations

from cockpit.insight.compare import TEST, Comparison, Contender, tested
from cockpit.insight.differences import Row
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
from cockpit.insight.table import Spread
from cockpit.snapshot import Snapshot
from engine.contract.dataset import BUILT_IN, PREPARABLE
from engine.contract.stream import Epoch


def told_apart(comparison: Comparison, rows: Sequence[Row], at: int | None) -> Iterator[str]:
    """Whether the last epochs can be told apart, given the seeds there are."""
    for one, other in combinations([one for one in comparison.contenders if one.last], 2):
        if _same(one, other):
            yield f"{one.letter} and {other.letter} are the same run twice: it is one draw"
    for one in comparison.contenders:
        if diverged(one):
            yield f"nothing is tested of {one.letter}, whose last epoch is not a number"
    if rows and all(row.setting == "seed" for row in rows):
        yield "they differ in nothing but their seed: what is seen is the noise of seeds"
        return
    unknown = [one.letter for one in comparison.contenders if one.last and any(run.spec is None for run in one.runs)]
    if unknown:
        yield f"the seed of {', '.join(unknown)} is not known: nothing can be told from their noise"
    made = contrasts(comparison)
    if made and all(each.n == (1, 1) for _, each in made):
        yield "one seed each: cannot be told apart from the noise of seeds"
        return
    judged = [(place, each) for place, each in made if each.p is not None]
    adjusted = dict(zip((place for place, _ in judged), holm([each.p or 0.0 for _, each in judged]), strict=True))
    for place, each in made:
        pair = f"{comparison.contenders[place].letter} - {comparison.base.letter}"
        yield f"{pair} {_judged(each, adjusted.get(place), len(judged), at)}"


def _judged(each: Contrast, p: float | None, tests: int, at: int | None) -> str:
    """The difference of the last epochs' means, its interval, and what follows from them."""
    told = f"{points(each.difference)} points at {'the last epoch' if at is None else f'epoch {at}'}"
    if each.interval is None or p is None:
        if min(each.n) < 2:
            return f"{told}: one of them has a single seed, so that nothing can be told from the noise of seeds"
        return f"{told}, the same for every seed: there is no noise to test it by"
    seeds = (
        f"{each.n[1]} and {each.n[0]} seeds" if each.kind == "Welch" else f"{counted(int(each.df or 0) + 1, 'pair')}"
    )
    span = f"{LEVEL:.0%} interval {points(each.interval.low)} to {points(each.interval.high)}"
    chance = f"p {_p(p)}" + (f" (Holm, of {tests} tests)" if tests > 1 else "")
    kind = "paired by seed" if each.kind == "paired" else "Welch"
    told = f"{told}, {span}, {chance}, {kind}, {seeds}"
    if TEST.level(each.difference):
        return f"{told}: level"
    return f"{told}: {'told apart' if p < 1 - LEVEL else 'not told apart'} at {1 - LEVEL:.0%}"


def _p(p: float) -> str:
    return "< 0.0001" if p < 0.0001 else f"{p:.2g}"


def contrasts(comparison: Comparison) -> list[tuple[int, Contrast]]:
    """Each contender's last test accuracy against the baseline's, with its place."""
    base = by_seed(comparison.base)
    found = [
        (place, contrast(base, by_seed(one)))
        for place, one in enumerate(comparison.contenders)
        if place != comparison.baseline and not _same(one, comparison.base)
    ]
    return [(place, each) for place, each in found if each is not None]


def by_seed(one: Contender) -> dict[int, float]:
    """The last test accuracy of each seed's run; of none where one is not a number, which no mean is to hide."""
    if diverged(one):
        return {}
    pairs = zip(one.runs, one.last, strict=bool(one.last))
    return {run.spec.seed: e.test_acc for run, e in pairs if run.spec and e.test_acc is not None}


def _same(one: Contender, other: Contender) -> bool:
    """Whether they hold the very same run, as it may stand in two groups."""
    known = {run.identity for run in one.runs if run.identity}
    return any(run.identity in known for run in other.runs)


def interval(one: Contender) -> Interval | None:
    """Where 95 % confidence puts the last test accuracy: of several seeds their mean's, of one run its test set's."""
    values = list(by_seed(one).values())
    if len(values) > 1:
        reach = mean_interval(values)
        # Student's t knows no end; an accuracy has two.
        return reach and Interval(max(0.0, reach.low), min(1.0, reach.high))
    images, found = test_images(one.runs[0]), mean_of(one.last)
    return wilson(found.mean, images) if images and found and 0 <= found.mean <= 1 else None


def test_set(held: Sequence[Contender]) -> Iterator[str]:
    """What the test set alone leaves open, which is there before any seed is changed."""
    found = {}
    for one in held:
        images, mean = test_images(one.runs[0]), mean_of(one.last)
        if images and mean:
            found[one.letter] = (images, standard_error(mean.mean, images))
    if not found:
        return
    images, error = max(found.values(), key=lambda each: each[1])
    yield (
        f"with {images} images one figure's binomial standard error is {percent(error)} points, before any noise of "
        "seeds. McNemar's test on the same images needs each image's answer, which is not recorded"
    )


def test_images(run: Snapshot) -> int | None:
    """How many images a run is tested on: as it said when it began, else as its data set is known to have."""
    if run.started:
        return run.started.test_images
    known = (BUILT_IN | PREPARABLE).get(run.spec.data) if run.spec else None
    return known.test_images if known else None


def diverged(one: Contender) -> bool:
    """Whether a run of it ends in no number."""
    return any(epoch.test_acc is not None and not math.isfinite(epoch.test_acc) for epoch in one.last)


def mean_of(epochs: Sequence[Epoch]) -> Spread | None:
    """The mean test accuracy of a contender's epochs, where it is a number."""
    found = tested(epochs)
    return found if found and math.isfinite(found.mean) else None
