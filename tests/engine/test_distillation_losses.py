"""What a student learns from its teacher: every method against its definition, written out in plain loops."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.contract.errors import UserError
from engine.models.registry import build
from engine.objectives.attention_transfer import AttentionTransfer
from engine.objectives.comparable import comparable
from engine.objectives.factor_transfer import FactorTransfer
from engine.objectives.fitnets import FitNets
from engine.objectives.logit import logit
from engine.objectives.nst import NST
from engine.objectives.rkd import RKD
from engine.objectives.view import View, look
from engine.randomness import torch_generator

METHODS: list[type[nn.Module]] = [FitNets, AttentionTransfer, FactorTransfer, RKD, NST]
#: Channels and sizes of stem and groups. In the last one there are fewer positions than channels.
STUDENT = ((3, 8), (4, 8), (5, 4), (8, 2))
TEACHER = ((3, 8), (6, 8), (4, 4), (10, 2))


def view(shapes: tuple[tuple[int, int], ...] = STUDENT, *, seed: int = 0, batch: int = 3) -> View:
    """Features as random numbers, in double precision, so that a finite difference says something."""
    generator = torch_generator("features", seed)
    stages = [torch.randn(batch, c, s, s, generator=generator, dtype=torch.float64) for c, s in shapes]
    return View(torch.zeros(batch, 2), tuple(stages), stages[-1].mean((2, 3)))


def changed(seen: View, change: Callable[[Tensor], Tensor]) -> View:
    """The same view with every group's output changed."""
    return View(seen.logits, (seen.stages[0], *map(change, seen.stages[1:])), seen.pooled)


def vectors(values: Tensor) -> View:
    return View(torch.zeros(len(values), 2), (), values)


def loss(method: type[nn.Module], student: View, teacher: View) -> float:
    """A new method's loss, in single precision as in training."""
    student, teacher = student.float(), teacher.float()
    value = method(student, teacher)(student, teacher)
    assert value.shape == () and value.dtype == torch.float32
    return float(value.detach())


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


# What each leaves free, and where it is zero.


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


# RKD and the embedding's scale.


def written_down(student: Tensor, teacher: Tensor) -> Tensor:
    """RKD as the document of the collapsed runs has it: the student's mean distance is detached."""
    relations = []
    for e in (student, teacher):
        differences = e.unsqueeze(0) - e.unsqueeze(1)
        distances = differences.square().sum(2).clamp(min=1e-24).sqrt() * (1 - torch.eye(len(e), dtype=e.dtype))
        mean = distances.detach().sum() / (len(e) * (len(e) - 1))
        directions = F.normalize(differences, dim=2, eps=1e-12)
        relations.append((distances / mean, directions @ directions.mT))
    (mine, my_angles), (theirs, their_angles) = relations
    return 25 * F.smooth_l1_loss(mine, theirs) + 50 * F.smooth_l1_loss(my_angles, their_angles)


def ours(student: Tensor, teacher: Tensor) -> Tensor:
    value: Tensor = RKD(vectors(student), vectors(teacher))(vectors(student), vectors(teacher))
    return value


def embeddings(seed: int = 0) -> tuple[Tensor, Tensor]:
    """A student's vectors, around 0 and of length 1 in all, and a teacher's in more dimensions."""
    generator = torch_generator("embeddings", seed)
    student, teacher = (torch.randn(8, size, generator=generator, dtype=torch.float64) for size in (2, 16))
    student -= student.mean(0)
    return student / student.norm(), teacher


def along_scale(formula: Callable[[Tensor, Tensor], Tensor], student: Tensor, teacher: Tensor) -> float:
    """The derivative of formula(s * student) at s = 1."""
    s = torch.ones((), dtype=student.dtype, requires_grad=True)
    (derivative,) = torch.autograd.grad(formula(s * student, teacher), s)
    return float(derivative)


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_rkd_pulls_at_no_scale(scale: float) -> None:
    student, teacher = embeddings()
    assert along_scale(ours, student * scale, teacher) == pytest.approx(0, abs=1e-9)
    step = 1e-4
    difference = ours(student * scale * (1 + step), teacher) - ours(student * scale * (1 - step), teacher)
    assert float(difference) / (2 * step) == pytest.approx(0, abs=1e-6)


