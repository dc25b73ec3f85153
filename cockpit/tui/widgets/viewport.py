"""The window of a chart onto its values: what of x and y is seen, and how it is zoomed and panned."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

#: The fewest epochs that are still a curve.
LEAST_EPOCHS = 4
#: How far y can be zoomed in, as a share of everything there is to see.
LEAST_SHARE = 1e-4


@dataclass(frozen=True, slots=True)
class Viewport:
    """What is seen: x from the first to the last epoch, y from bottom to top. `log`: y in equal factors.

    A viewport with `log` needs a bottom above 0.
    """

    first: int
    last: int
    bottom: float
    top: float
    log: bool = False

    def zoomed_x(self, factor: float, whole: Viewport, at: float | None = None) -> Viewport:
        """`factor` times as many epochs, with `at` (else the middle) where it was, inside the whole."""
        if at is None or not self.first <= at <= self.last:
            at = (self.first + self.last) / 2
        most = whole.last - whole.first
        span = min(most, max(min(LEAST_EPOCHS, most), round((self.last - self.first) * factor)))
        share = (at - self.first) / max(1, self.last - self.first)
        return self._from(round(at - share * span), span, whole)

    def panned_x(self, share: float, whole: Viewport) -> Viewport:
        """Moved by a share of its own width, one epoch at least, as far as the whole goes."""
        by = round((self.last - self.first) * share) or (1 if share > 0 else -1)
        return self._from(self.first + by, self.last - self.first, whole)

    def holding(self, epoch: int, whole: Viewport) -> Viewport:
        """Moved by as little as has this epoch in it."""
        by = min(0, epoch - self.first) + max(0, epoch - self.last)
        return self._from(self.first + by, self.last - self.first, whole)

    def _from(self, first: int, span: int, whole: Viewport) -> Viewport:
        first = max(whole.first, min(first, whole.last - span))
        return replace(self, first=first, last=first + span)

    def zoomed_y(self, factor: float, whole: Viewport, at: float | None = None) -> Viewport:
        """`factor` times the range of values, with `at` (else the middle) where it was; never more than the whole."""
        low, high = self._height()
        least, most = whole._inside(self.log)._height()
        held = self._place(at)
        held = (low + high) / 2 if held is None or not low <= held <= high else held
        span = min(most - least, max((most - least) * LEAST_SHARE, (high - low) * factor))
        share = (held - low) / (high - low) if high > low else 0.5
        return self._up_to(held - share * span, span, least, most)

    def panned_y(self, share: float, whole: Viewport) -> Viewport:
        """Moved up by a share of its own height, as far as the whole goes."""
        low, high = self._height()
        return self._up_to(low + (high - low) * share, high - low, *whole._inside(self.log)._height())

    def _up_to(self, low: float, span: float, least: float, most: float) -> Viewport:
        low = max(least, min(low, most - span))
        bottom, top = (math.exp(low), math.exp(low + span)) if self.log else (low, low + span)
        return replace(self, bottom=bottom, top=top)

    def _height(self) -> tuple[float, float]:
        return (math.log(self.bottom), math.log(self.top)) if self.log else (self.bottom, self.top)

    def _place(self, y: float | None) -> float | None:
        if y is None or not math.isfinite(y) or (self.log and y <= 0):
            return None
        return math.log(y) if self.log else y

    def _inside(self, log: bool) -> Viewport:
        return replace(self, log=log and self.bottom > 0)
