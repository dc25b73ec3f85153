"""A data set as one run sees it: batches drawn from (seed, epoch, step), and the sets to measure on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from engine.contract.augmentation import operations
from engine.contract.spec import Settings, Spec
from engine.data.arrays import Arrays, Images, Labels
from engine.data.augment import augment
from engine.data.holdout import hold_out
from engine.data.mixing import mixed
from engine.data.shards import shard
from engine.randomness import derive, torch_generator

#: The share of the device's free memory that a data set may take; a larger one stays in the host's.
RESIDENT_SHARE = 0.3


@dataclass(frozen=True)
class Batch:
    """One step's input. `step` counts from 0 within the epoch.

    `images` are normalised floats [B, C, H, W]; `targets` are the classes' shares [B, K], mixed where mixup or
    CutMix is on and not yet smoothed, so that accuracy is counted against them.
    """

    step: int
    images: Tensor
    targets: Tensor


@dataclass(frozen=True)
class Split:
    """Images uint8 [N, C, H, W], on the device or in pinned memory of the host, and labels int64 [N] beside them."""

    images: Tensor
    labels: Tensor

    def take(self, chosen: Tensor, device: torch.device) -> tuple[Tensor, Tensor]:
        """Some samples, on the device; `chosen` are indices on the CPU."""
        if self.images.device == device:
            chosen = chosen.to(device)
            return self.images[chosen], self.labels[chosen]
        images, labels = self.images[chosen], self.labels[chosen]
        if device.type == "cuda":
            images, labels = images.pin_memory(), labels.pin_memory()
        return images.to(device, non_blocking=True), labels.to(device, non_blocking=True)


class Data:
    """A data set as one run sees it: its shard of the training set, less what is held out, and the test set.

    It lies on the device, unless `resident` is False or it is too large for it: then each batch is sent there.
    """

    def __init__(self, arrays: Arrays, spec: Spec, device: torch.device, *, resident: bool | None = None) -> None:
        self._spec = spec
        self.device = device
        self.classes = len(arrays.classes)
        self.channels = arrays.train_images.shape[1]
        size = arrays.train_images.nbytes + arrays.test_images.nbytes
        home = device if (_fits(size, device) if resident is None else resident) else torch.device("cpu")
        kept, held = _training_part(arrays.train_labels, spec)
        self.train = _split(arrays.train_images, arrays.train_labels, kept, home)
        self.validation = _split(arrays.train_images, arrays.train_labels, held, home) if len(held) else None
        self.test = _split(arrays.test_images, arrays.test_labels, np.arange(len(arrays.test_labels)), home)
        clean = kept[stratified(arrays.train_labels[kept], spec.clean_train_images)]
        self.clean = _split(arrays.train_images, arrays.train_labels, clean, home)
        self.memory_format = torch.channels_last if device.type == "cuda" else torch.contiguous_format
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
        return ((images.float() - self._mean) / self._std).contiguous(memory_format=self.memory_format)

    def epoch(self, epoch: int, settings: Settings, first_step: int = 0) -> Iterator[Batch]:
        """The batches of one epoch from `first_step` on, each the same however many came before it."""
        seed, size = self._spec.seed, self._spec.batch_size
        order = torch.randperm(len(self.train.labels), generator=torch_generator(seed, "order", epoch))
        chain = operations(settings.augmentation)
        for step in range(first_step, self.steps_per_epoch):
            images, labels = self.train.take(order[step * size : (step + 1) * size], self.device)
            generator = torch_generator(seed, "augment", epoch, step)
            inputs = self.normalised(augment(images, chain, generator, self._fill))
            targets = F.one_hot(labels, self.classes).to(inputs.dtype)
            inputs, targets = mixed(inputs, targets, settings, (seed, "mixup", epoch, step))
            yield Batch(step, inputs, targets)

    def in_order(self, split: Split, size: int) -> Iterator[tuple[Tensor, Tensor]]:
        """A split's normalised images and its labels, `size` at a time, in the order they lie."""
        for chosen in torch.split(torch.arange(len(split.labels)), size):
            images, labels = split.take(chosen, self.device)
            yield self.normalised(images), labels


def _training_part(labels: Labels, spec: Spec) -> tuple[Labels, Labels]:
    """Which training images the run learns from, and which are held out: indices."""
    kept = np.arange(len(labels))
    if spec.shards > 1:
        kept = shard(labels, spec.shard_kind, spec.shards, spec.shard_index, spec.seed, alpha=spec.shard_alpha)
    if not spec.holdout:
        return kept, np.empty(0, dtype=np.int64)
    left, held = hold_out(labels[kept], spec.holdout, spec.seed)
    return kept[left], kept[held]


def stratified(labels: Labels, size: int) -> Labels:
    """Indices of about `size` samples, each class with its share and at least one; the same for every run."""
    chosen = []
    for label in np.unique(labels):
        mine = np.flatnonzero(labels == label)
        share = max(1, round(size * len(mine) / len(labels)))
        chosen.append(np.random.default_rng(derive("clean train images", int(label))).permutation(mine)[:share])
    return np.sort(np.concatenate(chosen))


def _fits(size: int, device: torch.device) -> bool:
    """Whether a device should hold so many bytes of images. A CPU's memory is where they come from anyway."""
    return device.type != "cuda" or size < RESIDENT_SHARE * torch.cuda.mem_get_info(device)[0]


def _split(images: Images, labels: Labels, chosen: Labels, home: torch.device) -> Split:
    # Indexing copies out of the memory map: one sequential read now instead of page faults while training.
    return Split(torch.from_numpy(images[chosen]).to(home), torch.from_numpy(labels[chosen]).to(home))
