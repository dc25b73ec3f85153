"""A group as a table over two of its axes: in each cell the mean and the spread of all runs that stand there."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal, get_args

from msgspec import Struct
from msgspec.structs import replace

from cockpit.insight.axes import Axis, Layout, Stand
from cockpit.snapshot import Snapshot
from cockpit.status import HELD, Word
from engine.contract.reference import Figures

Metric = Literal["last", "best", "gap_clean", "gap", "epoch"]
METRICS: tuple[Metric, ...] = get_args(Metric)
#: What a shade compares a cell with: the whole table, or what stands in its column or its row.
Among = Literal["table", "column", "row"]
AMONG: tuple[Among, ...] = get_args(Among)
#: How many shades a table has; the lowest is 0.
SHADES = 5
#: Means that differ by less are equal but for rounding.
EQUAL = 1e-9
#: More values than these of a single axis stand below one another.
LONGEST_ROW = 8
#: States that tell that a run's figures are no result.
_BROKEN: frozenset[Word] = frozenset({"failed", "out-of-memory", "lost"})
#: The state that a cell is shown in is the first of these that one of its runs is in.
_TELLING: tuple[Word, ...] = (
    "running", "starting", "stopping", "silent", "unknown", "failed", "out-of-memory", "lost", "blocked", "stopped",
    "waiting", "queued", "finished",
)  # fmt: skip
#: The row of a table that has none.
ALL = Axis("", ("",))


class Cell(Struct, frozen=True, kw_only=True):
    """What stands at one place: fractions of 1, or epochs.

    `mean` is of the `n` finished runs, of each point of the averaged axes alike. `std` is the sample deviation
    (n - 1) over the seeds of a point, pooled over the points; None where no point has two. `points` are the values
    of the averaged axes that the mean is over, and `partial` says that they are not those of most other cells: such
    a cell has no shade, and a difference only where its baseline has the very same points. Where none has finished,
    `mean` is of what the others show so far, and `provisional` says so. `of` counts all runs, with those that are
    planned and not there. `word` is the state most worth knowing, `position` how far those that are not finished
    are, as a fraction. `published` is the figure of the same metric from elsewhere, `difference` the mean less that
    of the baseline, where neither is provisional. `shade` goes from 0 to SHADES - 1 over the means of the table, or
    of the cell's column or row.
    """

    runs: tuple[Path, ...] = ()
    of: int = 0
    n: int = 0
    mean: float | None = None
    std: float | None = None
    provisional: bool = False
    word: Word | None = None
    position: float | None = None
    published: float | None = None
    difference: float | None = None
    shade: int | None = None
    points: frozenset[tuple[str, ...]] = frozenset()
    partial: bool = False


class Table(Struct, frozen=True, kw_only=True):
    """A group over two axes. `rows` is ALL where there is one axis only, `cols` too where there is none.

    `fixed` says at which value of a further axis it is taken, `averaged` which further axes each mean is over;
    seeds always are. `baseline` is the axis and its value that differences are to.
    """

    metric: Metric
    among: Among
    rows: Axis
    cols: Axis
    cells: dict[tuple[str, str], Cell]
    fixed: dict[str, str]
    averaged: tuple[Axis, ...]
    baseline: tuple[str, str] | None

    def cell(self, row: str, col: str) -> Cell:
        """What stands there; an empty cell where nothing does."""
        return self.cells.get((row, col), Cell())


def axes_of(layout: Layout, rows: str | None = None, cols: str | None = None) -> tuple[Axis, Axis]:
    """The two axes of a table: those that are named, else the longest down and the first of the others across.

    A single axis lies across, as a row, unless it is named for the rows or has more than LONGEST_ROW values.
    """
    if len(layout.axes) < 2:
        only = layout.axes[0] if layout.axes else ALL
        is_row = cols == only.name or (rows != only.name and len(only.values) <= LONGEST_ROW)
        return (ALL, only) if is_row else (only, ALL)
    down, across = layout.axis(rows or ""), layout.axis(cols or "")
    down = down or max((axis for axis in layout.axes if axis != across), key=lambda axis: len(axis.values))
    if across is None or across == down:
        across = next(axis for axis in layout.axes if axis != down)
    return down, across


def table(
    layout: Layout,
    runs: Sequence[Snapshot],
    metric: Metric = "last",
    rows: str | None = None,
    cols: str | None = None,
    fixed: Mapping[str, str] | None = None,
    among: Among | None = None,
) -> Table:
    """The table of a metric; `fixed` takes a slice of further axes, which are averaged otherwise.

    A cell is shaded by its place `among` the others: those of its own data set, where that is an axis, else all.
    """
    free = tuple(axis for axis in layout.axes if axis.name in (rows, cols) or axis.name not in (fixed or {}))
    down, across = axes_of(replace(layout, axes=free), rows, cols)
    further = [axis for axis in layout.axes if axis not in (down, across)]
    held = {axis.name: value for axis in further if (value := (fixed or {}).get(axis.name)) in axis.values}
    stands = [s for s in layout.stands if all(s.at[name] == value for name, value in held.items())]
    snapshots = {run.path: run for run in runs}
    places: dict[tuple[str, str], list[Stand]] = {}
    for stand in stands:
        places.setdefault((stand.at.get(down.name, ""), stand.at.get(across.name, "")), []).append(stand)
    averaged = tuple(axis for axis in further if axis.name not in held)
    cells = {place: _cell(found, snapshots, metric, averaged) for place, found in places.items()}
    baseline = _baseline(across if down is ALL else down, stands)
    among = among or ("column" if across.name == "data" else "row" if down.name == "data" else "table")
    return Table(
        metric=metric,
        among=among,
        rows=down,
        cols=across,
        cells={place: _placed(place, cell, cells, baseline, among) for place, cell in cells.items()},
        fixed=held,
        averaged=averaged,
        baseline=baseline,
    )


def value_of(run: Snapshot, metric: Metric) -> float | None:
    """A run's figure."""
    last = run.last
    if last is None:
        return None
    if metric == "best":
        return run.best.test_acc if run.best else None
    if metric in ("gap", "gap_clean"):
        return last.gap if metric == "gap" else last.gap_clean
    return float(last.epoch) if metric == "epoch" else last.test_acc


