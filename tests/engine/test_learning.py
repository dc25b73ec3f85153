"""Everything learns: each family of networks, each optimiser, each schedule, on real digits, for a few epochs.

Chance is 10 %. What is asked for, 60 % after one to five epochs, no broken gradient, decay or rate reaches.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from engine.contract import schedule
from engine.contract.spec import check_spec
from engine.contract.stream import Epoch
from engine.data.batches import Data
from engine.data.digits import digits
from engine.measure import measure
from engine.models.dropout import set_dropout
from engine.networks import build_networks, set_mode
from engine.objectives.objective import Objective
from engine.state import State
from engine.step import step

LEARNED = 0.6
#: Each with the epochs it is given: the wide ones are slow and quick to learn.
FAMILIES = {"deep": 1, "deep_bottlenecks": 1, "preact": 1, "resnext": 3, "preact_resnext": 2, "dense": 3}


def learned(epochs: int = 3, **settings: object) -> float:
    """Test accuracy after some epochs of the real step on the real data, in this process."""
    table = {"data": "digits", "epochs": epochs, "batch_size": 64, "lr": 0.05, "model": "resnet8"}
    spec = check_spec(table | settings, "test")
    device = torch.device("cpu")
    data = Data(digits(), spec, device)
    members, state = build_networks(spec, data), State(1)
    set_mode(members, training=True)
    for epoch in range(1, epochs + 1):
        held = schedule.at(spec, epoch)
        set_dropout(members[0].network, held.dropout)
        for batch in data.epoch(epoch, held):
            rate = schedule.lr(spec, epoch - 1 + batch.step / data.steps_per_epoch) * state.lr_scale
            step(members, Objective(), batch, spec, held, rate)
        if data.validation:
            accuracy, loss = measure([members[0].measured], data, data.validation).each[0]
            state.end_epoch(spec, held, Epoch(epoch=epoch, val_acc=accuracy, val_loss=loss))
    return measure([members[0].measured], data, data.test).each[0][0]


@pytest.mark.slow
@pytest.mark.parametrize(("family", "epochs"), FAMILIES.items())
def test_a_small_member_of_every_family_learns(family: str, epochs: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(Path(__file__).parent)
    assert learned(epochs, model=f"small_members:{family}", lr=0.02) > LEARNED


@pytest.mark.parametrize("name", ["baby", "resnet20", "wideresnet10_1"])
def test_networks_small_enough_learn_by_name(name: str) -> None:
    assert learned(model=name, dropout=0.1) > LEARNED


@pytest.mark.parametrize(
    "optimizer",
    [
        {"optimizer": "sgd", "momentum": 0.0, "lr": 0.2},
        {"optimizer": "sgd"},
        {"optimizer": "sgd", "nesterov": True},
        {"optimizer": "adamw", "lr": 0.003, "weight_decay": 0.05},
        {"optimizer": "adamw", "lr": 0.003, "weight_decay": 0.05, "decay_norms": False},
    ],
)
def test_every_optimiser_learns(optimizer: dict[str, object]) -> None:
    assert learned(**optimizer) > LEARNED


@pytest.mark.parametrize(
    "rates",
    [
        {"lr_schedule": "constant"},
        {"lr_schedule": "cosine", "warmup_epochs": 1, "warmup_lr": 0.01},
        {"lr_schedule": "cosine_restarts", "lr_cycle_epochs": 1},
        {"lr_schedule": "step", "lr_milestones": [1, 2]},
        {"lr_schedule": "plateau", "lr_patience": 0, "holdout": 0.1},
    ],
)
def test_every_schedule_learns(rates: dict[str, object]) -> None:
    assert learned(**rates) > LEARNED


@pytest.mark.parametrize(
    "training",
    [
        {"precision": "bf16"},
        pytest.param({"precision": "fp16"}, marks=pytest.mark.slow),
        {"accumulation": 4},
        {"clip_norm": 1.0},
        {"ema": 0.9},
        {"mixup": 0.2, "cutmix": 1.0, "label_smoothing": 0.1},
        {"augmentation": "crop+rotation10+cutout2"},
    ],
)
def test_every_way_of_training_learns(training: dict[str, object]) -> None:
    assert learned(**training) > LEARNED
