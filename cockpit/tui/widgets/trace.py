"""From points to dots: what a viewport sees of a curve, thinned to what a grid of dots can show."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from operator import itemgetter

from cockpit.tui.widgets.viewport import Viewport

Point = tuple[float, float]
#: A place on the grid of dots; None breaks the curve.
Dot = tuple[int, int] | None
_x, _y = itemgetter(0), itemgetter(1)
#: As far outside as anything is still placed, in heights of the viewport.
_FAR = 1e6
#: What rounding may add to a place.
_NEAR = 1e-6


def traced(points: Sequence[Point], view: Viewport, columns: int, rows: int) -> list[Dot]:
    """The dots of a curve on a grid of so many, from the upper left. The points are in the order of x.

    Where the curve goes on beyond the first or last epoch it ends at the grid's edge. What is not finite, or on a
    scale of factors not above 0, breaks it.
    """
    dots: list[Dot] = []
    across, up = placing_x(view, columns), placing_y(view, rows)
    places = [(across(x), up(y)) for x, y in thinned(points, view, columns)]
    for i, (x, y) in enumerate(places):
        if y is None:
            dots.append(None)
        elif -_NEAR <= x <= columns - 1 + _NEAR:
            dots.append((round(x), round(y)))
        elif (edge := _at_edge(places, i, columns)) is not None:
            dots.append(edge)
    return dots


def thinned(points: Sequence[Point], view: Viewport, columns: int) -> Sequence[Point]:
    """The points seen and one beyond each side; of many, each column's first, lowest, highest and last.

    Those four draw the same line as all of them (M4: Jugel, Jerzak, Hackenbroich and Markl, "M4: A
    Visualization-Oriented Time Series Data Aggregation", VLDB 2014). A column with points that are not finite
    keeps the extremes of the others, and is cut from its neighbours where it begins or ends with such a point.
    """
    start = max(0, bisect_left(points, view.first, key=_x) - 1)
    end = min(len(points), bisect_right(points, view.last, key=_x) + 1)
    if end - start <= 4 * columns:
        return points[start:end]
    width = (view.last - view.first) / max(1, columns - 1)
    kept: list[Point] = []
    at = start
    for column in range(columns):
        stop = bisect_right(points, view.first + (column + 0.5) * width, at, end, key=_x)
        if stop > at:
            kept += points[at:stop] if stop - at <= 4 else _extremes(points[at:stop], view.log)
        at = stop
    return [*kept, *points[at:end]]


def _extremes(points: Sequence[Point], log: bool) -> list[Point]:
    values = list(map(_y, points))
    # One sum in C tells whether all are finite; it may overflow, and then they are looked at one by one.
    if not math.isfinite(sum(values)) or (log and min(values) <= 0):
        held = [p for p in points if math.isfinite(p[1]) and (p[1] > 0 or not log)]
        if not held:
            return [points[0]]
        inner = [held[0], min(held, key=_y), max(held, key=_y), held[-1]]
        return [points[0]] * (points[0] is not held[0]) + inner + [points[-1]] * (points[-1] is not held[-1])
    middle = points[len(points) // 2][0]
    return [points[0], (middle, min(values)), (middle, max(values)), points[-1]]


def _at_edge(places: Sequence[tuple[float, float | None]], i: int, columns: int) -> Dot:
    """Where the line between a point outside the grid and its neighbour inside, or beyond, crosses the edge."""
    x, y = places[i]
    j = i + 1 if x < 0 else i - 1
    if not 0 <= j < len(places) or y is None:
        return None
    ox, oy = places[j]
    edge = 0 if x < 0 else columns - 1
    if oy is None or (ox - edge) * (x - edge) > 0:
        return None
    return edge, round(y + (oy - y) * (edge - x) / (ox - x))


def placing_x(view: Viewport, columns: int) -> Callable[[float], float]:
    """Epoch -> place among so many columns, not yet rounded."""
    first, scale = view.first, (columns - 1) / (view.last - view.first) if view.last > view.first else 0.0
    return lambda x: (x - first) * scale


def placing_y(view: Viewport, rows: int) -> Callable[[float], float | None]:
    """Value -> place among so many rows from the top, not yet rounded; None for what has no place."""
    floor = rows - 1
    if view.log:
        low = math.log(view.bottom)
        span = math.log(view.top) - low

        def by_factor(y: float) -> float | None:
            if not y > 0 or not math.isfinite(y) or span <= 0:
                return floor if y > 0 and math.isfinite(y) else None
            return floor - (math.log(y) - low) / span * floor

        return by_factor
    bottom, height = view.bottom, view.top - view.bottom

    def by_difference(y: float) -> float | None:
        if not math.isfinite(y):
            return None
        share = (y - bottom) / height if height > 0 else 0.0
        return floor - max(-_FAR, min(_FAR, share)) * floor

    return by_difference
