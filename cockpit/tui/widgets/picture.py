"""What a chart is to show, and the lens it is seen through: zoom, smoothing, scale. Pure, like the plot itself."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from operator import itemgetter

from cockpit.tui.widgets import axis
from cockpit.tui.widgets.series import Band, Event, Mark, Series
from cockpit.tui.widgets.smoothing import smoothed
from cockpit.tui.widgets.viewport import Viewport

#: The weights that one key goes through; TensorBoard begins at 0.6 too.
WEIGHTS = (0.0, 0.6, 0.9)


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything a chart shows but its size. Without a viewport there is nothing to draw yet.

    The viewport is the whole that zooming is a part of, around the cursor or else around `newest`. Of one with a
    `reach` no more than up to that epoch is seen unless one zooms out. One that is not `measured` is never smoothed.
    """

    title: str
    series: tuple[Series, ...] = ()
    viewport: Viewport | None = None
    events: tuple[Event, ...] = ()
    marks: tuple[Mark, ...] = ()
    cursor: int | None = None
    empty: str = ""
    bands: tuple[Band, ...] = ()
    gutter: int = 5
    measured: bool = True
    newest: int | None = None
    reach: int | None = None


@dataclass(frozen=True, slots=True)
class Lens:
    """What a person asked to see of a picture; None is all of it or what is within reach, also when that grows.

    `x` are the first and last epoch, `y` bottom and top. `weight` is that of the smoothing, 0 for none.
    """

    x: tuple[int, int] | None = None
    y: tuple[float, float] | None = None
    weight: float = 0.0
    log: bool = False

    def zoomed_x(self, picture: Picture, factor: float) -> Lens:
        """`factor` times as many epochs, around the cursor, or the newest."""
        whole, view = whole_of(picture, self), viewport_of(picture, self)
        at = picture.newest if picture.cursor is None else picture.cursor
        return self if not whole or not view else self._over(view.zoomed_x(factor, whole, at), picture)

    def panned_x(self, picture: Picture, share: float) -> Lens:
        """Moved by a share of what is seen."""
        whole, view = whole_of(picture, self), viewport_of(picture, self)
        return self if not whole or not view else self._over(view.panned_x(share, whole), picture)

    def holding(self, picture: Picture) -> Lens:
        """Moved so that the cursor is seen."""
        whole, view = whole_of(picture, self), viewport_of(picture, self)
        if self.x is None or not whole or not view or picture.cursor is None:
            return self
        return self._over(view.holding(picture.cursor, whole), picture)

    def _over(self, view: Viewport, picture: Picture) -> Lens:
        same = viewport_of(picture, replace(self, x=None))
        return replace(self, x=None if same and _x(same) == _x(view) else _x(view))

    def zoomed_y(self, picture: Picture, factor: float) -> Lens:
        """`factor` times the range of values, around the foremost curve's at the cursor, or where that is now."""
        whole, view = whole_of(picture, self), viewport_of(picture, self)
        if not whole or not view:
            return self
        zoomed = view.zoomed_y(factor, whole, _in_hand(picture))
        # Near enough: on a scale of factors what is zoomed in and out again comes back but for its last digit.
        near = 1e-9 * (whole.top - whole.bottom)
        full = zoomed.bottom <= whole.bottom + near and zoomed.top >= whole.top - near
        return replace(self, y=None if full else (zoomed.bottom, zoomed.top))

    def panned_y(self, picture: Picture, share: float) -> Lens:
        """Moved up by a share of what is seen; where that is all, there is nowhere to go."""
        whole, view = whole_of(picture, self), viewport_of(picture, self)
        if self.y is None or not whole or not view:
            return self
        panned = view.panned_y(share, whole)
        return replace(self, y=(panned.bottom, panned.top))

    def smoother(self) -> Lens:
        """The next weight, after the last none."""
        return replace(self, weight=WEIGHTS[(WEIGHTS.index(self.weight) + 1) % len(WEIGHTS)])

    def scaled(self) -> Lens:
        """The other scale of y, all of it."""
        return replace(self, log=not self.log, y=None)


def seen(picture: Picture, lens: Lens) -> Picture:
    """The picture as the lens shows it: its part, its scale, smoothed with what was measured faint behind."""
    view = viewport_of(picture, lens)
    if view is None:
        return picture
    smooth = lens.weight if picture.measured else 0.0
    title = picture.title + (f" · smoothed {smooth:g}" if smooth else "") + (" · log" if view.log else "")
    series = _smoothed(picture.series, smooth) if smooth else picture.series
    return replace(picture, title=title, viewport=view, series=series)


