"""Early stopping and plateau schedules: PyTorch's own counting, on a held-out share alone."""

from __future__ import annotations

import math
import random

import pytest
import torch

from engine.contract.errors import UserError
from engine.contract.schedule import at
from engine.contract.spec import Spec, check_spec
from engine.contract.stream import Epoch
from engine.patience import Patience
from engine.state import State


def spec(**settings: object) -> Spec:
    return check_spec({"data": "digits", "model": "resnet8", "epochs": 200, "holdout": 0.1} | settings, "test")


@pytest.mark.parametrize(("criterion", "mode"), [("val_loss", "min"), ("val_acc", "max")])
def test_plateau_falls_when_pytorchs_does(criterion: str, mode: str) -> None:
    mine = spec(lr_schedule="plateau", lr_patience=3, lr_factor=0.5, criterion=criterion)
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    theirs = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, mode, factor=0.5, patience=3)  # type: ignore[arg-type]
    state, draws = State(1), random.Random(0)
    for epoch in range(1, 120):
        value = 1.0 / epoch + draws.random() * 0.2 if mode == "min" else 1 - 1.0 / epoch - draws.random() * 0.2
        theirs.step(value)
        state.end_epoch(mine, at(mine, epoch), Epoch(epoch=epoch, **{criterion: value}))
        assert state.lr_scale == pytest.approx(optimizer.param_groups[0]["lr"])
    assert state.lr_scale < 0.1


def test_early_stopping_waits_its_patience_and_its_minimum() -> None:
    mine = spec(early_stop_patience=5, early_stop_min_epochs=20)
    state = State(1)
    stopped = []
    for epoch in range(1, 40):
        state.end_epoch(mine, at(mine, epoch), Epoch(epoch=epoch, val_loss=1.0 / min(epoch, 10)))
        if state.stops_early(mine):
            stopped.append(epoch)
    assert stopped[0] == 20  # the last improvement was at 10, and 15 would have been reason enough
    assert not State(1).stops_early(mine)


def test_a_value_that_is_not_finite_never_improves() -> None:
    patience = Patience()
    for value in (math.nan, 2.0, math.inf, math.nan):
        patience.see(value, higher_is_better=False)
    assert (patience.best, patience.waited) == (2.0, 2)


def test_where_a_run_stands_comes_back_from_scalars() -> None:
    state = State(2)
    state.end_epoch(spec(), at(spec(), 1), Epoch(epoch=7, val_loss=0.3))
    state.step, state.lr_scale, state.best = 4, 0.25, (0.9, 6)
    state.tally.add(torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0]), 10, skipped=1)
    back = State.from_scalars(state.as_scalars())
    assert back.as_scalars() == state.as_scalars()


@pytest.mark.parametrize(
    "settings",
    [
        {"lr_schedule": "plateau"},
        {"early_stop_patience": 5},
        {"phases": [{"from_epoch": 5, "lr_schedule": "plateau"}]},
    ],
)
def test_the_test_set_decides_nothing(settings: dict[str, object]) -> None:
    with pytest.raises(UserError, match="nothing is held out to watch"):
        spec(holdout=0.0, **settings)
