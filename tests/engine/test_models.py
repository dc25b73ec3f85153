"""Networks: parameter counts of the paper, any small image, one list of names."""

from __future__ import annotations

import pytest
import torch

from engine.contract.spec import MODELS
from engine.models.registry import build
from engine.models.resnet import ResNet


@pytest.mark.parametrize(
    ("name", "millions"),
    [("resnet20", 0.27), ("resnet32", 0.46), ("resnet44", 0.66), ("resnet56", 0.85), ("resnet110", 1.7)],
)
def test_parameters_are_those_of_the_papers_table_6(name: str, millions: float) -> None:
    count = sum(p.numel() for p in build(name, channels=3, classes=10).parameters())
    assert round(count / 1e6, 1 if millions > 1 else 2) == millions


@pytest.mark.parametrize("side", [8, 9, 28, 32])
def test_any_image_from_8x8_up_gives_one_logit_a_class(side: int) -> None:
    logits = build("resnet8", channels=1, classes=7)(torch.randn(2, 1, side, side))
    assert logits.shape == (2, 7)


@pytest.mark.parametrize("name", MODELS)
def test_every_name_builds_and_takes_a_backward_step(name: str) -> None:
    network = build(name, channels=3, classes=5)
    network(torch.randn(2, 3, 8, 8)).sum().backward()
    assert all(p.grad is not None for p in network.parameters())


def test_a_depth_that_is_not_6n_plus_2_is_refused() -> None:
    with pytest.raises(ValueError, match="6n\\+2"):
        ResNet(33, 3, 10)
    with pytest.raises(KeyError):
        build("perceptron", channels=3, classes=10)
