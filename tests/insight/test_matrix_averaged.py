"""A table that averages over an axis never lays that axis' effect at the door of another, or of the seeds."""

from __future__ import annotations

import pytest
from matrix_runs import made, runs_of, seen

from cockpit.insight.axes import layout
from cockpit.insight.matrix import Table, table
from cockpit.insight.matrixtext import caption

ASKED = {"rows": "augmentation", "cols": "model"}


def averaged(missing=("advanced", "timm_resnet18"), word="failed") -> Table:
    """The optimizer is worth 40 points and nothing else is anything; one cell lacks its runs with AdamW."""
    every = runs_of("sweep-resnet18")
    runs = []
    for run in every:
        adamw = "adamw" in run.at.values()
        gone = adamw and bool(missing) and set(missing) <= set(run.at.values())
        runs.append(seen(run, None if gone else 0.5 if adamw else 0.9, word if gone else "finished"))
    return table(layout(runs, every), runs, **ASKED)


@pytest.mark.parametrize("word", ["failed", "queued"])
def test_a_mean_that_lacks_a_point_has_no_difference_and_no_shade(word):
    of = averaged(word=word)
    cell = of.cell("advanced", "timm_resnet18")
    assert (cell.mean, cell.n, cell.of, cell.partial) == (0.9, 1, 2, True)
    assert (cell.difference, cell.shade) == (None, None)
    assert of.cell("basic", "timm_resnet18").difference is None
    other = [of.cell(row, "preact_resnet18") for row in of.rows.values]
    assert sorted(each.difference for each in other if each.difference is not None) == [0.0]
    assert {each.shade for each in other} == {2}, "the cell that lacks runs stretches no scale"
    assert any(text.startswith("no shade, and no difference") for text in caption(of))


def test_where_nothing_is_missing_nothing_is_said_of_it():
    of = averaged(missing=())
    assert not any(cell.partial for cell in of.cells.values())
    assert not any(text.startswith("no shade") for text in caption(of))


def test_the_deviation_is_over_seeds_within_a_point():
    every = runs_of("sweep-resnet18", "grid.run.seed=[0, 1]")
    runs = [seen(run, (0.9 if "sgd" in run.at.values() else 0.5) + 0.02 * run.spec.seed) for run in every]
    of = table(layout(runs, every), runs, **ASKED)
    cell = of.cell("basic", "timm_resnet18")
    assert (cell.n, cell.mean, cell.std) == (4, pytest.approx(0.71), pytest.approx(0.02 / 2**0.5))
    assert "mean ± sample deviation over seeds, within each optimizer (n - 1)" in caption(of)


def test_each_point_weighs_alike_however_many_seeds_it_has():
    every = runs_of("sweep-resnet18", "grid.run.seed=[0, 1]")
    kept = [run for run in every if run.spec.seed == 0 or "sgd" in run.at.values()]
    runs = [seen(run, 0.9 if "sgd" in run.at.values() else 0.5) for run in kept]
    assert table(layout(runs), runs, **ASKED).cell("basic", "timm_resnet18").mean == pytest.approx(0.7)


def test_of_a_table_without_averaged_axes_it_is_over_seeds():
    assert "mean ± sample deviation over seeds (n - 1)" in caption(made("kd-beta"))
