"""Smoothing of a curve, for the eye alone: figures are always told as measured."""

from __future__ import annotations

import math
from collections.abc import Sequence

Point = tuple[float, float]


def smoothed(points: Sequence[Point], weight: float) -> tuple[Point, ...]:
    """The debiased exponential moving average: of each point and all before it, the one before weighing `weight`.

    The average starts at 0 and is divided by 1 - weight^n, which takes that start out again: the first value is the
    first point's own, and early values do not lean to zero (Kingma and Ba 2015, arXiv 1412.6980, section 3;
    TensorBoard's smoothing slider is the same, 0.6 its default). No point uses a later one, so that what was drawn
    stays as it was while a run goes on; the price is that a smoothed curve turns late, by about weight / (1 - weight)
    points. A value that is not finite stays what it is and is passed over. 0 <= weight < 1.
    """
    if not 0 < weight < 1:
        return tuple(points)
    average, share = 0.0, 1.0
    rest = 1.0 - weight
    result: list[Point] = []
    for x, y in points:
        if math.isfinite(y):
            average = average * weight + y * rest
            share *= weight
            result.append((x, average / (1.0 - share)))
        else:
            result.append((x, y))
    return tuple(result)
