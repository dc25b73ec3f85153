"""What each method of distillation leaves free, and where it is zero."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from features import TEACHER, loss, vectors, view
from torch import Tensor, nn

from engine.objectives.attention_transfer import AttentionTransfer
from engine.objectives.factor_transfer import FactorTransfer
from engine.objectives.fitnets import FitNets
from engine.objectives.nst import NST
from engine.objectives.rkd import RKD
from engine.objectives.view import View
from engine.randomness import torch_generator


def changed(seen: View, change: Callable[[Tensor], Tensor]) -> View:
    """The same view with every group's output changed."""
    return View(seen.logits, (seen.stages[0], *map(change, seen.stages[1:])), seen.pooled)


@pytest.mark.parametrize("method", [AttentionTransfer, RKD, NST])
def test_equal_features_cost_nothing_and_others_do(method: type[nn.Module]) -> None:
    assert loss(method, view(), view()) == pytest.approx(0, abs=1e-6)
    assert loss(method, view(), view(TEACHER, seed=1)) > 1e-3


@pytest.mark.parametrize("method", [FitNets, FactorTransfer])
def test_a_new_regressor_or_translator_has_something_to_learn(method: type[nn.Module]) -> None:
    assert loss(method, view(), view()) > 1e-3


@pytest.mark.parametrize("method", [AttentionTransfer, NST])
def test_the_stem_and_the_order_of_channels_count_for_nothing(method: type[nn.Module]) -> None:
    mine, theirs = view(), view(TEACHER, seed=1)
    other = View(mine.logits, (mine.stages[0] * -7 + 1, *mine.stages[1:]))
    assert loss(method, other, theirs) == loss(method, mine, theirs)
    flipped = changed(mine, lambda stage: stage.flip(1))
    assert loss(method, flipped, theirs) == pytest.approx(loss(method, mine, theirs), rel=1e-5)
    turned = changed(mine, lambda stage: stage.flip(3))
    assert loss(method, turned, theirs) != pytest.approx(loss(method, mine, theirs), rel=1e-3)


def test_attention_is_free_of_each_images_scale_and_of_signs() -> None:
    mine, theirs = view(), view(TEACHER, seed=1)
    scales = torch.tensor([0.01, -3.0, 1000.0], dtype=torch.float64)[:, None, None, None]
    assert loss(AttentionTransfer, changed(mine, lambda stage: stage * scales), theirs) == pytest.approx(
        loss(AttentionTransfer, mine, theirs), rel=1e-5
    )


def test_nst_is_free_of_each_channels_scale() -> None:
    mine, theirs = view(), view(TEACHER, seed=1)

    def scaled(stage: Tensor) -> Tensor:
        channels = torch.rand(*stage.shape[:2], 1, 1, generator=torch_generator("scales"), dtype=torch.float64)
        return stage * (0.01 + 10 * channels)

    assert loss(NST, changed(mine, scaled), theirs) == pytest.approx(loss(NST, mine, theirs), rel=1e-5)
    assert loss(AttentionTransfer, changed(mine, scaled), theirs) != pytest.approx(
        loss(AttentionTransfer, mine, theirs), rel=1e-2
    )


def test_rkd_is_free_of_scale_place_and_turning() -> None:
    mine, theirs = view(batch=6).pooled, view(TEACHER, seed=1, batch=6)
    assert mine is not None
    turning, _ = torch.linalg.qr(torch.randn(8, 8, generator=torch_generator("turning"), dtype=torch.float64))
    moved = 0.02 * mine @ turning + 3
    assert loss(RKD, vectors(moved), theirs) == pytest.approx(loss(RKD, vectors(mine), theirs), rel=1e-3)


@pytest.mark.parametrize("method", [AttentionTransfer, NST])
def test_dead_channels_and_dead_images_have_finite_gradients(method: type[nn.Module]) -> None:
    mine, theirs = view().float(), view(TEACHER, seed=1).float()
    alive = torch.ones(3, 1, 1, 1)
    alive[0] = 0
    free = [(stage * alive).index_fill(1, torch.tensor([1]), 0).requires_grad_() for stage in mine.stages]
    seen = View(mine.logits, tuple(free))
    value = method(seen, theirs)(seen, theirs)
    gradients = torch.autograd.grad(value, free[1:])
    assert all(bool(g.isfinite().all()) and g.abs().max() < 100 for g in gradients)
