"""A group as a table over two of its axes, made from what the shipped presets really expand to."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from matrix_runs import made, runs_of, seen
from msgspec.structs import replace

from cockpit.expand import Planned
from cockpit.insight.axes import layout
from cockpit.insight.matrix import ALL, table
from cockpit.insight.matrixtext import markdown, standing
from engine.contract.stream import Epoch


def test_a_sweep_over_any_two_of_its_three_axes():
    laid = layout([seen(run) for run in runs_of("sweep-resnet18")])
    assert {a.name: set(a.values) for a in laid.axes} == {
        "model": {"timm_resnet18", "preact_resnet18"}, "augmentation": {"basic", "advanced"},
        "optimizer": {"sgd", "adamw"},
    }  # fmt: skip
    worth = {"timm_resnet18": 0.4, "preact_resnet18": 0.6, "basic": 0.04, "advanced": 0, "sgd": 0.02, "adamw": 0}

    def acc(run: Planned) -> float:
        return sum(worth[value] for name, value in run.at.items())

    over = made("sweep-resnet18", acc, rows="augmentation", cols="model")
    assert over.cell("basic", "timm_resnet18").mean == pytest.approx((0.44 + 0.46) / 2)
    assert over.cell("basic", "timm_resnet18").std is None, "two optimizers are no two seeds"
    assert [axis.name for axis in over.averaged] == ["optimizer"]
    at = made("sweep-resnet18", acc, rows="augmentation", cols="model", fixed={"optimizer": "sgd"})
    assert at.cell("basic", "timm_resnet18").mean == pytest.approx(0.46) and at.fixed == {"optimizer": "sgd"}
    assert at.cell("basic", "timm_resnet18").of == 1 and not at.averaged


def test_the_distillation_matrix_of_96():
    worth = {"teacher": 0.72, "pure": 0.70, "logit": 0.715}
    of = made("kd-beta", lambda run: worth.get(run.at["method"], 0.71) + 0.01 * run.spec.seed)
    assert (of.rows.name, of.cols.name) == ("method", "data")
    assert of.rows.values[:3] == ("teacher", "pure", "logit"), "in the preset's order"
    assert of.cols.values == ("cifar10", "cifar100", "svhn", "tinyimagenet")
    assert len(of.cells) == 32 and all((cell.n, cell.of) == (3, 3) for cell in of.cells.values())
    logit = of.cell("logit", "svhn")
    assert (logit.mean, logit.std) == (pytest.approx(0.725), pytest.approx(0.01))
    assert of.baseline == ("method", "pure") and logit.difference == pytest.approx(0.015)
    assert of.cell("pure", "svhn").difference is None
    assert of.cell("pure", "cifar100").published == 0.7234 and of.cell("pure", "svhn").published is None
    assert (of.cell("teacher", "svhn").shade, of.cell("pure", "svhn").shade) == (4, 0)


def test_mutual_learning_over_the_number_of_nodes():
    row = made("dml-resnet32", lambda run: 0.71 + 0.002 * run.spec.nodes)
    assert row.rows is ALL and row.cols.values == ("1", "2", "3", "4", "5", "6", "7")
    assert row.cell("", "4").difference == pytest.approx(0.006) and row.baseline == ("nodes", "1")
    assert [row.cell("", n).published for n in "12"] == [0.7119, 0.7212]


def test_runs_that_do_not_tell_of_a_grid_are_placed_by_their_settings():
    runs = [replace(run, file=replace(run.file, at={})) for run in map(seen, runs_of("kd-beta"))]
    laid = layout(runs)
    assert [axis.name for axis in laid.axes] == ["data", "model objective"]
    assert "resnet112 supervised" in laid.axes[1].values and len(laid.axes[1].values) == 8


def test_runs_of_one_point_that_differ_are_never_averaged():
    short, long = runs_of("dml-resnet32", "run.epochs=3"), runs_of("dml-resnet32")
    laid = layout([seen(run) for run in (*short, *long)], long)
    assert {axis.name: axis.values for axis in laid.axes}["epochs"] == ("200", "3")


def test_seeds_alone_make_one_cell():
    runs = [seen(run, 0.5) for run in runs_of("experts-iid", "grid.run.seed=[0, 1]")[:2]]
    of = table(layout(runs), runs)
    assert (of.rows, of.cols) == (ALL, ALL) and of.cell("", "").n == 2


def test_unfinished_runs_say_how_far_and_are_not_averaged_with_finished_ones():
    one, two, three = (run for run in runs_of("kd-beta") if run.label.startswith("svhn-pure"))
    runs = [seen(one, 0.9), seen(two, 0.5, "running", 75), seen(three, None, "queued")]
    cell = table(layout(runs), runs).cell("", "")
    assert (cell.mean, cell.std, cell.n, cell.of, cell.provisional) == (0.9, None, 1, 3, False)
    assert standing(cell) == "1 of 3, running 25 %"
    cell = table(layout(runs[1:]), runs[1:]).cell("", "")
    assert (cell.mean, cell.provisional, cell.n) == (0.5, True, 0)


def test_failed_runs_count_and_give_no_figure():
    one, two = (run for run in runs_of("kd-beta") if run.label.startswith("svhn-pure") and run.spec.seed < 2)
    runs = [seen(one, 0.9, "failed"), seen(two, 0.8, problem="damaged")]
    cell = table(layout(runs), runs).cell("", "")
    assert (cell.mean, cell.n, cell.of, cell.word) == (None, 0, 2, "failed")


def test_points_without_a_run_are_shown_where_the_preset_was_launched_as_it_is():
    every = runs_of("sweep-resnet18")
    runs = [seen(run, 0.5) for run in every[:5]]
    asked = table(layout(runs, every), runs, rows="model", cols="augmentation")
    assert [asked.cell("preact_resnet18", a).of for a in ("basic", "advanced")] == [2, 2]
    assert standing(asked.cell("preact_resnet18", "advanced")) == "not asked for"
    others = [seen(run, 0.5) for run in runs_of("sweep-resnet18", "run.epochs=3")[:5]]
    assert table(layout(others, every), others).cell("preact_resnet18", "advanced").of == 0


@pytest.mark.parametrize(
    ("metric", "value"), [("last", 0.7), ("best", 0.8), ("gap_clean", 0.95 - 0.7), ("gap", 0.9 - 0.7), ("epoch", 2)]
)
def test_metrics(metric, value):
    run = seen(runs_of("dml-resnet32")[0], 0.7)
    run = replace(run, epochs=(Epoch(epoch=1, test_acc=0.8), replace(run.epochs[0], epoch=2)))
    assert table(layout([run]), [run], metric).cell("", "").mean == pytest.approx(value)


def test_not_a_number_is_shown_and_shades_nothing():
    of = made("sweep-resnet18", lambda run: math.nan if run.at["optimizer"] == "sgd" else 0.5)
    assert math.isnan(of.cell("timm_resnet18", "basic").mean) and of.cell("timm_resnet18", "basic").shade is None


def test_imported_runs_are_left_out_and_counted():
    run = seen(runs_of("dml-resnet32")[0], 0.7)
    laid = layout([run, replace(run, spec=None, file=None, path=Path("x"))])
    assert laid.unplaced == 1 and len(laid.stands) == 1


def test_markdown():
    row = made("dml-resnet32", lambda run: 0.71 + 0.002 * run.spec.nodes)
    assert markdown(row, "dml-resnet32").splitlines()[:6] == [
        "**dml-resnet32**: last test accuracy, %.",
        "",
        "| nodes | 1 | 2 | 3 | 4 | 5 | 6 | 7 |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
        "| last | 71.20 (1), published 71.19 | 71.40 (1), published 72.12 | 71.60 (1), published 72.64 "
        "| 71.80 (1), published 73.21 | 72.00 (1), published 72.61 | 72.20 (1), published 73.12 "
        "| 72.40 (1), published 72.93 |",
        "| to nodes 1 | - | +0.20 | +0.40 | +0.60 | +0.80 | +1.00 | +1.20 |",
    ]
