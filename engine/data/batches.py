"""A data set on the device: batches drawn from (seed, epoch, step), and the sets to measure on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from engine.contract.augmentation import operations
from engine.contract.spec import Settings, Spec
from engine.data.arrays import Arrays
from engine.data.augment import augment
from engine.randomness import derive, numpy_generator, torch_generator


@dataclass(frozen=True)
class Batch:
    """One step's input. `step` counts from 0 within the epoch.

    `images` are normalised floats [B, C, H, W]; `targets` are the classes' shares [B, K], mixed where mixup
    is on and not yet smoothed, so that accuracy is counted against them.
    """

    step: int
    images: Tensor
    targets: Tensor


@dataclass(frozen=True)
class Split:
    """Images uint8 [N, C, H, W] and labels int64 [N], on the device."""

    images: Tensor
    labels: Tensor


class Data:
    """A data set, loaded onto the device once, as one run sees it."""

    def __init__(self, arrays: Arrays, spec: Spec, device: torch.device) -> None:
        self._spec = spec
        self.device = device
        self.classes = len(arrays.classes)
        self.channels = arrays.train_images.shape[1]
        self.train = _on_device(arrays.train_images, arrays.train_labels, device)
        self.test = _on_device(arrays.test_images, arrays.test_labels, device)
        clean = torch.from_numpy(stratified(arrays.train_labels, spec.clean_train_images)).to(device)
        self.clean = Split(self.train.images[clean], self.train.labels[clean])
        self._mean = torch.tensor(arrays.mean, device=device).view(1, -1, 1, 1) * 255
        self._fill = self._mean.view(-1).round().to(torch.uint8)
        self._std = torch.tensor(arrays.std, device=device).view(1, -1, 1, 1) * 255

    @property
    def steps_per_epoch(self) -> int:
        """How many optimisation steps an epoch has."""
        whole, rest = divmod(len(self.train.labels), self._spec.batch_size)
        return whole if self._spec.drop_last or not rest else whole + 1

    def normalised(self, images: Tensor) -> Tensor:
        """uint8 images as floats with mean 0 and deviation 1 per channel of the training set."""
        return (images.float() - self._mean) / self._std

    def epoch(self, epoch: int, settings: Settings, first_step: int = 0) -> Iterator[Batch]:
        """The batches of one epoch from `first_step` on, each the same however many came before it."""
        seed, size = self._spec.seed, self._spec.batch_size
        order = torch.randperm(len(self.train.labels), generator=torch_generator(seed, "order", epoch))
        order = order.to(self.device)
        chain = operations(settings.augmentation)
        for step in range(first_step, self.steps_per_epoch):
            chosen = order[step * size : (step + 1) * size]
            generator = torch_generator(seed, "augment", epoch, step)
            images = self.normalised(augment(self.train.images[chosen], chain, generator, self._fill))
            targets = F.one_hot(self.train.labels[chosen], self.classes).to(images.dtype)
            if settings.mixup > 0:
                images, targets = mixup(images, targets, settings.mixup, (seed, "mixup", epoch, step))
            yield Batch(step, images, targets)


def mixup(images: Tensor, targets: Tensor, alpha: float, purpose: tuple[int | str, ...]) -> tuple[Tensor, Tensor]:
    """Each image blended with another of its batch by one Beta(alpha, alpha) share (arXiv 1710.09412)."""
    share = float(numpy_generator(*purpose).beta(alpha, alpha))
    partner = torch.randperm(len(images), generator=torch_generator(*purpose)).to(images.device)
    return (
        share * images + (1 - share) * images[partner],
        share * targets + (1 - share) * targets[partner],
    )


def stratified(
    labels: np.ndarray[tuple[int], np.dtype[np.int64]], size: int
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Indices of about `size` samples, each class with its share and at least one; the same for every run."""
    chosen = []
    for label in np.unique(labels):
        mine = np.flatnonzero(labels == label)
        share = max(1, round(size * len(mine) / len(labels)))
        chosen.append(np.random.default_rng(derive("clean train images", int(label))).permutation(mine)[:share])
    return np.sort(np.concatenate(chosen))


def _on_device(
    images: np.ndarray[tuple[int, ...], np.dtype[np.uint8]],
    labels: np.ndarray[tuple[int], np.dtype[np.int64]],
    device: torch.device,
) -> Split:
    # A memory-mapped array is read-only; torch wants its own copy, which the device needs anyway.
    return Split(torch.tensor(np.asarray(images), device=device), torch.tensor(np.asarray(labels), device=device))
