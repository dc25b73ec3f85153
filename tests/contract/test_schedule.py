"""What holds at an epoch, and the learning rate at a step: checked against PyTorch's own schedulers."""

from __future__ import annotations

import pytest
import torch

from engine.contract import schedule
from engine.contract.spec import Spec, check_spec


def spec(**settings: object) -> Spec:
    return check_spec({"data": "digits", "model": "resnet8", "epochs": 20} | settings, "test")


def torch_rates(build: object, lr: float, epochs: int) -> list[float]:
    """The rates of a PyTorch scheduler stepped once an epoch."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=lr)
    scheduler = build(optimizer)  # type: ignore[operator]
    rates = []
    for _ in range(epochs):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return rates


def test_cosine_by_epoch_is_pytorchs_cosine_annealing() -> None:
    mine = spec(lr=0.1, lr_update="epoch")
    theirs = torch_rates(lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, T_max=20), 0.1, 20)
    assert [schedule.lr(mine, e) for e in range(20)] == pytest.approx(theirs)
    assert schedule.lr(mine, 3.7) == schedule.lr(mine, 3.0)


def test_warm_up_is_linear_and_replaces_the_first_epochs_of_the_cosine() -> None:
    mine = spec(lr=0.1, lr_update="epoch", warmup_epochs=5, warmup_lr=0.01)
    linear = torch_rates(lambda o: torch.optim.lr_scheduler.LinearLR(o, start_factor=0.1, total_iters=5), 0.1, 5)
    cosine = torch_rates(lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, T_max=20), 0.1, 20)
    assert [schedule.lr(mine, e) for e in range(20)] == pytest.approx(linear + cosine[5:])


def test_a_phase_that_sets_the_schedule_starts_it_again_at_its_maximum() -> None:
    mine = spec(lr_update="epoch", phases=[{"from_epoch": 11, "lr_schedule": "cosine", "lr": 0.3}])
    first = torch_rates(lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, T_max=10), 0.1, 10)
    second = torch_rates(lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, T_max=10), 0.3, 10)
    assert [schedule.lr(mine, e) for e in range(20)] == pytest.approx(first + second)


def test_by_step_the_rate_falls_within_the_epoch_and_constant_does_not_fall() -> None:
    assert schedule.lr(spec(), 0.5) < schedule.lr(spec(), 0.0) == 0.1
    assert {schedule.lr(spec(lr_schedule="constant"), p) for p in (0.0, 7.3, 19.9)} == {0.1}


def test_a_phase_holds_from_its_first_epoch_on_and_says_what_changed() -> None:
    mine = spec(mixup=0.2, label_smoothing=0.1, phases=[{"from_epoch": 9, "mixup": 0.0, "label_smoothing": 0.1}])
    assert [schedule.at(mine, e).mixup for e in (8, 9, 20)] == [0.2, 0.0, 0.0]
    assert schedule.transitions(mine) == {9: {"mixup": (0.2, 0.0)}}
    assert schedule.changes(mine, 10) == {}


def test_a_phase_beyond_the_end_is_a_caution_and_never_begins() -> None:
    mine = spec(epochs=3, phases=[{"from_epoch": 9, "lr_schedule": "constant"}])
    assert schedule.transitions(mine) == {}
    assert "from_epoch = 9 is beyond the last epoch (3)" in schedule.cautions(mine)[0]
    assert schedule.lr(mine, 2.9) < 0.01
