"""Which student and teacher a method of distillation compares, and what of it trains with the student."""

from __future__ import annotations

import pytest
import torch
from features import METHODS, TEACHER, loss, view
from torch import nn

from engine.contract.errors import UserError
from engine.models.registry import build
from engine.objectives.attention_transfer import AttentionTransfer
from engine.objectives.comparable import comparable
from engine.objectives.factor_transfer import FactorTransfer
from engine.objectives.fitnets import FitNets
from engine.objectives.nst import NST
from engine.objectives.rkd import RKD
from engine.objectives.view import look
from engine.randomness import torch_generator

# What trains with the student, and what does not.


def test_a_regressor_or_a_translator_trains_and_the_paraphraser_is_frozen() -> None:
    mine, theirs = view().float(), view(TEACHER, seed=1).float()
    trained = {m: sum(p.requires_grad for p in m(mine, theirs).parameters()) for m in METHODS}
    # One convolution, or three, without bias, and as many batch norms.
    assert trained == {FitNets: 3, AttentionTransfer: 0, FactorTransfer: 9, RKD: 0, NST: 0}
    assert sum(not p.requires_grad for p in FactorTransfer(mine, theirs).parameters()) == 12


def test_the_paraphraser_learns_to_reconstruct_and_the_students_loss_leaves_it_alone() -> None:
    mine, theirs = view().float(), view(TEACHER, seed=1).float()
    torch.manual_seed(0)
    method = FactorTransfer(mine, theirs)
    method.paraphraser.requires_grad_(True)
    assert method.paraphraser(theirs.stages[-1]).shape == theirs.stages[-1].shape
    assert method.paraphraser.factor(theirs.stages[-1]).shape == (3, 5, 2, 2)
    weights = list(method.paraphraser.parameters())
    before = method.reconstruction(theirs).item()
    for _ in range(100):
        gradients = torch.autograd.grad(method.reconstruction(theirs), weights)
        with torch.no_grad():
            for weight, gradient in zip(weights, gradients, strict=True):
                weight.sub_(0.5 * gradient)
    assert method.reconstruction(theirs).item() < 0.9 * before
    torch.autograd.backward(method(mine, theirs))
    assert all(p.grad is None for p in method.paraphraser.parameters())
    assert all(p.grad is not None for p in method.translator.parameters())


@pytest.mark.parametrize("method", METHODS)
def test_every_method_compares_networks_of_the_staged_families(method: type[nn.Module]) -> None:
    student, teacher = build("resnet8", channels=1, classes=10), build("wideresnet10_1", channels=1, classes=10)
    images = torch.randn(4, 1, 8, 8, generator=torch_generator("images"))
    mine = look(student, images, features=True)
    with torch.no_grad():
        theirs = look(teacher, images, features=True)
    compared = method(mine, theirs)
    torch.autograd.backward(compared(mine, theirs))
    first = next(student.parameters())
    assert first.grad is not None and bool(first.grad.isfinite().all()) and bool(first.grad.any())


# Sizes.


def test_the_larger_is_averaged_down_block_by_block_and_equals_are_left() -> None:
    large, small = torch.arange(16.0).view(1, 1, 4, 4), torch.ones(1, 3, 2, 2)
    for pair in (comparable(large, small), comparable(small, large)[::-1]):
        assert pair[0].flatten().tolist() == [2.5, 4.5, 10.5, 12.5]
        assert pair[1] is small
    tall, wide = comparable(torch.ones(1, 1, 6, 2), torch.ones(1, 1, 2, 4))
    assert tall.shape == wide.shape == (1, 1, 2, 2)


@pytest.mark.parametrize("method", [AttentionTransfer, NST])
def test_a_different_number_of_groups_is_refused(method: type[nn.Module]) -> None:
    with pytest.raises(UserError) as caught:
        method(view(), view((*TEACHER, (4, 1))))
    error = caught.value
    assert (error.where, error.key) == ("spec.toml", "run.objective")
    assert "3 groups" in error.problem and "4" in error.problem
    assert "logit or rkd" in error.remedy


@pytest.mark.parametrize("method", [FitNets, FactorTransfer, RKD])
def test_a_different_number_of_groups_is_fine_where_one_stage_is_compared(method: type[nn.Module]) -> None:
    assert loss(method, view(), view((*TEACHER, (4, 2)))) > 0


def test_factor_transfer_refuses_a_last_stage_of_one_position_where_it_could_say_nothing() -> None:
    with pytest.raises(UserError, match="one position"):
        FactorTransfer(view(), view((*TEACHER, (4, 1))))


@pytest.mark.parametrize("method", [FitNets, AttentionTransfer, FactorTransfer, NST])
def test_sizes_of_which_neither_divides_the_other_are_refused(method: type[nn.Module]) -> None:
    with pytest.raises(UserError) as caught:
        method(view(((3, 6), (4, 6), (4, 6), (4, 6))), view(((3, 4), (4, 4), (4, 4), (4, 4))))
    error = caught.value
    assert (error.where, error.key) == ("spec.toml", "run.objective")
    assert "6x6" in error.problem and "4x4" in error.problem
    assert "logit or rkd" in error.remedy
