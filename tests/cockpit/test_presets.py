"""The presets that come with the project: how many runs each is, and that each says what its document says."""

from __future__ import annotations

from collections import Counter
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

import pytest
from msgspec.structs import replace

from cockpit.expand import Planned
from cockpit.plan import Plan, plan
from cockpit.presets import names
from engine.contract import schedule
from engine.contract.objective import DISTILLING
from engine.contract.spec import Spec

RUNS = {
    "quickstart": 4,
    "dml-resnet32": 7,
    "dml-mixed": 4,
    "session-02-stable": 1,
    "session-04-aggressive": 1,
    "session-06": 1,
    "kd-alpha": 48,
    "kd-beta": 96,
    "experts": 13,
    "experts-iid": 5,
    "sweep-resnet18": 8,
    "sweep-resnet18-stem": 8,
}
TARGETS = {
    "quickstart": 0.96,
    "session-02-stable": 0.73,
    "session-04-aggressive": 0.73,
    "session-06": 0.82,
    "sweep-resnet18": 0.78,
    "sweep-resnet18-stem": 0.78,
}


@cache
def planned(name: str) -> Plan:
    return plan(name, needs_data=False)


def runs(name: str, pattern: str = "*") -> list[Planned]:
    found = [run for run in planned(name).runs if fnmatchcase(run.label, pattern)]
    assert found, f"{pattern} is none of {name}"
    return found


def only(name: str, pattern: str = "*") -> Planned:
    (run,) = runs(name, pattern)
    return run


def test_these_are_the_presets() -> None:
    assert set(names()) == set(RUNS)


@pytest.mark.parametrize("name", RUNS)
def test_a_preset_is_so_many_runs_and_none_is_like_another(name: str) -> None:
    assert len(planned(name).runs) == RUNS[name]
    assert len({run.identity for run in planned(name).runs}) == RUNS[name]


@pytest.mark.parametrize("name", RUNS)
def test_a_preset_says_what_it_is_and_nothing_in_it_needs_a_caution(name: str) -> None:
    made = planned(name)
    assert made.cautions == ()
    assert len(made.preset.description.split()) > 30
    assert made.preset.target == ({"test_acc": TARGETS[name]} if name in TARGETS else {})
    if name != "quickstart":
        assert made.preset.reference.note or made.preset.reference.source


