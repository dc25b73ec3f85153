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


def test_warm_up_by_epoch_goes_from_its_start_to_the_maximum_and_replaces_the_first_epochs() -> None:
    mine = spec(lr=0.1, lr_update="epoch", warmup_epochs=5, warmup_lr=0.01)
    linear = torch_rates(lambda o: torch.optim.lr_scheduler.LinearLR(o, 0.1, total_iters=4), 0.1, 5)
    cosine = torch_rates(lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, T_max=20), 0.1, 20)
    assert [schedule.lr(mine, e) for e in range(20)] == pytest.approx(linear + cosine[5:])
    assert (schedule.lr(mine, 0), schedule.lr(mine, 4)) == (0.01, 0.1)


def test_warm_up_by_step_reaches_the_maximum_when_it_ends() -> None:
    mine = spec(lr=0.1, warmup_epochs=5, warmup_lr=0.01)
    assert schedule.lr(mine, 0) == 0.01
    assert schedule.lr(mine, 2.5) == pytest.approx(0.055)
    assert schedule.lr(mine, 4.999) == pytest.approx(0.1, rel=1e-3)


@pytest.mark.parametrize("growth", [1, 2])
def test_cosine_with_warm_restarts_is_pytorchs(growth: int) -> None:
    mine = spec(
        epochs=40, lr_update="epoch", lr_schedule="cosine_restarts", lr_cycle_epochs=5, lr_cycle_growth=growth
    )
    theirs = torch_rates(
        lambda o: torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(o, T_0=5, T_mult=growth), 0.1, 40
    )
    assert [schedule.lr(mine, e) for e in range(40)] == pytest.approx(theirs)


def test_step_is_pytorchs_multi_step() -> None:
    mine = spec(lr_schedule="step", lr_milestones=[8, 15], lr_factor=0.2)
    theirs = torch_rates(lambda o: torch.optim.lr_scheduler.MultiStepLR(o, [8, 15], gamma=0.2), 0.1, 20)
    assert [schedule.lr(mine, e) for e in range(20)] == pytest.approx(theirs)


def test_the_stable_sessions_curve_is_warm_up_inside_four_restarts() -> None:
    """Session 02: T_0 = 25, maximum 0.1, five epochs of warm-up from 0.01 that replace the first of the cycle."""
    mine = spec(
        epochs=100, lr=0.1, lr_update="epoch", lr_schedule="cosine_restarts", lr_cycle_epochs=25,
        warmup_epochs=5, warmup_lr=0.01,
    )  # fmt: skip
    linear = torch_rates(lambda o: torch.optim.lr_scheduler.LinearLR(o, 0.1, total_iters=4), 0.1, 5)
    restarts = torch_rates(lambda o: torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(o, T_0=25), 0.1, 100)
    assert [schedule.lr(mine, e) for e in range(100)] == pytest.approx(linear + restarts[5:])


def test_the_aggressive_sessions_curve_is_three_restarts_and_a_cosine_of_forty_epochs() -> None:
    """Session 04: T_0 = 20, maximum 0.15; from epoch 61 a cosine from the maximum to 0 over the last 40."""
    mine = spec(
        epochs=100, lr=0.15, lr_update="epoch", lr_schedule="cosine_restarts", lr_cycle_epochs=20,
        warmup_epochs=5, warmup_lr=0.01, phases=[{"from_epoch": 61, "lr_schedule": "cosine"}],
    )  # fmt: skip
    linear = torch_rates(lambda o: torch.optim.lr_scheduler.LinearLR(o, 0.01 / 0.15, total_iters=4), 0.15, 5)
    restarts = torch_rates(lambda o: torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(o, T_0=20), 0.15, 60)
    cosine = torch_rates(lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, T_max=40), 0.15, 40)
    assert [schedule.lr(mine, e) for e in range(100)] == pytest.approx(linear + restarts[5:] + cosine)
    assert schedule.cautions(mine) == []


def test_a_schedule_that_ends_hot_is_a_caution() -> None:
    hot = spec(epochs=100, lr_schedule="cosine_restarts", lr_cycle_epochs=10, lr_cycle_growth=2)
    assert "of its maximum" in schedule.cautions(hot)[0]
    assert schedule.cautions(spec(lr_schedule="constant")) == []
    assert schedule.cautions(spec(lr_schedule="step", lr_milestones=[10, 15])) == []


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
