"""Mutual learning: what is summed over all peers at once is the paper's loss, pair by pair."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from engine.objectives.mutual import mutual
from engine.randomness import torch_generator


def answers(nodes: int, batch: int = 5, classes: int = 10, scale: float = 2.0) -> list[Tensor]:
    generator = torch_generator("mutual", nodes)
    return [(torch.randn(batch, classes, generator=generator) * scale).requires_grad_() for _ in range(nodes)]


def pairwise(logits: list[Tensor], temperature: float) -> list[Tensor]:
    """The definition, as two loops."""
    losses = []
    for i, mine in enumerate(logits):
        apart = [
            F.kl_div(
                F.log_softmax(mine / temperature, dim=1),
                F.softmax(peer.detach() / temperature, dim=1),
                reduction="batchmean",
            )
            for j, peer in enumerate(logits)
            if j != i
        ]
        losses.append(torch.stack(apart).mean() * temperature**2)
    return losses


@pytest.mark.parametrize("temperature", [1.0, 3.0])
@pytest.mark.parametrize("nodes", [2, 3, 7])
def test_it_is_the_mean_over_pairs_in_value_and_in_gradient(nodes: int, temperature: float) -> None:
    logits = answers(nodes)
    mine, theirs = mutual(logits, temperature), pairwise(logits, temperature)
    assert len(mine) == nodes
    for a, b in zip(mine, theirs, strict=True):
        assert a.shape == ()
        assert a.item() == pytest.approx(b.item(), rel=1e-5)
    gradients = torch.autograd.grad(torch.stack(mine).sum(), logits)
    expected = torch.autograd.grad(torch.stack(theirs).sum(), logits)
    for a, b in zip(gradients, expected, strict=True):
        assert torch.allclose(a, b, rtol=1e-4, atol=1e-6)


def test_two_nodes_by_hand() -> None:
    # Shares (3/4, 1/4) and (1/2, 1/2): each node's target is the other's.
    logits = [torch.tensor([[math.log(3), 0.0]]), torch.zeros(1, 2)]
    first = 0.5 * math.log(0.5 / 0.75) + 0.5 * math.log(0.5 / 0.25)
    second = 0.75 * math.log(0.75 / 0.5) + 0.25 * math.log(0.25 / 0.5)
    assert [loss.item() for loss in mutual(logits, 1.0)] == pytest.approx([first, second], rel=1e-5)
    # Logits three times as large at three times the temperature: the same shares, and nine times the loss.
    hot = mutual([3 * each for each in logits], 3.0)
    assert [loss.item() for loss in hot] == pytest.approx([9 * first, 9 * second], rel=1e-5)


def test_three_nodes_by_hand() -> None:
    # The third node meets the shares (3/4, 1/4) and (1/4, 3/4) with (1/2, 1/2): the same divergence from either.
    high, low, even = torch.tensor([[math.log(3), 0.0]]), torch.tensor([[0.0, math.log(3)]]), torch.zeros(1, 2)
    to_even = 0.75 * math.log(0.75 / 0.5) + 0.25 * math.log(0.25 / 0.5)
    to_high = (0.5 * math.log(3) + (0.5 * math.log(0.5 / 0.75) + 0.5 * math.log(0.5 / 0.25))) / 2
    losses = [loss.item() for loss in mutual([high, low, even], 1.0)]
    assert losses == pytest.approx([to_high, to_high, to_even], rel=1e-5)


@pytest.mark.parametrize("temperature", [1.0, 4.0])
def test_the_gradient_is_what_the_shares_differ_by(temperature: float) -> None:
    logits = answers(3)
    gradients = torch.autograd.grad(torch.stack(mutual(logits, temperature)).sum(), logits)
    shares = [torch.softmax(each.detach() / temperature, dim=1) for each in logits]
    for i, gradient in enumerate(gradients):
        peers = torch.stack([share for j, share in enumerate(shares) if j != i]).mean(0)
        assert torch.allclose(gradient, temperature * (shares[i] - peers) / len(peers), atol=1e-6)


def test_no_gradient_reaches_a_peer_and_each_loss_stands_alone() -> None:
    logits = answers(3)
    losses = mutual(logits, 1.0)
    for i, loss in enumerate(losses):
        # In turn and without keeping a graph: nothing that one needs is freed with another.
        gradients = torch.autograd.grad(loss, logits, allow_unused=True)
        assert [gradient is not None for gradient in gradients] == [j == i for j in range(3)]


def test_networks_of_one_mind_have_nothing_to_learn_from_one_another() -> None:
    same = answers(1)[0].detach()
    # A constant added to an image's logits changes no share.
    for loss in mutual([same, same + 3.0, same.clone()], 1.0):
        assert loss.item() == pytest.approx(0, abs=1e-6)
    assert all(loss > 0.1 for loss in mutual(answers(4), 1.0))


def test_answers_that_are_certain_stay_finite() -> None:
    logits = [
        torch.tensor([[1e4, 0.0, -1e4]], requires_grad=True),
        torch.tensor([[0.0, 1e4, 0.0]], requires_grad=True),
    ]
    losses = mutual(logits, 1.0)
    assert [loss.item() for loss in losses] == pytest.approx([1e4, 1e4])
    gradients = torch.autograd.grad(torch.stack(losses).sum(), logits)
    assert all(bool(gradient.isfinite().all()) for gradient in gradients)