def test_rkd_pulls_at_no_scale_in_single_precision_either() -> None:
    student, teacher = (each.float() for each in embeddings())
    free = student.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(ours(free, teacher), free)
    assert abs(float((gradient * student).sum())) < 1e-5 * float(gradient.norm() * student.norm())


def test_the_documents_formula_has_the_same_value_and_shrinks_what_it_is_given() -> None:
    for seed in range(5):
        student, teacher = embeddings(seed)
        assert written_down(student, teacher).item() == pytest.approx(ours(student, teacher).item(), rel=1e-9)
        # Its value is as free of scale as ours, so a positive derivative says that the gradient is another thing's.
        assert written_down(3 * student, teacher).item() == pytest.approx(written_down(student, teacher).item())
        assert along_scale(written_down, student, teacher) > 0.1
        # The smaller the embedding, the larger the gradient that shrinks it.
        free = [(student * scale).requires_grad_() for scale in (1.0, 0.1)]
        large, small = (torch.autograd.grad(written_down(each, teacher), each)[0] for each in free)
        assert torch.allclose(small, 10 * large)


def descended(formula: Callable[[Tensor, Tensor], Tensor], seed: int, steps: int = 400) -> tuple[float, float]:
    """How large an embedding is after gradient descent, and its loss.

    Steps are measured by the embedding's own size: at a constant rate the gradient, which grows as the
    embedding shrinks, would throw it about instead, and the end would depend on the last throw.
    """
    student, teacher = embeddings(seed)
    student = student.requires_grad_()
    for _ in range(steps):
        (gradient,) = torch.autograd.grad(formula(student, teacher), student)
        with torch.no_grad():
            student -= 0.01 * student.square().sum() * gradient
    return float(student.detach().norm()), float(formula(student, teacher).detach())


@pytest.mark.parametrize("seed", range(2))
def test_the_documents_formula_collapses_the_embedding_and_ours_keeps_it(seed: int) -> None:
    start = ours(*embeddings(seed)).item()
    theirs, mine = descended(written_down, seed), descended(ours, seed)
    assert theirs[0] < 0.02
    # Ours cannot shrink: its gradient is at right angles to the embedding, so that every step lengthens it.
    assert 1 <= mine[0] < 1.2
    assert mine[1] < 0.6 * start


@pytest.mark.parametrize(
    "student",
    [
        torch.zeros(5, 4),
        torch.full((5, 4), 2.5),
        torch.eye(5, 4)[[0, 0, 1, 2, 3]],
        torch.ones(5, 4) * torch.tensor([0, 0, 0, 1e-20, 1])[:, None],
    ],
    ids=["zeros", "equal", "one pair equal", "nearly all zero"],
)
def test_rkd_of_equal_vectors_has_a_finite_gradient(student: Tensor) -> None:
    teacher = torch.randn(5, 6, generator=torch_generator("teacher"))
    for known in (teacher, student):
        free = student.clone().requires_grad_()
        value = ours(free, known)
        (gradient,) = torch.autograd.grad(value, free)
        assert math.isfinite(value.item())
        assert float(gradient.abs().max()) < 1e3


def test_rkd_of_one_image_is_zero() -> None:
    assert ours(torch.ones(1, 4), torch.ones(1, 6)).item() == 0


def test_rkd_stays_in_single_precision_under_autocast() -> None:
    student, teacher = (each.float() for each in embeddings())
    with torch.autocast("cpu", torch.bfloat16):
        under = ours(student, teacher)
    assert under.dtype == torch.float32
    assert torch.equal(under, ours(student, teacher))


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