def published(figures: Figures, metric: Metric) -> float | None:
    """What was published of the same figure."""
    if metric == "gap" and figures.train_acc is not None and figures.test_acc is not None:
        return figures.train_acc - figures.test_acc
    return {"last": figures.test_acc, "best": figures.best_test_acc}.get(metric)


def _cell(
    stands: Sequence[Stand], snapshots: Mapping[Path, Snapshot], metric: Metric, averaged: Sequence[Axis]
) -> Cell:
    at = {s.path: tuple(s.at.get(axis.name, "") for axis in averaged) for s in stands if s.path in snapshots}
    runs = [snapshots[path] for path in at if path]
    figures = _held([run for run in runs if _word(run) == "finished"], metric, at)
    provisional = not figures
    if provisional:
        figures = _held([run for run in runs if _word(run) not in _BROKEN], metric, at)
    rest = [run for run in runs if _word(run) != "finished"]
    words = {_word(run) for run in runs}
    told = {figure for s in stands if (figure := published(s.reference, metric)) is not None}
    return Cell(
        runs=tuple(run.path for run in runs),
        of=len(stands),
        n=0 if provisional else sum(map(len, figures.values())),
        mean=_mean([mean for held in figures.values() if (mean := _mean(held)) is not None]),
        std=_deviation(list(figures.values())),
        provisional=bool(figures) and provisional,
        word=next((word for word in _TELLING if word in words), None),
        position=_position(rest) if words & HELD else None,
        published=told.pop() if len(told) == 1 else None,
        points=frozenset(figures),
    )


