"""Batches: augmentation against torchvision, mixup, and randomness that does not depend on the past."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from engine.contract import schedule
from engine.contract.spec import Spec, check_spec
from engine.data.batches import Data, mixup, stratified
from engine.data.digits import digits

CPU = torch.device("cpu")


def spec(**settings: object) -> Spec:
    return check_spec({"data": "digits", "model": "resnet8", "epochs": 4, "batch_size": 100} | settings, "test")


def test_mixup_blends_images_and_targets_by_the_same_share() -> None:
    images = torch.eye(8).reshape(8, 1, 1, 8)
    mixed, targets = mixup(images, torch.eye(8), 1.0, (0, "mixup", 1, 2))
    assert torch.allclose(mixed.reshape(8, 8), targets)
    assert torch.allclose(targets.sum(1), torch.ones(8))
    assert (targets.max(1).values < 1).any()


@pytest.mark.parametrize(("alpha", "perfect"), [(0.2, 0.898), (0.4, 0.840), (1.0, 0.749)])
def test_under_mixup_a_perfect_classifier_scores_what_the_share_allows(alpha: float, perfect: float) -> None:
    """Why a train accuracy counted under mixup makes a negative gap: the figures of a large simulation."""
    scores = []
    for step in range(1500):
        _, targets = mixup(torch.zeros(32, 1), torch.eye(100)[torch.arange(32)], alpha, (0, "simulation", step))
        scores.append(targets.max(1).values.mean().item())
    assert np.mean(scores) == pytest.approx(perfect, abs=0.012)


def test_an_epoch_shows_every_image_once_in_an_order_of_its_own() -> None:
    data = Data(digits(), spec(), CPU)
    seen = {
        epoch: torch.cat([b.targets.argmax(1) for b in data.epoch(epoch, schedule.at(spec(), 1))]) for epoch in (1, 2)
    }
    assert torch.equal(seen[1].bincount(), data.train.labels.bincount())
    assert not torch.equal(seen[1], seen[2])
    assert data.steps_per_epoch == 15
    assert Data(digits(), spec(drop_last=True), CPU).steps_per_epoch == 14


def test_a_batch_is_the_same_however_many_came_before_it() -> None:
    settings = schedule.at(spec(mixup=0.4, augmentation="crop"), 3)
    data = Data(digits(), spec(), CPU)
    whole, later = list(data.epoch(3, settings)), list(data.epoch(3, settings, first_step=9))
    assert [b.step for b in later] == [9, 10, 11, 12, 13, 14]
    for a, b in zip(whole[9:], later, strict=True):
        assert torch.equal(a.images, b.images)
        assert torch.equal(a.targets, b.targets)


def test_images_are_normalised_by_the_training_set() -> None:
    data = Data(digits(), spec(), CPU)
    images = data.normalised(data.train.images)
    assert abs(float(images.mean())) < 1e-4
    assert float(images.std()) == pytest.approx(1, abs=1e-3)


def test_the_clean_training_images_are_stratified_and_the_same_for_every_run() -> None:
    labels = np.repeat(np.arange(10), 50)
    chosen = stratified(labels, 100)
    assert np.bincount(labels[chosen]).tolist() == [10] * 10
    assert (chosen == stratified(labels, 100)).all()
    assert len(stratified(labels, 10_000)) == 500