#: Preset -> pattern of labels -> what the document states, and what was decided where it is silent and it matters.
STATED: dict[str, dict[str, dict[str, Any]]] = {
    "dml-resnet32": {
        "*": {
            "data": "cifar100",
            "model": "resnet32",
            "epochs": 200,
            "batch_size": 64,
            "optimizer": "sgd",
            "lr": 0.1,
            "momentum": 0.9,
            "nesterov": True,
            "weight_decay": 5e-4,
            "lr_schedule": "cosine",
            "drop_last": True,
        },
        "independent": {"nodes": 1, "objective": "supervised"},
        "dml_?": {"objective": "mutual", "temperature": 1.0, "ce_weight": 1.0, "kd_weight": 1.0},
    },
    "dml-mixed": {
        "*": {"data": "cifar100", "epochs": 200, "batch_size": 64, "lr": 0.1, "nesterov": True, "drop_last": True},
        "resnet20": {"model": "resnet20", "objective": "supervised"},
        "resnet32": {"model": "resnet32", "objective": "supervised"},
        "resnet56": {"model": "resnet56", "objective": "supervised"},
        "mixed": {"model": ("resnet20", "resnet32", "resnet56"), "nodes": 3, "objective": "mutual"},
    },
    "session-02-stable": {
        "*": {
            "data": "cifar100",
            "model": "wideresnet28_10",
            "epochs": 100,
            "batch_size": 256,
            "lr": 0.1,
            "lr_schedule": "cosine_restarts",
            "lr_cycle_epochs": 25,
            "lr_cycle_growth": 1,
            "lr_update": "epoch",
            "warmup_epochs": 5,
            "warmup_lr": 0.01,
            "weight_decay": 1e-3,
            "clip_norm": 1.0,
            "precision": "fp16",
            "dropout": 0.3,
            "mixup": 0.2,
            "label_smoothing": 0.1,
            "augmentation": "full",
            "phases": (),
            "checkpoint_epochs": (10, 20, 25, 30, 40, 50, 60, 75, 90, 100),
        },
    },
    "session-04-aggressive": {
        "*": {
            "data": "cifar100",
            "model": "wideresnet28_10",
            "epochs": 100,
            "batch_size": 256,
            "lr": 0.15,
            "lr_schedule": "cosine_restarts",
            "lr_cycle_epochs": 20,
            "lr_cycle_growth": 1,
            "lr_update": "epoch",
            "warmup_epochs": 5,
            "warmup_lr": 0.01,
            "weight_decay": 1e-3,
            "clip_norm": 1.0,
            "precision": "fp16",
            "dropout": 0.3,
            "mixup": 0.2,
            "label_smoothing": 0.1,
            "augmentation": "full",
            "checkpoint_epochs": (10, 20, 30, 40, 50, 60, 70, 80, 90, 100),
        },
    },
    "session-06": {
        "*": {
            "data": "cifar100",
            "model": "wideresnet28_10",
            "epochs": 100,
            "batch_size": 256,
            "lr": 0.2,
            "nesterov": True,
            "weight_decay": 5e-4,
            "augmentation": "crop+flip+trivial+cutout16",
            "lr_schedule": "cosine",
            "lr_update": "step",
            "mixup": 0.0,
            "dropout": 0.0,
            "label_smoothing": 0.1,
            "precision": "bf16",
        },
    },
    "kd-alpha": {
        "*": {
            "epochs": 150,
            "batch_size": 128,
            "optimizer": "sgd",
            "lr": 0.1,
            "momentum": 0.9,
            "weight_decay": 5e-4,
            "lr_schedule": "cosine",
            "lr_update": "epoch",
            "label_smoothing": 0.1,
            "deterministic": True,
            "precision": "fp32",
        },
        "*-teacher-*": {"model": "resnet112", "objective": "supervised", "teacher_checkpoint": "last"},
        "*-pure-*": {"model": "resnet56", "objective": "supervised", "teacher_checkpoint": "last"},
        "*-logit-*": {
            "model": "resnet56",
            "objective": "logit",
            "teacher_checkpoint": "best",
            "ce_weight": 0.5,
            "kd_weight": 0.5,
            "feature_weight": 0.0,
            "temperature": 4.0,
        },
    }
    | {
        f"*-{method}-*": {
            "model": "resnet56",
            "objective": method,
            "teacher_checkpoint": "best",
            "ce_weight": 0.5,
            "kd_weight": 0.0,
            "feature_weight": 0.5,
        }
        for method in sorted(DISTILLING - {"logit"})
    },
    "kd-beta": {
        "*": {
            "epochs": 150,
            "batch_size": 128,
            "optimizer": "sgd",
            "lr": 0.1,
            "momentum": 0.9,
            "weight_decay": 5e-4,
            "lr_schedule": "cosine",
            "lr_update": "epoch",
            "label_smoothing": 0.0,
            "deterministic": True,
            "teacher_checkpoint": "last",
        },
        "*-teacher-*": {"model": "resnet112", "objective": "supervised"},
        "*-pure-*": {"model": "resnet56", "objective": "supervised"},
        "*-logit-*": {"ce_weight": 0.1, "kd_weight": 0.9, "feature_weight": 0.0, "temperature": 4.0},
        "*-fitnets-*": {"ce_weight": 1.0, "kd_weight": 0.0, "feature_weight": 100.0},
        "*-attention_transfer-*": {"ce_weight": 1.0, "kd_weight": 0.0, "feature_weight": 1000.0},
        "*-factor_transfer-*": {"ce_weight": 1.0, "feature_weight": 200.0, "pretrain_epochs": 30},
        "*-rkd-*": {"ce_weight": 1.0, "kd_weight": 0.0, "feature_weight": 1.0},
        "*-nst-*": {"ce_weight": 1.0, "kd_weight": 0.0, "feature_weight": 50.0},
    },
    "experts": {
        "*": {
            "data": "cifar100",
            "dropout": 0.3,
            "label_smoothing": 0.05,
            "mixup": 0.2,
            "nesterov": True,
            "clip_norm": 1.0,
            "lr_schedule": "cosine_restarts",
            "early_stop_patience": 15,
            "early_stop_min_epochs": 50,
            "augmentation": "crop+flip+erasing0.25",
            "holdout": 0.1,
            "shards": 1,
        },
        "densenet121": {"batch_size": 128, "epochs": 250, "lr": 0.1},
        "preact_resnext29_8x64d": {"batch_size": 128, "epochs": 250, "lr": 0.1},
        "wideresnet28_10": {"batch_size": 128, "epochs": 250, "lr": 0.1},
        "resnet18": {"batch_size": 128, "epochs": 150, "lr": 0.1},
        "wideresnet40_2": {"batch_size": 256, "epochs": 150, "lr": 0.05},
    },
    "experts-iid": {
        "*": {
            "model": "wideresnet28_10",
            "shards": 5,
            "shard_kind": "iid",
            "batch_size": 128,
            "epochs": 250,
            "lr": 0.1,
        },
    },
    "sweep-resnet18": {
        "*": {
            "data": "cifar100",
            "clip_norm": 1.0,
            "precision": "fp16",
            "lr_schedule": "plateau",
            "holdout": 0.1,
        },
        "*-sgd": {"optimizer": "sgd", "lr": 0.1, "momentum": 0.9, "weight_decay": 5e-4, "nesterov": True},
        "*-adamw": {"optimizer": "adamw", "lr": 0.001, "weight_decay": 0.05},
        "timm_resnet18-*": {"model": "timm_resnet18"},
        "*-advanced-*": {"augmentation": "advanced"},
    },
    "sweep-resnet18-stem": {
        "*": {
            "data": "cifar100",
            "epochs": 200,
            "lr_schedule": "cosine",
            "early_stop_patience": 0,
            "holdout": 0.0,
            "clip_norm": 1.0,
        },
        "*-sgd": {"optimizer": "sgd", "lr": 0.1, "momentum": 0.9, "weight_decay": 5e-4, "nesterov": True},
        "*-adamw": {"optimizer": "adamw", "lr": 0.001, "weight_decay": 0.05},
        "timm_resnet18_cifar-*": {"model": "timm_resnet18_cifar"},
    },
}


