"""The result table of a group: a row a run, and mean and sample deviation over the seeds of each setting."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from cockpit.snapshot import Snapshot, best_of
from engine.contract.reference import Figures
from engine.contract.spec import setting
from engine.contract.stream import Epoch


class Row(Struct, frozen=True, kw_only=True):
    """The figures of one run, or of one of its nodes, as fractions; None where it has none.

    `test_best` is selected on the test set. A run of several nodes has their means, a row for each in `nodes`, and
    what they are together: the accuracy of their ensemble, and how often two of them answer alike.
    """

    label: str
    state: str
    epoch: int
    test_last: float | None
    test_best: float | None
    best_epoch: int | None
    train_clean: float | None
    gap: float | None
    gap_clean: float | None
    nodes: tuple[Row, ...] = ()
    ensemble: float | None = None
    agreement: float | None = None
    published: Figures = Figures()


class Spread(Struct, frozen=True):
    """A mean over n seeds; `std` is the sample deviation (n - 1), None for a single seed."""

    mean: float
    std: float | None
    n: int


class Setting(Struct, frozen=True, kw_only=True):
    """The runs that differ in nothing but their seed. `over_seeds` holds each figure over those that finished."""

    label: str
    rows: tuple[Row, ...]
    over_seeds: dict[str, Spread]


#: The figures that are averaged over seeds.
FIGURES = ("test_last", "test_best", "train_clean", "gap", "gap_clean")


def result_table(snapshots: Sequence[Snapshot]) -> list[Setting]:
    """The settings of a group, in the order of their first run. Runs that failed are rows, never dropped."""
    settings: dict[str, list[Snapshot]] = {}
    for snapshot in snapshots:
        same = snapshot.name
        if snapshot.spec and snapshot.file:
            same = setting(snapshot.spec, snapshot.file.inputs)
        settings.setdefault(same, []).append(snapshot)
    return [_setting(runs) for runs in settings.values()]


def _setting(runs: Sequence[Snapshot]) -> Setting:
    rows = tuple(_row(run) for run in runs)
    done = [row for row in rows if row.state == "finished"]
    seeds = "" if runs[0].spec is None else f"seed{runs[0].spec.seed}"
    parts = [part for part in runs[0].label.split("-") if part != seeds]
    over = {name: spread([getattr(row, name) for row in done]) for name in FIGURES}
    return Setting(
        label="-".join(parts) or runs[0].label,
        rows=rows,
        over_seeds={name: value for name, value in over.items() if value is not None},
    )


def spread(values: Sequence[float | None]) -> Spread | None:
    """Mean and sample deviation; None when any value is missing or there are none."""
    held = [value for value in values if value is not None]
    if not held or len(held) < len(values):
        return None
    if not math.isfinite(sum(value * value for value in held)):  # or so large that they have no deviation
        return Spread(math.nan, math.nan if len(held) > 1 else None, len(held))
    return Spread(statistics.fmean(held), statistics.stdev(held) if len(held) > 1 else None, len(held))


def _row(run: Snapshot) -> Row:
    models = run.spec.models if run.spec else ()
    nodes = tuple(
        _figures(f"{node} {models[node] if node < len(models) else ''}".strip(), run.status.word, epochs)
        for node, epochs in run.nodes.items()
    )
    extra = run.last.extra if run.last else {}
    return replace(
        _figures(f"{run.label} (published)" if run.published else run.label, run.status.word, run.epochs),
        nodes=nodes,
        ensemble=extra.get("ensemble_acc"),
        agreement=extra.get("agreement"),
        published=run.file.reference if run.file else Figures(),
    )


def _figures(label: str, state: str, epochs: Sequence[Epoch]) -> Row:
    last, best = epochs[-1] if epochs else None, best_of(epochs)
    return Row(
        label=label,
        state=state,
        epoch=last.epoch if last else 0,
        test_last=last.test_acc if last else None,
        test_best=best.test_acc if best else None,
        best_epoch=best.epoch if best else None,
        train_clean=last.train_acc_clean if last else None,
        gap=last.gap if last else None,
        gap_clean=last.gap_clean if last else None,
    )
