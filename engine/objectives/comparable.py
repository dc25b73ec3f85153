"""What two networks' stages need to be compared: as many of them, and the same height and width."""

from __future__ import annotations

from torch import Tensor

from engine.contract.errors import UserError
from engine.objectives.view import View

_REMEDY = "choose a teacher of the student's family, or an objective that looks at no stage: logit or rkd"


def comparable(student: Tensor, teacher: Tensor) -> tuple[Tensor, Tensor]:
    """[B, C, h, w] and [B, D, H, W] -> the same two with the smaller height and the smaller width of both.

    Raises:
        UserError: of two heights or widths neither divides the other.
    """
    height, width = (min(sizes) for sizes in zip(student.shape[2:], teacher.shape[2:], strict=True))
    for maps in (student, teacher):
        if maps.shape[2] % height or maps.shape[3] % width:
            problem = f"a stage of {_size(student)} meets one of {_size(teacher)}: neither divides the other"
            raise UserError("spec.toml", "run.objective", problem, _REMEDY)
    return _averaged(student, height, width), _averaged(teacher, height, width)


def groups(student: View, teacher: View) -> list[tuple[Tensor, Tensor]]:
    """The outputs of the student's and the teacher's groups, pair by pair and without the stem's, as `comparable`.

    Raises:
        UserError: one has more groups than the other, or a pair's sizes do not fit.
    """
    if len(student.stages) != len(teacher.stages):
        counts = f"{len(student.stages) - 1} groups and its teacher {len(teacher.stages) - 1}"
        problem = f"the student has {counts}, and they are compared one by one"
        raise UserError("spec.toml", "run.objective", problem, _REMEDY)
    return [comparable(*pair) for pair in zip(student.stages[1:], teacher.stages[1:], strict=True)]


def _averaged(maps: Tensor, height: int, width: int) -> Tensor:
    """[B, C, h, w] -> [B, C, height, width], each value the mean of a block."""
    if maps.shape[2:] == (height, width):
        return maps
    # Not adaptive_avg_pool2d: its backward pass is not deterministic on CUDA.
    rows, columns = maps.shape[2] // height, maps.shape[3] // width
    return maps.reshape(*maps.shape[:2], height, rows, width, columns).mean((3, 5))


def _size(maps: Tensor) -> str:
    return f"{maps.shape[2]}x{maps.shape[3]}"