@pytest.mark.parametrize(("name", "pattern"), [(name, pattern) for name in STATED for pattern in STATED[name]])
def test_a_preset_says_what_its_document_says(name: str, pattern: str) -> None:
    stated = STATED[name][pattern]
    for run in runs(name, pattern):
        assert {key: getattr(run.spec, key) for key in stated} == stated


def test_two_to_seven_nodes_of_one_network_and_one_alone() -> None:
    made = {run.label: run.spec.models for run in runs("dml-resnet32")}
    assert made == {"independent": ("resnet32",)} | {f"dml_{n}": ("resnet32",) * n for n in range(2, 8)}


def test_session_04_makes_its_eight_changes_where_its_transition_table_says() -> None:
    assert schedule.transitions(only("session-04-aggressive").spec) == {
        41: {"augmentation": ("full", "reduced"), "mixup": (0.2, 0.15)},
        51: {"dropout": (0.3, 0.2), "label_smoothing": (0.1, 0.05)},
        61: {"lr_schedule": ("cosine_restarts", "cosine")},
        71: {"augmentation": ("reduced", "minimal"), "mixup": (0.15, 0.0)},
        81: {"dropout": (0.2, 0.1)},
    }
    for stable in ("session-02-stable", "session-06"):
        assert schedule.transitions(only(stable).spec) == {}


@pytest.mark.parametrize(
    ("name", "rates"),
    [
        ("session-02-stable", {1: 0.01, 3: 0.055, 5: 0.1, 26: 0.1, 51: 0.1, 76: 0.1}),
        ("session-04-aggressive", {1: 0.01, 3: 0.08, 5: 0.15, 21: 0.15, 31: 0.075, 41: 0.15, 61: 0.15, 81: 0.075}),
        ("session-06", {1: 0.02, 2: 0.11}),
        ("dml-resnet32", {1: 0.1, 101: 0.05}),
        ("kd-alpha", {1: 0.1, 76: 0.05}),
    ],
)
def test_an_epoch_starts_at_the_learning_rate_that_was_meant(name: str, rates: dict[int, float]) -> None:
    for run in runs(name):
        told = {epoch: schedule.lr(run.spec, epoch - 1) for epoch in rates}
        assert told == pytest.approx(rates)


