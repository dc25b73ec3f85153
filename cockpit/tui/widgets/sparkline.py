"""A curve in one row of cells: where the run is on its way, and how its test accuracy came there."""

from __future__ import annotations

import math
from collections.abc import Sequence

_STEPS = "▁▂▃▄▅▆▇█"
#: A curve that moves less than this is drawn as one that does: its noise must not look like learning (a fraction).
LEAST_SPAN = 0.05


def sparkline(values: Sequence[float | None], planned: int, width: int) -> str:
    """`values` by epoch, from the first, in `width` cells of which the whole is `planned` epochs.

    Heights are between the run's own lowest and highest value. So a new epoch changes the cells that it ends in and
    no other, unless it is the lowest or highest so far. What is missing or not finite is blank.
    """
    known = [v for v in values if v is not None and math.isfinite(v)]
    if not known or not planned:
        return " " * width
    # One that hardly moves is drawn half way up: neither the worst there could be nor the best.
    middle, half = (max(known) + min(known)) / 2, max(max(known) - min(known), LEAST_SPAN) / 2
    bottom, top = middle - half, middle + half
    cells = []
    for cell in range(width):
        ends = min(math.ceil((cell + 1) * planned / width), len(values))
        begun = math.floor(cell * planned / width) < len(values)
        value = values[ends - 1] if begun and ends else None
        if value is None or not math.isfinite(value):
            cells.append(" ")
        else:
            cells.append(_STEPS[min(7, int((value - bottom) / (top - bottom) * 8))])
    return "".join(cells)
