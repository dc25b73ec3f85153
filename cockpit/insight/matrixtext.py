"""A matrix in words: figures as people read them, what a table shows, and all of it as Markdown."""

from __future__ import annotations

from cockpit.insight.axes import Axis
from cockpit.insight.format import counted, percent, points
from cockpit.insight.matrix import ALL, Cell, Metric, Table
from engine.contract.cleaning import clean

NAMES: dict[Metric, str] = {
    "last": "last test accuracy, %",
    "best": "best test accuracy, % (selected on the test set)",
    "gap_clean": "clean gap, points (clean train less test)",
    "gap": "gap, points (train as trained less test)",
    "epoch": "epochs done",
}

#: What is to be said where runs are missing that others are averaged over.
PARTIAL = "no shade, and no difference, where a mean lacks values that others are over"


def figure(value: float | None, metric: Metric) -> str:
    """A cell's mean: percent, points with a sign, or epochs."""
    if metric == "epoch":
        return "-" if value is None else f"{value:g}" if value == round(value) else f"{value:.1f}"
    return points(value) if metric in ("gap", "gap_clean") else percent(value)


def spread(value: float, metric: Metric) -> str:
    """A sample deviation, in the unit of its mean."""
    return f"±{value:.1f}" if metric == "epoch" else f"±{percent(value)}"


def difference(value: float | None, metric: Metric) -> str:
    """How much more than the baseline."""
    return ("-" if value is None else f"{value:+.1f}") if metric == "epoch" else points(value)


def standing(cell: Cell) -> str:
    """How many runs the figure is of, and how far the others are: `3`, `2 of 3, running 58 %`, `0 of 3, queued`."""
    if not cell.of:
        return ""
    told = [f"{cell.n}" if cell.n == cell.of else f"{cell.n} of {cell.of}"]
    if cell.word and cell.word != "finished":
        told.append(cell.word if cell.position is None else f"{cell.word} {100 * cell.position:.0f} %")
    return ", ".join(told) if cell.runs else "not asked for"


def heading(axis: Axis, value: str, metric: Metric) -> str:
    """A value of an axis as a column's or row's head; where there is no axis, the metric."""
    return clean(value) if axis is not ALL else metric.replace("gap_clean", "clean gap")


def corner(table: Table) -> str:
    """What stands above the rows' heads: the axis that goes down, or that across where none does."""
    return clean((table.cols if table.rows is ALL else table.rows).name)


def baseline(table: Table) -> str:
    """What differences are to: a value that tells nothing alone, such as a number, with its axis."""
    axis, value = table.baseline or ("", "")
    bare = value in ("yes", "no", "none") or not any(map(str.isalpha, value))
    return clean(f"{axis} {value}" if bare else value)


def deviation(table: Table) -> str:
    """What stands behind ±."""
    within = f", within each {' and '.join(axis.name for axis in table.averaged)}" if table.averaged else ""
    return f"sample deviation over seeds{within}"


def caption(table: Table) -> list[str]:
    """What is to be known of the table, a sentence each."""
    told = [NAMES[table.metric]]
    over = [f"{axis.name} ({', '.join(axis.values)})" for axis in table.averaged]
    if any(cell.std is not None for cell in table.cells.values()):
        told.append(f"mean ± {deviation(table)} (n - 1)")
    if over:
        told.append(f"averaged over {' and '.join(over)}, and seeds")
    if any(cell.partial for cell in table.cells.values()):
        told.append(PARTIAL)
    told += [f"at {name} = {value}" for name, value in table.fixed.items()]
    if any(cell.provisional for cell in table.cells.values()):
        told.append("~ is what unfinished runs show so far, each at its own last epoch")
    return [clean(each) for each in told]


def markdown(table: Table, group: str) -> str:
    """The table in Markdown, with what it shows and of how many runs each figure is."""
    head = [
        _escaped(corner(table)),
        *(_escaped(heading(table.cols, value, table.metric)) for value in table.cols.values),
    ]
    lines = [f"**{_escaped(clean(group))}**: {'; '.join(map(_escaped, caption(table)))}.", "", _row(head)]
    lines.append(_row(["---", *["---:"] * len(table.cols.values)]))
    for row in table.rows.values:
        cells = [table.cell(row, col) for col in table.cols.values]
        lines.append(
            _row([_escaped(heading(table.rows, row, table.metric)), *(_cell(cell, table.metric) for cell in cells)])
        )
    if table.baseline and ALL in (table.rows, table.cols):
        lines += _differences(table)
    return "\n".join(lines) + "\n"


def _differences(table: Table) -> list[str]:
    """Of a single axis: how much more than the baseline each is."""
    across = table.rows is ALL
    values = table.cols.values if across else table.rows.values
    cells = [table.cell("", value) if across else table.cell(value, "") for value in values]
    told = [difference(cell.difference, table.metric) for cell in cells]
    if across:
        return [_row([f"to {_escaped(baseline(table))}", *told])]
    return [
        "",
        f"To {_escaped(baseline(table))}: " + ", ".join(f"{v} {d}" for v, d in zip(values, told, strict=True)) + ".",
    ]


def _cell(cell: Cell, metric: Metric) -> str:
    told = standing(cell)
    if cell.mean is not None:
        std = f" {spread(cell.std, metric)}" if cell.std is not None else ""
        told = f"{'~' if cell.provisional else ''}{figure(cell.mean, metric)}{std} ({told})"
    if cell.published is not None:
        told += f", published {figure(cell.published, metric)}"
    return told.lstrip(", ")


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")


def runs_told(table: Table) -> str:
    """How many runs the table holds, and how many of them are finished."""
    runs = sum(len(cell.runs) for cell in table.cells.values())
    missing = sum(cell.of - len(cell.runs) for cell in table.cells.values())
    done = sum(cell.n for cell in table.cells.values())
    return f"{counted(runs, 'run')}, {done} finished" + (f", {missing} not asked for" if missing else "")
