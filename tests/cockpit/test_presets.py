"""The presets that come with the project: how many runs each is, and which."""

from __future__ import annotations

from collections import Counter

import pytest
from shipped_presets import RUNS, only, planned, runs

from cockpit.presets import names
from engine.contract import schedule
from engine.contract.objective import DISTILLING
from engine.contract.spec import Spec

TARGETS = {
    "quickstart": 0.96,
    "session-02-stable": 0.73,
    "session-04-aggressive": 0.73,
    "session-06": 0.82,
    "sweep-resnet18": 0.78,
    "sweep-resnet18-stem": 0.78,
}


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


def _differing(one: Spec, other: Spec) -> set[str]:
    return {key for key in Spec.__struct_fields__ if getattr(one, key) != getattr(other, key)}
