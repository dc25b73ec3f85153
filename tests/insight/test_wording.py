"""Settings in words, and the schedule drawn."""

from __future__ import annotations

import pytest

from cockpit.insight import wording
from cockpit.insight.sketch import HEIGHT, rates
from engine.contract.spec import Spec, check_spec


def spec(**settings) -> Spec:
    return check_spec({"data": "digits", "model": "resnet8", "epochs": 100} | settings, "test")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"lr_schedule": "constant"}, "0.1, constant"),
        ({}, "0.1, cosine to 0"),
        (
            {"lr_schedule": "step", "lr_milestones": [60, 80], "lr_factor": 0.2},
            "0.1, times 0.2 after epochs 60, 80",
        ),
        ({"lr_schedule": "step"}, "0.1, step without a milestone"),
        (
            {"lr_schedule": "cosine_restarts", "lr_cycle_epochs": 5, "lr_cycle_growth": 2},
            "0.1, cosine to 0, again every 5 epochs, each cycle 2 times the last",
        ),
        (
            {"lr_schedule": "plateau", "holdout": 0.1, "lr_patience": 1},
            "0.1, times 0.1 after 1 epoch without a better val_loss",
        ),
        (
            {"warmup_epochs": 2, "lr_update": "epoch"},
            "0.1, cosine to 0, warm-up from 0 over 2 epochs, moved once an epoch",
        ),
    ],
)
def test_the_learning_rate_in_words(settings, words):
    assert wording.rate(spec(**settings)) == words


def test_networks_images_length_and_optimiser_in_words():
    assert wording.networks(spec(model=["resnet8", "resnet14", "resnet8"])) == "2 x resnet8 + resnet14"
    assert (
        wording.images(spec(shards=5, holdout=0.1, mixup=0.2))
        == "digits, one of 5 shards (iid), 10% held out, mixup 0.2"
    )
    assert wording.length(spec(accumulation=2)) == "100 epochs, batches of 128, each in 2 parts"
    assert wording.length(spec(epochs=1, early_stop_patience=5, holdout=0.1)) == (
        "1 epoch, batches of 128, stops after 5 epochs without a better val_loss"
    )
    told = wording.optimiser(spec(optimizer="adamw", decay_norms=False, precision="bf16", ema=0.99))
    assert told == "adamw, weight decay 0.0005 but of norms and biases, averaged weights 0.99, bf16"


def test_a_method_says_what_it_is_and_how_it_weighs_its_parts():
    told = wording.method(spec(objective="logit", teacher="g/t"))
    assert told.startswith("logit: a teacher's softened answers")
    assert told.endswith("; cross-entropy 0.1, soft answers 0.9, temperature 4")
    assert wording.method(spec()) == "supervised: cross-entropy with the labels"


def test_phases_are_told_in_order_with_how_many_runs_have_them():
    phased = spec(phases=[{"from_epoch": 21, "mixup": 0.2}])
    assert wording.phases([phased]) == ["from epoch 21: mixup 0.0 > 0.2"]
    earlier = spec(phases=[{"from_epoch": 5, "lr": 0.2}])
    assert wording.phases([phased, earlier]) == [
        "from epoch 5: lr 0.1 > 0.2  (in 1 of 2 runs)",
        "from epoch 21: mixup 0.0 > 0.2  (in 1 of 2 runs)",
    ]


@pytest.mark.parametrize("epochs", [1, 2, 7, 100, 1000, 100_000])
@pytest.mark.parametrize("columns", [1, 20, 60, 200])
def test_a_drawing_fits_whatever_it_is_of(epochs, columns):
    drawn = rates(spec(epochs=epochs, phases=[{"from_epoch": 2, "lr": 0.05}]), columns)
    assert len(drawn) == HEIGHT + 1
    assert all(len(line) <= max(columns, 14) for line in drawn)


def test_a_drawing_shows_the_highest_rate_the_phases_and_every_rate_above_none():
    steps = spec(lr_schedule="step", lr_milestones=[50], lr_factor=0.01, phases=[{"from_epoch": 51, "mixup": 0.2}])
    *curve, axis = rates(steps, 44)
    assert curve[0] == "0.1 " + "█" * 20
    assert curve[-1] == "  0 " + "█" * 20 + "▁" * 20
    assert axis == "    " + "1".ljust(20) + "51".ljust(17) + "100"


def test_a_drawing_can_do_without_blocks():
    drawn = rates(spec(), 60, ascii_only=True)
    assert "".join(drawn).isascii()
    assert drawn[0].startswith("0.1 ####")
