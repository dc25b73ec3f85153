"""At which epoch contenders are held against one another: figures of unlike epochs tell of training, not of settings.

Who came to the end it was meant to have is taken there, however long that is. Where one did not, because it was
stopped, still trains, or has a seed that ended before its others, all are taken at the last epoch that all of them
have measured, and that is said.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from msgspec.structs import replace

from cockpit.insight.compare import Comparison, Contender
from cockpit.insight.format import counted
from cockpit.snapshot import Snapshot
from cockpit.status import ENDED


def common(comparison: Comparison) -> int | None:
    """The epoch that all are taken at; None where each is taken at its own end, or there is no such epoch."""
    held = [one for one in comparison.contenders if one.last]
    level_already = len({run.epoch for one in held for run in one.runs}) < 2
    if level_already or not any(_short(run, one) for one in held for run in one.runs):
        return None
    return max(set.intersection(*(set(one.by_epoch) for one in held)), default=None)


def level(comparison: Comparison) -> Comparison:
    """The same contenders with nothing beyond that epoch."""
    epoch = common(comparison)
    if epoch is None:
        return comparison
    return replace(comparison, contenders=tuple(one.until(epoch) for one in comparison.contenders))


def even(comparison: Comparison) -> bool:
    """Whether the differences of what each ended with are of settings: no two of them cut off at unlike epochs."""
    return common(comparison) is None or len({one.end for one in comparison.contenders if one.last}) == 1


def shortfalls(comparison: Comparison) -> Iterator[str]:
    """Who ended or is behind the others, by seed, and at which epoch all are taken for that.

    `seeds 1, 2 of B ended at epoch 10 of 40: compared at epoch 10`
    """
    epoch = common(comparison)
    for one in comparison.contenders:
        early = [run for run in one.runs if one.last and _early(run, one)]
        for (at, planned, ended), runs in groupby(sorted(early, key=_where), key=_where):
            told = f"{_named(one, list(runs))} {'ended' if ended else 'so far'} at epoch {at} of {planned}"
            if epoch is not None:
                told += f": compared at epoch {epoch}"
            elif one.end and one.end < max(run.epoch for run in one.runs):
                told += f": {one.letter} is taken at epoch {one.end}"
            yield told


def held_back(one: Contender) -> str:
    """Why no more is seen of several seeds than their first epochs, and what to do; empty where all are as far.

    `to epoch 1, where seed 1 ended: unmark it`
    """
    behind = [run for run in one.runs if run.epoch <= one.end]
    if len(behind) == len(one.runs) or not one.end:
        return ""
    if all(run.status.word in ENDED for run in behind):
        return f"to epoch {one.end}, where {_seeds(behind)} ended: unmark {'it' if len(behind) == 1 else 'them'}"
    return f"to epoch {one.end} so far, for {_seeds(behind)}"


def _short(run: Snapshot, one: Contender) -> bool:
    """Whether a run was to go on beyond the epoch that its contender is taken at, or did."""
    return one.end < run.epoch or (run.status.word != "finished" and one.end < run.planned)


def _early(run: Snapshot, one: Contender) -> bool:
    """Whether a run was stopped before its end, or is behind the other seeds of its contender."""
    stopped = run.status.word in ENDED and run.status.word != "finished" and run.epoch < run.planned
    return stopped or run.epoch < max(other.epoch for other in one.runs)


def _where(run: Snapshot) -> tuple[int, int, bool]:
    return run.epoch, run.planned, run.status.word in ENDED


def _named(one: Contender, runs: list[Snapshot]) -> str:
    """`B`, or `seeds 1, 2 of B` where it has more of them."""
    return one.letter if len(one.runs) == 1 else f"{_seeds(runs)} of {one.letter}"


def _seeds(runs: list[Snapshot]) -> str:
    seeds = sorted(run.spec.seed for run in runs if run.spec)
    return (
        f"{'seeds' if len(seeds) > 1 else 'seed'} {', '.join(map(str, seeds))}"
        if seeds
        else counted(len(runs), "run")
    )
