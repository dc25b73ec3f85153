"""Runs that differ in nothing but their seed, as one: means over them, at an epoch that all of them have reached."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence

from msgspec import Struct

from cockpit.epochs import column
from cockpit.insight.table import Spread, spread
from cockpit.snapshot import Snapshot
from cockpit.status import Word
from engine.contract.spec import setting

#: What a run that ended so has to say about its setting is that it failed, not a figure.
LEFT_OUT: frozenset[Word] = frozenset({"failed", "out-of-memory", "lost"})


class Over(Struct, frozen=True, kw_only=True):
    """A setting over its seeds. Figures are of `counted` of its runs, at `epoch`, the last that each of those has.

    `best` is each run's best up to that epoch, which is selection on the test set. `curve` is mean test accuracy by
    epoch, NaN where a run has none. Runs that failed, were lost or have no epoch yet are not counted.
    """

    runs: tuple[Snapshot, ...]
    counted: int = 0
    epoch: int = 0
    test: Spread | None = None
    best: Spread | None = None
    gap: Spread | None = None
    gap_clean: Spread | None = None
    curve: tuple[float, ...] = ()


def setting_of(run: Snapshot) -> str:
    """What all runs share that differ in nothing but their seed."""
    return setting(run.spec, run.file.inputs) if run.spec and run.file else run.name


def counts(run: Snapshot) -> bool:
    """Whether a run has figures for a mean over seeds: not one that failed, was lost, or has no epoch yet."""
    return bool(run.epochs) and run.status.word not in LEFT_OUT and not run.problem


def shared_epoch(runs: Sequence[Snapshot]) -> int:
    """The last epoch that every one of some runs has a record of: what their means are taken at; 0 for none."""
    epoch = min((run.epoch for run in runs), default=0)
    held = [column(run.epochs, "epoch") for run in runs]
    if all(each[bisect_right(each, epoch) - 1] == epoch for each in held if each):
        return epoch
    return max(set.intersection(*map(set, held)), default=0)


def over_seeds(runs: Sequence[Snapshot]) -> Over:
    """Means and sample deviations (n - 1) over runs of one setting."""
    counted = [run for run in runs if counts(run)]
    if not counted:
        return Over(runs=tuple(runs))
    epoch = shared_epoch(counted)
    ends = [bisect_right(column(run.epochs, "epoch"), epoch) for run in counted]
    last = [run.epochs[end - 1] if end else None for run, end in zip(counted, ends, strict=True)]
    return Over(
        runs=tuple(runs),
        counted=len(counted),
        epoch=epoch,
        test=spread([e.test_acc if e else None for e in last]),
        best=spread([_best(run, end) for run, end in zip(counted, ends, strict=True)]),
        gap=spread([e.gap if e else None for e in last]),
        gap_clean=spread([e.gap_clean if e else None for e in last]),
        curve=_mean_curve(counted, epoch),
    )


def _best(run: Snapshot, end: int) -> float | None:
    """The best test accuracy of a run's first epochs."""
    known = [t for t in column(run.epochs, "test_acc")[:end] if t is not None and t == t]
    return max(known, default=None)


def by_epoch(run: Snapshot) -> list[float | None]:
    """Test accuracy by epoch, from the first to the newest; None where an epoch left none."""
    values: list[float | None] = [None] * run.epoch
    for epoch, test in zip(column(run.epochs, "epoch"), column(run.epochs, "test_acc"), strict=True):
        if epoch:
            values[epoch - 1] = test
    return values


def _mean_curve(runs: Sequence[Snapshot], epoch: int) -> tuple[float, ...]:
    columns = zip(*(by_epoch(run)[:epoch] for run in runs), strict=True)
    return tuple(sum(values) / len(values) if None not in values else math.nan for values in columns)
