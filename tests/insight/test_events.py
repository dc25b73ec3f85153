"""What happened in a run, by epoch."""

from __future__ import annotations

import pytest
from comparable import session
from msgspec.structs import replace

from cockpit.insight import events as module
from cockpit.insight.events import events
from cockpit.status import Status
from engine.contract.stream import Warned


def told(run):
    return [(event.epoch, event.text) for event in events(run)]


def test_each_setting_that_a_phase_changes_is_an_event():
    run = session(
        [], phases=({"from_epoch": 21, "mixup": 0.2, "augmentation": "crop"}, {"from_epoch": 31, "mixup": 0.0})
    )
    assert told(run) == [(21, "augmentation none > crop"), (21, "mixup off > 0.2"), (31, "mixup 0.2 > off")]


def test_restarts_of_the_rate():
    run = session([], lr_schedule="cosine_restarts", lr_cycle_epochs=15, lr_update="epoch", warmup_epochs=3)
    assert told(run) == [(16, "lr restarts at 0.1"), (31, "lr restarts at 0.1")]


def test_a_phase_that_restarts_the_rate_is_told_once():
    run = session(
        [],
        lr_schedule="cosine_restarts",
        lr_cycle_epochs=20,
        phases=({"from_epoch": 21, "lr_schedule": "cosine"},),
    )
    assert told(run) == [(21, "lr schedule cosine_restarts > cosine")]


def test_falls_of_the_rate():
    assert told(session([], lr_schedule="step", lr_milestones=[20, 30])) == [
        (21, "lr 0.1 > 0.01"),
        (31, "lr 0.01 > 0.001"),
    ]
    plateau = session([0.5, 0.6, 0.6], lr_schedule="plateau", holdout=0.1, fields={"lr": [0.1, 0.1, 0.01]})
    assert (3, "lr 0.1 > 0.01") in told(plateau)


def test_the_best_epoch_and_what_went_wrong():
    run = session([0.5, 0.7, 0.6], status="failed")
    run = replace(
        run,
        status=Status("failed", "loss is not a number"),
        warnings=(Warned(kind="gap", message="the gap is wide", epoch=2),),
        resumes=(2,),
    )
    assert told(run) == [
        (2, "resumed"),
        (2, "best 70.00"),
        (2, "the gap is wide"),
        (3, "failed: loss is not a number"),
    ]


@pytest.mark.parametrize("update", ["epoch", "step"])
@pytest.mark.parametrize("warmup", [0, 1, 7])
@pytest.mark.parametrize(
    "settings",
    [
        {"lr_schedule": "step", "lr_milestones": [3, 5, 12, 90]},
        {"lr_schedule": "cosine_restarts", "lr_cycle_epochs": 4},
        {"lr_schedule": "cosine_restarts", "lr_cycle_epochs": 1},
        {"lr_schedule": "cosine_restarts", "lr_cycle_epochs": 3, "lr_cycle_growth": 2},
    ],
)
@pytest.mark.parametrize(
    "phases",
    [
        [],
        [{"from_epoch": 14, "mixup": 0.2, "lr_factor": 0.5, "lr_cycle_epochs": 5}, {"from_epoch": 21, "lr": 0.03}],
        [
            {"from_epoch": 10, "lr_schedule": "step", "lr_milestones": [2, 6]},
            {"from_epoch": 17, "lr_milestones": [9]},
        ],
        [
            {"from_epoch": 9, "lr_schedule": "cosine_restarts", "lr_cycle_epochs": 6},
            {"from_epoch": 20, "lr_cycle_growth": 2},
        ],
    ],
)
def test_no_fall_or_restart_is_missed_by_asking_only_where_one_may_be(settings, phases, warmup, update, monkeypatch):
    run = session([], **settings, phases=phases, warmup_epochs=warmup, lr_update=update)
    found = told(run)
    monkeypatch.setattr(module, "_turns", lambda spec: range(max(2, spec.warmup_epochs + 1), spec.epochs + 1))
    assert found == told(replace(run, spec=replace(run.spec)))


def test_what_the_settings_say_is_told_once(monkeypatch):
    asked = []
    lr = module.schedule.lr
    monkeypatch.setattr(module.schedule, "lr", lambda spec, position: asked.append(position) or lr(spec, position))
    run = session([0.5], lr_schedule="step", lr_milestones=[30_000], epochs=100_000)
    for _ in range(3):
        assert (30_001, "lr 0.1 > 0.01") in told(run)
    assert len(asked) < 10
    for seed in range(40):
        told(session([], seed=seed, lr_schedule="step", lr_milestones=[20]))
    assert len(module._kept) <= module._MOST_KEPT


def test_a_run_without_readable_settings():
    assert told(replace(session([0.5]), spec=None)) == [(1, "best 50.00")]
