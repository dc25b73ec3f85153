"""RKD and the embedding's scale, which the formula of the collapsed runs shrinks."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from features import vectors
from torch import Tensor

from engine.objectives.rkd import RKD
from engine.randomness import torch_generator


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
