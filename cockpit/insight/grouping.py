"""Runs that differ in nothing but their seed, as one: means over them, at an epoch that all of them have reached."""

from __future__ import annotations

import math
from collections.abc import Sequence

from msgspec import Struct

from cockpit.insight.table import Spread, spread
from cockpit.snapshot import Snapshot, best_of
from cockpit.status import Word
from engine.contract.spec import setting
from engine.contract.stream import Epoch

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


def by_setting(runs: Sequence[Snapshot]) -> list[tuple[str, tuple[Snapshot, ...]]]:
    """What the runs of each setting share, and those runs, in the order of their first; a broken one stands alone."""
    found: dict[str, list[Snapshot]] = {}
    for run in runs:
        found.setdefault(f"{run.group}/{setting_of(run)}", []).append(run)
    return [(key, tuple(same)) for key, same in found.items()]


def setting_of(run: Snapshot) -> str:
    """What all runs share that differ in nothing but their seed."""
    return setting(run.spec, run.file.inputs) if run.spec and run.file else run.name


def over_seeds(runs: Sequence[Snapshot]) -> Over:
    """Means and sample deviations (n - 1) over runs of one setting."""
    counted = [run for run in runs if run.epochs and run.status.word not in LEFT_OUT and not run.problem]
    if not counted:
        return Over(runs=tuple(runs))
    epoch = min(run.epoch for run in counted)
    seen = [[e for e in run.epochs if e.epoch <= epoch] for run in counted]
    last = [epochs[-1] if epochs else None for epochs in seen]
    return Over(
        runs=tuple(runs),
        counted=len(counted),
        epoch=epoch,
        test=spread([e.test_acc if e else None for e in last]),
        best=spread([best.test_acc if (best := best_of(epochs)) else None for epochs in seen]),
        gap=spread([e.gap if e else None for e in last]),
        gap_clean=spread([e.gap_clean if e else None for e in last]),
        curve=_mean_curve(seen, epoch),
    )


def _mean_curve(runs: Sequence[Sequence[Epoch]], epoch: int) -> tuple[float, ...]:
    sums, counts = [0.0] * epoch, [0] * epoch
    for epochs in runs:
        for e in epochs:
            if e.epoch and e.test_acc is not None:
                sums[e.epoch - 1] += e.test_acc
                counts[e.epoch - 1] += 1
    return tuple(total / n if n == len(runs) else math.nan for total, n in zip(sums, counts, strict=True))