@pytest.mark.parametrize("name", [name for name in RUNS if name != "sweep-resnet18"])
def test_a_rate_that_falls_ends_low(name: str) -> None:
    """Of sweep-resnet18 only validation can tell: it has plateaus."""
    for run in runs(name):
        first, last = (schedule.lr(run.spec, at) for at in (run.spec.warmup_epochs, run.spec.epochs - 0.001))
        assert last < 0.01 * first


@pytest.mark.parametrize("name", ["experts", "experts-iid"])
def test_experts_end_at_the_end_of_a_cycle(name: str) -> None:
    assert all(run.spec.epochs % run.spec.lr_cycle_epochs == 0 for run in runs(name))


def test_the_zoo_is_the_documents_thirteen() -> None:
    zoo = [run.spec.model for run in runs("experts")]
    assert zoo == [run.label for run in runs("experts")]
    assert set(zoo) == {
        *("preact_resnext29_8x64d", "resnext29_8x64d", "wideresnet28_10", "wideresnet40_2"),
        *("densenet121", "resnet18", "preact_resnet18", "resnet34", "efficient_densenet"),
        *("densenet201", "densenet169", "resnet50", "resnext29_16x64d"),
    }


def test_five_experts_differ_in_their_shard_and_in_nothing_else_from_the_zoos() -> None:
    assert [run.spec.shard_index for run in runs("experts-iid")] == [0, 1, 2, 3, 4]
    (alone,) = (run.spec for run in runs("experts") if run.label == "wideresnet28_10")
    for run in runs("experts-iid"):
        assert _differing(run.spec, alone) <= {"shards", "shard_index"}


def test_the_sweep_is_two_networks_by_two_augmentations_by_two_optimisers() -> None:
    for name, timms in (("sweep-resnet18", "timm_resnet18"), ("sweep-resnet18-stem", "timm_resnet18_cifar")):
        cells = {(run.spec.model, run.spec.augmentation, run.spec.optimizer) for run in runs(name)}
        assert cells == {
            (model, augmentation, optimizer)
            for model in (timms, "preact_resnet18")
            for augmentation in ("basic", "advanced")
            for optimizer in ("sgd", "adamw")
        }


DATA = ("cifar10", "cifar100", "svhn", "tinyimagenet")
METHODS = ("teacher", "pure", *sorted(DISTILLING))


def test_alpha_is_the_matrix_as_it_was_run() -> None:
    cells = Counter(tuple(run.label.split("-")[:2]) for run in runs("kd-alpha"))
    thrice = {(data, method) for data in DATA[:2] for method in ("teacher", "pure", "logit", "factor_transfer")}
    assert cells == {(data, m): 3 if (data, m) in thrice else 1 for data in DATA for m in METHODS}
    assert Counter(run.spec.data for run in runs("kd-alpha")) == dict(zip(DATA, (16, 16, 8, 8), strict=True))
    assert Counter(run.spec.seed for run in runs("kd-alpha")) == {0: 32, 1: 8, 2: 8}


def test_beta_is_the_full_matrix() -> None:
    cells = [(run.spec.data, run.label.split("-")[1], run.spec.seed) for run in runs("kd-beta")]
    assert sorted(cells) == sorted((data, method, seed) for data in DATA for method in METHODS for seed in range(3))


@pytest.mark.parametrize(("name", "students"), [("kd-alpha", 32), ("kd-beta", 72)])
def test_each_student_learns_from_the_teacher_of_its_data_set_and_seed(name: str, students: int) -> None:
    by_name = {run.name: run for run in runs(name)}
    taught = [run for run in runs(name) if run.teacher]
    assert len(taught) == students
    for run in taught:
        assert by_name[run.teacher].label == f"{run.spec.data}-teacher-seed{run.spec.seed}"
        assert run.inputs.teacher == by_name[run.teacher].identity
        assert run.spec.objective in DISTILLING


def test_digits_are_not_mirrored() -> None:
    for name in ("kd-alpha", "kd-beta"):
        assert {run.spec.data for run in runs(name) if "flip" not in run.spec.augmentation} == {"svhn"}


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


def _differing(one: Spec, other: Spec) -> set[str]:
    return {key for key in Spec.__struct_fields__ if getattr(one, key) != getattr(other, key)}
