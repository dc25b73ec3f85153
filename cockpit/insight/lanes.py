"""A schedule's phases as lanes: a line for each setting that changes, its value from boundary to boundary."""

from __future__ import annotations

from typing import Any

from engine.contract import schedule
from engine.contract.spec import Spec


def lanes(spec: Spec, width: int) -> dict[str, str]:
    """Setting -> its lane of `width` cells, which stand for the epochs: `0.2────── 0.15────── off`.

    A value that has less room than its name takes is cut; each change stands in the cell of its epoch.
    """
    changes = schedule.transitions(spec)
    names = list(dict.fromkeys(name for changed in changes.values() for name in changed))
    return {name.replace("_", " "): _lane(spec, name, changes, width) for name in names}


def _lane(spec: Spec, name: str, changes: dict[int, dict[str, tuple[Any, Any]]], width: int) -> str:
    starts = [1, *(epoch for epoch, changed in sorted(changes.items()) if name in changed)]
    cells = [min(width, (epoch - 1) * width // spec.epochs) for epoch in starts]
    line = ""
    for start, end, epoch in zip(cells, [*cells[1:], width], starts, strict=True):
        value = worded(name, getattr(schedule.at(spec, epoch), name))
        room = end - start - (end < width)  # a cell between two values
        line += f"{value[:room]:─<{max(0, room)}}" + " " * (end < width and end > start)
    return line


def worded(name: str, value: Any) -> str:
    """A setting's value as a lane says it: `off` where nothing is done."""
    if name in ("mixup", "cutmix", "label_smoothing", "dropout") and not value:
        return "off"
    return f"{value:g}" if isinstance(value, float) else str(value)