def _in_hand(picture: Picture) -> float | None:
    """The value that is looked at: the foremost curve's, or else the first's, at the cursor or the newest epoch."""
    at = picture.newest if picture.cursor is None else picture.cursor
    curves = [s for s in picture.series if s.points and not s.faint and s.stroke != "points"]
    for one in sorted(curves, key=lambda s: not s.foremost):
        place = bisect_right(one.points, at, key=itemgetter(0)) if at is not None else 0
        if place and math.isfinite(value := one.points[place - 1][1]):
            return value
    return None


def _smoothed(series: tuple[Series, ...], weight: float) -> tuple[Series, ...]:
    """Over the whole curve, never over the part that is seen alone. Points far apart are left as they are."""
    drawn: list[Series] = []
    behind: list[Series] = []
    for one in series:
        if one.faint or one.stroke == "points":
            drawn.append(one)
            continue
        if one.marked:
            behind.append(replace(one, name="", glyph="", faint=True, stroke="solid", style=f"{one.style} faint"))
        drawn.append(replace(one, points=_averaged(one, weight)))
    return (*behind, *drawn)


def _averaged(one: Series, weight: float) -> tuple[tuple[float, float], ...]:
    """A curve's moving average. Of one that is drawn by its extremes alone, of all it was made of."""
    if one.whole is None or not one.points:
        return smoothed(one.points, weight)
    first, last = one.points[0][0], one.points[-1][0]
    average = smoothed([point for point in one.whole() if first <= point[0] <= last], weight)
    step = max(1, len(average) // len(one.points))
    return tuple(p for i, p in enumerate(average) if i % step == 0 or not math.isfinite(p[1]) or p is average[-1])


def viewport_of(picture: Picture, lens: Lens) -> Viewport | None:
    """What is seen of a picture. Where y was not zoomed it fits what is seen of x."""
    whole = whole_of(picture, lens)
    if whole is None:
        return None
    view = whole
    if x := lens.x or _within_reach(picture, whole):
        view = replace(view, first=max(x[0], whole.first), last=min(x[1], whole.last))
        view = view if view.last > view.first else replace(view, first=whole.first, last=whole.last)
        view = _fitted(picture, view)
    if lens.y and (lens.y[0] > 0 or not view.log):
        view = replace(view, bottom=lens.y[0], top=lens.y[1])
    return view


def _within_reach(picture: Picture, whole: Viewport) -> tuple[int, int] | None:
    """The epochs up to its reach, where that is not all; all of them where the cursor stands beyond it."""
    reach, cursor = picture.reach or whole.last, picture.cursor or 0
    return (whole.first, reach) if cursor <= reach < whole.last else None


def whole_of(picture: Picture, lens: Lens) -> Viewport | None:
    """All there is to see of a picture, on the lens's scale. Without a value above 0 that scale is the even one."""
    if picture.viewport is None or not lens.log:
        return picture.viewport
    return _fitted(picture, replace(picture.viewport, log=True))


def _fitted(picture: Picture, view: Viewport) -> Viewport:
    """The viewport with y around the values it sees, inside the picture's own."""
    whole = picture.viewport
    assert whole
    values = [y for y in _values(picture, view) if math.isfinite(y) and (y > 0 or not view.log)]
    if not values:
        return replace(view, bottom=whole.bottom, top=whole.top, log=False)
    if view.log:
        low, high = min(values), max(values)
        # A tenth of a power of ten is air enough, and one value alone has some too.
        return replace(view, bottom=low / 10**0.1, top=high * 10**0.1)
    least = (whole.top - whole.bottom) / 50
    bottom, top = axis.span_of(values, least=least, floor=whole.bottom, ceiling=whole.top)
    return replace(view, bottom=bottom, top=top) if top > bottom else view


def _values(picture: Picture, view: Viewport) -> list[float]:
    found: list[float] = []
    every: list[Sequence[tuple[float, ...]]] = [
        *(one.points for one in picture.series),
        *(band.points for band in picture.bands),
    ]
    for points in every:
        start = bisect_left(points, view.first, key=itemgetter(0))
        part = points[start : bisect_right(points, view.last, start, key=itemgetter(0))]
        for place in range(1, len(part[0]) if part else 1):
            found += map(itemgetter(place), part)
    return found


def _x(view: Viewport) -> tuple[int, int]:
    return view.first, view.last