def _word(run: Snapshot) -> Word:
    """A run's state; one that cannot be read whole has no figures to average, whatever its state."""
    return "failed" if run.problem else run.status.word


def _held(
    runs: Sequence[Snapshot], metric: Metric, at: Mapping[Path | None, tuple[str, ...]]
) -> dict[tuple[str, ...], list[float]]:
    """The figures that there are, by the point of the averaged axes they stand at."""
    held: dict[tuple[str, ...], list[float]] = {}
    for run in runs:
        if (figure := value_of(run, metric)) is not None:
            held.setdefault(at[run.path], []).append(figure)
    return held


def _mean(figures: Sequence[float]) -> float | None:
    if not figures:
        return None
    return statistics.fmean(figures) if math.isfinite(sum(figures)) else math.nan


def _deviation(points: Sequence[Sequence[float]]) -> float | None:
    """The deviation over seeds: within each point, pooled. How the points differ is the averaged axis' doing."""
    several = [figures for figures in points if len(figures) > 1]
    if not several:
        return None
    if not all(math.isfinite(figure) for figures in several for figure in figures):
        return math.nan
    squares = sum(statistics.variance(figures) * (len(figures) - 1) for figures in several)
    return math.sqrt(squares / sum(len(figures) - 1 for figures in several))


def _position(runs: Sequence[Snapshot]) -> float:
    """How far runs are, all together; one that has not begun counts with what it has before it."""
    planned = sum(run.planned for run in runs)
    return min(1.0, sum(run.position for run in runs) / planned) if planned else 0.0


def _baseline(axis: Axis, stands: Sequence[Stand]) -> tuple[str, str] | None:
    """What an axis' values are measured against: the first whose runs learn from nobody and teach nobody.

    Where no value is such a one, or all are, the first.
    """
    if axis is ALL:
        return None
    taught = {Path(stand.spec.teacher).name for stand in stands if stand.spec.teacher}
    for value in axis.values:
        at = [stand for stand in stands if stand.at.get(axis.name) == value]
        alone = all(stand.spec.objective == "supervised" for stand in at)
        if at and alone and not any(stand.path and stand.path.name in taught for stand in at):
            return axis.name, value
    return axis.name, axis.values[0]


def _placed(
    place: tuple[str, str],
    cell: Cell,
    cells: Mapping[tuple[str, str], Cell],
    baseline: tuple[str, str] | None,
    among: Among,
) -> Cell:
    """A cell with what the rest of the table makes of it: its shade, and its difference to the baseline."""
    row, col = place
    base = None
    if baseline:
        base = cells.get((row, baseline[1])) if row == "" else cells.get((baseline[1], col))
    difference = None
    settled = base and base is not cell and not (cell.provisional or base.provisional) and cell.points == base.points
    if settled and base and cell.mean is not None and base.mean is not None:
        difference = cell.mean - base.mean
    others = [
        other for at, other in cells.items() if among == "table" or at[among == "column"] == place[among == "column"]
    ]
    usual = _usual(others)
    if cell.points != usual:
        return replace(cell, difference=difference, partial=bool(cell.points))
    alike = [other.mean for other in others if other.points == usual]
    return replace(cell, difference=difference, shade=_shade(cell.mean, alike))


def _usual(cells: Sequence[Cell]) -> frozenset[tuple[str, ...]]:
    """The points that most cells have figures of; of equally many, the more points."""
    counts = Counter(cell.points for cell in cells if cell.points)
    return max(counts, key=lambda points: (counts[points], len(points), sorted(points)), default=frozenset())


def _shade(mean: float | None, means: Sequence[float | None]) -> int | None:
    """Where a mean lies among others; in the middle where all are equal."""
    held = [each for each in means if each is not None and math.isfinite(each)]
    if mean is None or not math.isfinite(mean):
        return None
    low, high = min(held), max(held)
    within = (mean - low) / (high - low) if high - low > EQUAL else 0.5
    return min(SHADES - 1, int(within * SHADES))
