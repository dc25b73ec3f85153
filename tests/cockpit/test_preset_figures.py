"""The figures that were published stand beside the runs they are of."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace
from shipped_presets import RUNS, only, planned, runs


@pytest.mark.parametrize("name", RUNS)
def test_every_published_figure_is_of_a_run(name: str) -> None:
    published = planned(name).preset.reference
    used = [run.reference for run in planned(name).runs]
    for figures in published.runs:
        assert replace(figures, source=figures.source or published.source) in used, figures.run
        assert figures.source or published.source, figures.run


@pytest.mark.parametrize(
    ("name", "label", "figures"),
    [
        ("dml-resnet32", "independent", {"test_acc": 0.7119, "train_acc": 0.9283}),
        ("dml-resnet32", "dml_4", {"test_acc": 0.7321, "train_acc": 0.8989}),
        ("dml-mixed", "resnet56", {"test_acc": 0.7315, "std": 0.0023, "n": 3}),
        ("dml-mixed", "mixed", {"test_acc": None}),
        ("session-02-stable", "*", {"test_acc": 0.7120, "train_acc": 0.6926, "best_epoch": 100}),
        ("session-04-aggressive", "*", {"test_acc": 0.6964, "train_acc": 0.9785, "best_test_acc": 0.7298}),
        ("session-04-aggressive", "*", {"best_epoch": 99}),
        ("session-06", "*", {"test_acc": 0.8433}),
        ("kd-alpha", "cifar10-attention_transfer-seed0", {"best_test_acc": 0.9412}),
        ("kd-alpha", "cifar10-logit-seed0", {"best_test_acc": 0.9235}),
        ("kd-alpha", "cifar100-teacher-seed1", {"best_test_acc": 0.7288}),
        ("kd-alpha", "cifar100-rkd-seed0", {"best_test_acc": 0.01}),
        ("kd-alpha", "cifar100-logit-seed2", {"best_test_acc": 0.7316}),
        ("kd-alpha", "tinyimagenet-pure-seed0", {"best_test_acc": 0.5565}),
        ("kd-alpha", "tinyimagenet-nst-seed0", {"best_test_acc": None}),
        ("kd-alpha", "svhn-pure-seed0", {"best_test_acc": None}),
        ("kd-beta", "cifar100-teacher-seed2", {"test_acc": 0.7431}),
        ("experts", "resnext29_16x64d", {"expected": (0.85, 0.88), "test_acc": 0.827}),
        ("experts", "preact_resnext29_8x64d", {"expected": (0.86, 0.89), "test_acc": None}),
        ("experts", "resnet18", {"expected": (0.78, 0.82), "test_acc": 0.7561}),
        ("experts-iid", "shard_index3", {"expected": (0.84, 0.87)}),
        ("sweep-resnet18", "preact_resnet18-basic-sgd", {"best_test_acc": 0.7011}),
        ("sweep-resnet18", "timm_resnet18-advanced-adamw", {"best_test_acc": 0.3989}),
        ("sweep-resnet18-stem", "timm_resnet18_cifar-basic-sgd", {"test_acc": 0.7642}),
    ],
)
def test_published_figures_stand_beside_their_run(name: str, label: str, figures: dict[str, Any]) -> None:
    found = only(name, label).reference
    assert {key: getattr(found, key) for key in figures} == figures


def test_figures_of_many_runs_are_all_there() -> None:
    """Of alpha's seed-by-seed tables: 16 of CIFAR-10, 16 of CIFAR-100, 3 of TinyImageNet; the sweep's whole table."""
    assert sum(run.reference.best_test_acc is not None for run in runs("kd-alpha")) == 35
    assert sum(run.reference.best_test_acc is not None for run in runs("sweep-resnet18")) == 8
    assert max(run.reference.best_test_acc or 0 for run in runs("sweep-resnet18")) == 0.7011
    assert sum(run.reference.expected is not None for run in runs("experts")) == 13


def test_averages_over_nodes_are_those_of_the_nodes() -> None:
    for run in runs("dml-resnet32", "dml_*"):
        trained, tested = zip(*run.reference.nodes, strict=True)
        assert len(tested) == run.spec.nodes
        # The document rounds its averages to a hundredth of a percent, up or down.
        assert run.reference.test_acc == pytest.approx(sum(tested) / len(tested), abs=0.6e-4)
        assert run.reference.train_acc == pytest.approx(sum(trained) / len(trained), abs=0.6e-4)


@pytest.mark.parametrize("name", ["session-02-stable", "session-04-aggressive"])
def test_a_sessions_curve_ends_at_its_last_figure_and_peaks_at_its_best(name: str) -> None:
    figures = only(name).reference
    curve = dict(figures.curve)
    assert len(curve) == len(figures.curve) == 19
    assert curve[100] == figures.test_acc
    assert max(curve, key=curve.__getitem__) == figures.best_epoch
    assert max(curve.values()) == figures.best_test_acc
