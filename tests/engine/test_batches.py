"""Batches: augmentation against torchvision, mixup, and randomness that does not depend on the past."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from engine.contract import schedule
from engine.contract.spec import Spec, check_spec
from engine.data.batches import Data, stratified
from engine.data.digits import digits
from engine.data.mixing import cutmix, mixed, mixup

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


def test_cutmix_shares_the_targets_by_the_area_it_took() -> None:
    images = torch.arange(8.0).reshape(8, 1, 1, 1).expand(8, 1, 16, 16)
    for step in range(20):
        cut, targets = cutmix(images, torch.eye(8), 1.0, (0, "mixup", 1, step))
        own = (cut == images).float().mean((1, 2, 3))
        assert torch.allclose(targets.diagonal(), own)
        assert torch.allclose(targets.sum(1), torch.ones(8))


def test_with_both_mixup_and_cutmix_on_each_has_about_half_of_the_batches() -> None:
    images = torch.randn(8, 1, 16, 16, generator=torch.Generator().manual_seed(0))
    settings = schedule.at(spec(mixup=1.0, cutmix=1.0), 1)
    cuts = 0
    for step in range(200):
        out, _ = mixed(images, torch.eye(8), settings, (0, "mixup", 1, step))
        cuts += bool(torch.isin(out, images).all())
    assert 70 < cuts < 130


def test_what_is_held_out_is_neither_trained_on_nor_measured_as_train() -> None:
    data = Data(digits(), spec(holdout=0.2), CPU)
    assert data.validation is not None
    images = {
        name: {bytes(i.numpy()) for i in split.images}
        for name, split in (("train", data.train), ("held", data.validation), ("clean", data.clean))
    }
    assert images["clean"] <= images["train"]
    assert len(data.train.labels) + len(data.validation.labels) == len(digits().train_labels)
    assert not images["held"] & images["train"]
    assert Data(digits(), spec(), CPU).validation is None


def test_shards_deal_the_training_set_out_and_leave_the_test_set_whole() -> None:
    whole = Data(digits(), spec(), CPU)
    shards = [Data(digits(), spec(shards=3, shard_index=i, shard_kind="dirichlet"), CPU) for i in range(3)]
    assert sum(len(s.train.labels) for s in shards) == len(whole.train.labels)
    assert all(len(s.test.labels) == len(whole.test.labels) for s in shards)


def test_a_set_that_stays_in_the_hosts_memory_gives_the_same_batches() -> None:
    settings = schedule.at(spec(augmentation="crop", mixup=0.2), 1)
    near, far = (Data(digits(), spec(), CPU, resident=r) for r in (True, False))
    for a, b in zip(near.epoch(1, settings), far.epoch(1, settings), strict=True):
        assert torch.equal(a.images, b.images) and torch.equal(a.targets, b.targets)
