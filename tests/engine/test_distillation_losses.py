"""What a student learns from its teacher: every method against its definition, written out in plain loops."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
import torch
from features import METHODS, TEACHER, loss, vectors, view
from torch import Tensor, nn

from engine.objectives.attention_transfer import AttentionTransfer
from engine.objectives.factor_transfer import FactorTransfer
from engine.objectives.fitnets import FitNets
from engine.objectives.logit import logit
from engine.objectives.nst import NST
from engine.objectives.rkd import RKD
from engine.objectives.view import View
from engine.randomness import torch_generator

# Definitions in loops.


def block_means(maps: np.ndarray, size: int) -> np.ndarray:
    """Averaged down to `size` x `size`, block by block."""
    factor = maps.shape[2] // size
    smaller = np.zeros((*maps.shape[:2], size, size))
    for b, c, y, x in np.ndindex(smaller.shape):
        smaller[b, c, y, x] = maps[b, c, y * factor : (y + 1) * factor, x * factor : (x + 1) * factor].mean()
    return smaller


def same_size(a: Tensor, b: Tensor) -> tuple[np.ndarray, np.ndarray]:
    size = min(a.shape[2], b.shape[2])
    return block_means(a.detach().numpy(), size), block_means(b.detach().numpy(), size)


def attention_by_hand(student: View, teacher: View) -> float:
    total = 0.0
    for pair in zip(student.stages[1:], teacher.stages[1:], strict=True):
        maps = []
        for stage in same_size(*pair):
            rows = []
            for image in stage:
                row = sum(channel.flatten() ** 2 for channel in image) / len(image)
                rows.append(row / math.sqrt(sum(row**2)))
            maps.append(np.array(rows))
        total += ((maps[0] - maps[1]) ** 2).sum() / maps[0].size
    return total


def nst_by_hand(student: View, teacher: View) -> float:
    """The squared MMD as the paper writes it: three double sums of the kernel, for each image."""
    total = 0.0
    for pair in zip(student.stages[1:], teacher.stages[1:], strict=True):
        mine, theirs = same_size(*pair)
        for images in zip(mine, theirs, strict=True):
            s, t = ([c.flatten() / math.sqrt((c**2).sum()) for c in image] for image in images)
            for sign, (left, right) in zip((1, 1, -2), ((s, s), (t, t), (s, t)), strict=True):
                kernel = [float(a @ b) ** 2 for a, b in itertools.product(left, right)]
                total += sign * sum(kernel) / len(kernel) / len(mine)
    return total


def huber(a: float, b: float) -> float:
    return 0.5 * (a - b) ** 2 if abs(a - b) < 1 else abs(a - b) - 0.5


def rkd_by_hand(student: np.ndarray, teacher: np.ndarray) -> float:
    n = len(student)

    def distance(e: np.ndarray, i: int, j: int) -> float:
        return math.sqrt(sum((e[i] - e[j]) ** 2))

    def mean(e: np.ndarray) -> float:
        return sum(distance(e, i, j) for i in range(n) for j in range(n) if i != j) / (n * (n - 1))

    def cosine(e: np.ndarray, i: int, j: int, k: int) -> float:
        lengths = distance(e, i, j) * distance(e, i, k)
        return float((e[j] - e[i]) @ (e[k] - e[i])) / lengths if lengths else 0.0

    s, t = mean(student), mean(teacher)
    pairs = [huber(distance(student, *p) / s, distance(teacher, *p) / t) for p in np.ndindex(n, n)]
    triplets = [huber(cosine(student, *p), cosine(teacher, *p)) for p in np.ndindex(n, n, n)]
    return 25 * sum(pairs) / len(pairs) + 50 * sum(triplets) / len(triplets)


def convolved(maps: np.ndarray, layer: nn.Conv2d, stride: int = 1) -> np.ndarray:
    """A 3x3 convolution with a padding of 1, as its definition has it."""
    weight = layer.weight.detach().numpy()
    padded = np.pad(maps, ((0, 0), (0, 0), (1, 1), (1, 1)))
    size = (maps.shape[2] - 1) // stride + 1
    result = np.zeros((len(maps), len(weight), size, size))
    for b, d, y, x in np.ndindex(result.shape):
        result[b, d, y, x] = (
            padded[b, :, y * stride : y * stride + 3, x * stride : x * stride + 3] * weight[d]
        ).sum()
    return result + (0 if layer.bias is None else layer.bias.detach().numpy()[:, None, None])


def spread(maps: np.ndarray, layer: nn.ConvTranspose2d, stride: int = 1) -> np.ndarray:
    """A transposed convolution with a padding of 1: every value adds its kernel to the result."""
    weight = layer.weight.detach().numpy()
    kernel = weight.shape[2]
    size = (maps.shape[2] - 1) * stride + kernel
    result = np.zeros((len(maps), weight.shape[1], size, size))
    for b, c, y, x in np.ndindex(maps.shape):
        result[b, :, y * stride : y * stride + kernel, x * stride : x * stride + kernel] += (
            maps[b, c, y, x] * weight[c]
        )
    inside = result[:, :, 1:-1, 1:-1]
    return inside + (0 if layer.bias is None else layer.bias.detach().numpy()[:, None, None])


def normalised(maps: np.ndarray) -> np.ndarray:
    """Batch norm while training, as it is initialised."""
    mean, variance = maps.mean((0, 2, 3), keepdims=True), maps.var((0, 2, 3), keepdims=True)
    result: np.ndarray = (maps - mean) / np.sqrt(variance + 1e-5)
    return result


def leaky(maps: np.ndarray) -> np.ndarray:
    return np.where(maps > 0, maps, 0.1 * maps)


def convolutions(module: nn.Module) -> list[Any]:
    return [each for each in module.modules() if isinstance(each, nn.Conv2d | nn.ConvTranspose2d)]


def encoded(maps: np.ndarray, method: FactorTransfer) -> np.ndarray:
    for layer in convolutions(method.paraphraser.encoder):
        maps = leaky(convolved(maps, layer))
    return maps


# Logits.


def test_softened_answers_by_hand() -> None:
    # The teacher's shares at T = 2 are (3/4, 1/4), the student's (1/2, 1/2).
    teacher, student = torch.tensor([[2 * math.log(3), 0.0]]), torch.tensor([[1.0, 1.0]])
    divergence = 0.75 * math.log(0.75 / 0.5) + 0.25 * math.log(0.25 / 0.5)
    assert logit(student, teacher, 2.0).item() == pytest.approx(4 * divergence, rel=1e-5)


def test_softened_answers_in_value_and_gradient() -> None:
    generator = torch_generator("logits")
    student, teacher = (torch.randn(6, 5, generator=generator, dtype=torch.float64) for _ in range(2))
    student.requires_grad_()
    value = logit(student, teacher, 4.0)
    expected = 0.0
    for s, t in zip(student.detach().numpy() / 4, teacher.numpy() / 4, strict=True):
        p, q = np.exp(t) / np.exp(t).sum(), np.exp(s) / np.exp(s).sum()
        expected += 16 * sum(a * math.log(a / b) for a, b in zip(p, q, strict=True)) / 6
    assert value.item() == pytest.approx(expected, rel=1e-9)
    (gradient,) = torch.autograd.grad(value, student)
    shares = torch.softmax(student / 4, 1) - torch.softmax(teacher / 4, 1)
    assert torch.allclose(gradient, 4 * shares / 6)
    assert logit(teacher, teacher + 2, 4.0).item() == pytest.approx(0, abs=1e-12)
    assert value > 0


# Values and gradients.


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("teacher", [TEACHER, ((3, 8), (6, 4), (4, 8), (7, 1))], ids=["same_sizes", "other_sizes"])
def test_attention_and_nst_are_their_definitions(teacher: tuple[tuple[int, int], ...], seed: int) -> None:
    mine, theirs = view(seed=seed), view(teacher, seed=seed + 10)
    assert loss(AttentionTransfer, mine, theirs) == pytest.approx(attention_by_hand(mine, theirs), rel=1e-5)
    assert loss(NST, mine, theirs) == pytest.approx(nst_by_hand(mine, theirs), rel=1e-5)


def test_attention_worked_out() -> None:
    # Squares (9, 16) and (16, 9) of one channel: vectors of length 1 that differ by 7 / sqrt(337) in both places.
    one, other = torch.tensor([3.0, 4.0]).view(1, 1, 1, 2), torch.tensor([4.0, 3.0]).view(1, 1, 1, 2)
    pair = [View(torch.zeros(1, 2), (one, each)) for each in (one, other)]
    assert loss(AttentionTransfer, pair[0], pair[1]) == pytest.approx(49 / 337, rel=1e-5)


def test_nst_worked_out() -> None:
    # One channel each, at right angles: 1 + 1 - 0. At 60 degrees: 1 + 1 - 2 / 4.
    first = torch.tensor([1.0, 0.0]).view(1, 1, 1, 2)
    for other, expected in (([0.0, 5.0], 2.0), ([1.0, math.sqrt(3)], 1.5)):
        pair = [View(torch.zeros(1, 2), (first, each)) for each in (first, torch.tensor(other).view(1, 1, 1, 2))]
        assert loss(NST, pair[0], pair[1]) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("seed", range(3))
def test_rkd_is_its_definition_in_all_triplets(seed: int) -> None:
    mine, theirs = view(seed=seed, batch=6), view(TEACHER, seed=seed + 10, batch=6)
    assert mine.pooled is not None and theirs.pooled is not None
    assert loss(RKD, mine, theirs) == pytest.approx(rkd_by_hand(mine.pooled.numpy(), theirs.pooled.numpy()), rel=1e-5)


def test_rkd_worked_out() -> None:
    # Distances 1, 1, 2 against an equilateral triangle's 1, 1, 1: over their means 3/4, 3/4, 3/2 against ones.
    line = torch.tensor([[0.0, 0.0], [1.0, 0.0], [2.0, 0.0]])
    triangle = torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.5, math.sqrt(3) / 2]])
    distances = 2 * (0.5 * 0.25**2 + 0.5 * 0.25**2 + 0.5 * 0.5**2) / 9
    # The cosines at the ends are 1, in the middle -1; in the triangle 1/2 everywhere. Each counts twice of 27.
    angles = 2 * (0.5 * 0.5**2 + (1.5 - 0.5) + 0.5 * 0.5**2) / 27
    assert loss(RKD, vectors(line), vectors(triangle)) == pytest.approx(25 * distances + 50 * angles, rel=1e-5)


@pytest.mark.parametrize("size", [2, 4, 8, 16])
def test_fitnets_is_its_definition_at_every_size(size: int) -> None:
    mine, theirs = view(((3, 8), (4, 8), (3, 4), (2, 2))), view(((3, 8), (4, 8), (5, size), (2, 2)), seed=1)
    method = FitNets(mine, theirs).double()
    convolution = convolutions(method)[0]
    student, teacher = mine.stages[2].numpy(), theirs.stages[2].numpy()
    if size == 8:
        assert isinstance(convolution, nn.ConvTranspose2d)
        predicted = spread(student, convolution, stride=2)
    else:
        assert isinstance(convolution, nn.Conv2d)
        predicted = convolved(student, convolution, stride=2 if size == 2 else 1)
    predicted = np.maximum(normalised(predicted), 0)
    if size == 16:
        teacher = block_means(teacher, 4)
    assert predicted.shape == teacher.shape
    assert method(mine, theirs).item() == pytest.approx(((predicted - teacher) ** 2).mean(), rel=1e-9)


@pytest.mark.parametrize("size", [2, 4])
def test_factor_transfer_is_its_definition_at_every_size(size: int) -> None:
    mine, theirs = view(((3, 8), (5, 2)), batch=2), view(((3, 8), (6, size)), seed=1, batch=2)
    method = FactorTransfer(mine, theirs).double()
    student, teacher = mine.stages[-1].numpy(), theirs.stages[-1].numpy()
    for layer in convolutions(method.translator):
        student = leaky(normalised(convolved(student, layer)))
    condensed = encoded(teacher, method)
    smaller = min(2, size)
    factors = [(block_means(maps, smaller) ** 2).sum(1).reshape(2, -1) / 3 for maps in (student, condensed)]
    assert factors[0].shape == (2, smaller**2)
    s, t = (each / np.sqrt((each**2).sum(1, keepdims=True)) for each in factors)
    assert method(mine, theirs).item() == pytest.approx(abs(s - t).mean(), rel=1e-9)
    rebuilt = condensed
    for layer in convolutions(method.paraphraser.decoder):
        rebuilt = leaky(spread(rebuilt, layer))
    assert method.reconstruction(theirs).item() == pytest.approx(((rebuilt - teacher) ** 2).mean(), rel=1e-9)


@pytest.mark.parametrize("method", METHODS)
def test_gradients_are_finite_differences(method: type[nn.Module]) -> None:
    shapes = ((1, 2), (2, 2), (3, 2))
    mine, theirs = view(shapes, batch=4), view(shapes, seed=1, batch=4)
    compared = method(mine, theirs).double()

    def value(first: Tensor, last: Tensor) -> Tensor:
        return compared(View(mine.logits, (mine.stages[0], first, last), last.mean((2, 3))), theirs)  # type: ignore[no-any-return]

    free = tuple(stage.clone().requires_grad_() for stage in mine.stages[1:])
    assert torch.autograd.gradcheck(value, free)
