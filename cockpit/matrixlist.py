"""`cockpit matrix`: a group over two of its axes, as a table, as Markdown or as JSON."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec
from rich.table import Table as Grid
from rich.text import Text

from cockpit.console import print_table, stdout_console
from cockpit.insight.axes import Layout, layout
from cockpit.insight.matrix import METRICS, Cell, Metric, Table, table
from cockpit.insight.matrixtext import (
    baseline,
    caption,
    corner,
    difference,
    figure,
    heading,
    markdown,
    runs_told,
    spread,
    standing,
)
from cockpit.plan import of_group
from cockpit.runs import RunsFolder, find
from engine.contract.cleaning import clean
from engine.contract.errors import UserError, nearest
from engine.contract.stream import finite

Form = Literal["table", "markdown", "json"]


def show(
    root: Path,
    group: str,
    rows: str | None,
    cols: str | None,
    metric: str,
    at: Sequence[str],
    form: Form,
) -> None:
    """Print the matrix of a group.

    Raises:
        UserError: there is no such group, axis, value or metric.
    """
    runs = RunsFolder(root, group).poll()
    if not runs:
        known = sorted({path.parent.name for path in find(root)})
        raise UserError(group, "", f"no runs of this group in {root}", nearest(group, known))
    if metric not in METRICS:
        raise UserError(f"--metric {metric}", "", "no metric of a matrix", nearest(metric, METRICS))
    laid = layout(runs, of_group(runs, root))
    for option, name in (("--rows", rows), ("--cols", cols)):
        if name is not None:
            _axis(laid, f"{option} {name}", name)
    if rows is not None and rows == cols:
        raise UserError(f"--cols {cols}", "", "the rows are of it already", "name another axis")
    fixed = dict(_slice(laid, text) for text in at)
    for name in {rows, cols} & fixed.keys():
        raise UserError(f"--at {name}={fixed[str(name)]}", "", "the table goes over it already", "leave one out")
    made = table(laid, runs, _metric(metric), rows, cols, fixed)
    if form == "markdown":
        sys.stdout.write(markdown(made, group))
    elif form == "json":
        told = msgspec.json.encode(finite(as_record(made, group)))
        sys.stdout.write(msgspec.json.format(told, indent=2).decode() + "\n")
    else:
        _print(made, laid)


def as_record(made: Table, group: str) -> dict[str, Any]:
    """The table for programs: fractions of 1, and a cell for each place where something stands or will."""
    return {
        "group": group,
        "metric": made.metric,
        "rows": {"axis": made.rows.name, "values": made.rows.values},
        "cols": {"axis": made.cols.name, "values": made.cols.values},
        "at": made.fixed,
        "averaged": {axis.name: axis.values for axis in made.averaged},
        "baseline": made.baseline,
        "cells": [
            {"row": row, "col": col}
            | {n: getattr(cell, n) for n in Cell.__struct_fields__ if n not in ("runs", "shade", "word", "points")}
            | {"state": cell.word, "runs": [clean(str(path)) for path in cell.runs]}
            for (row, col), cell in made.cells.items()
        ],
    }


def _metric(name: str) -> Metric:
    return next(metric for metric in METRICS if metric == name)


def _axis(laid: Layout, where: str, name: str) -> None:
    if laid.axis(name) is None:
        known = [axis.name for axis in laid.axes]
        remedy = nearest(name, known) if known else "the runs of this group differ in their seeds alone"
        raise UserError(where, "", "no axis in which runs of this group differ", remedy)


def _slice(laid: Layout, text: str) -> tuple[str, str]:
    """`AXIS=VALUE` of --at."""
    name, equals, value = (part.strip() for part in text.partition("="))
    if not equals:
        raise UserError(f"--at {text}", "", "not of the form AXIS=VALUE", "write for example --at optimizer=sgd")
    _axis(laid, f"--at {text}", name)
    axis = laid.axis(name)
    if axis and value not in axis.values:
        raise UserError(f"--at {text}", "", f"no run of this group stands at {value!r}", nearest(value, axis.values))
    return name, value


def _print(made: Table, laid: Layout) -> None:
    console = stdout_console()
    grid = Grid(box=None, pad_edge=False, header_style="bold")
    grid.add_column(corner(made), overflow="fold")
    for value in made.cols.values:
        grid.add_column(heading(made.cols, value, made.metric), justify="right", overflow="fold")
    for row in made.rows.values:
        cells = [made.cell(row, col) for col in made.cols.values]
        for i, line in enumerate(_lines(made, cells)):
            grid.add_row(Text(heading(made.rows, row, made.metric) if not i else ""), *line)
    print_table(console, grid)
    told = [*caption(made), *([f"differences are to {baseline(made)}"] if made.baseline else []), runs_told(made)]
    told += [f"{laid.unplaced} without settings left out"] if laid.unplaced else []
    console.print(Text("; ".join(told)), style="dim", soft_wrap=True)


def _lines(made: Table, cells: Sequence[Cell]) -> list[list[Text]]:
    """A row of cells: the means, of how many runs they are, and what else there is of them."""
    means, states, gains, others = [], [], [], []
    for cell in cells:
        std = f" {spread(cell.std, made.metric)}" if cell.std is not None else ""
        mean = f"{'~' if cell.provisional else ''}{figure(cell.mean, made.metric)}{std}"
        means.append(Text(mean if cell.of else ""))
        states.append(Text(standing(cell), style="dim"))
        gains.append(Text("" if cell.difference is None else difference(cell.difference, made.metric)))
        known = cell.published is not None
        others.append(Text(f"published {figure(cell.published, made.metric)}" if known else "", style="dim"))
    return [means, states, *[line for line in (gains, others) if any(text.plain for text in line)]]
