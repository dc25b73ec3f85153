"""Ticks at numbers people use, and ranges that end on them."""

from __future__ import annotations

import math
from collections.abc import Iterable

_STEPS = (1, 2, 5, 10)
#: Outside these a power of ten is 0 or infinite; what a diverged run recorded must not take the screen along.
_SMALLEST, _LARGEST = 1e-290, 1e290


def step_for(span: float, most: int) -> float:
    """The smallest of 1, 2, 5 times a power of ten that divides a span into at most `most` parts."""
    if not _SMALLEST < span < _LARGEST or most < 1:
        return 1.0 if span <= 1 else _LARGEST
    rough = span / most
    power = 10.0 ** math.floor(math.log10(rough))
    return next(s * power for s in _STEPS if s * power >= rough * (1 - 1e-9))


def ticks(low: float, high: float, most: int) -> list[float]:
    """Multiples of a nice step from low to high."""
    step = step_for(high - low, most)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    if last - first > 10 * max(1, most):  # further apart than any step
        return [low, high]
    return [k * step for k in range(first, last + 1)]


def epoch_ticks(first: int, last: int, width: int) -> list[int]:
    """Whole epochs to label on `width` cells: the first, then multiples of a nice step that leaves room."""
    room = len(str(last)) + 3
    step = max(1, int(step_for(last - first, max(1, width // room))))
    while True:
        inner = [e for e in range(step, last + 1, step) if e > first]
        if not inner or (inner[0] - first) * width >= (len(str(first)) + 2) * (last - first):
            return [first, *inner]
        step = int(step_for(step + 1, 1))


def log_ticks(low: float, high: float, most: int) -> list[float]:
    """From low to high on a scale of factors: 1, 2, 5 times the powers of ten where there is room, else fewer powers.

    Where that leaves less than two, the range is short enough for even steps.
    """
    powers = range(math.floor(math.log10(low)) - 1, math.ceil(math.log10(high)) + 1)
    for kinds in ((1, 2, 5), (1,)):
        found = [k * 10.0**p for p in powers for k in kinds if low * (1 - 1e-9) <= k * 10.0**p <= high * (1 + 1e-9)]
        if 2 <= len(found) <= most:
            return found
    if len(found) < 2:
        return [tick for tick in ticks(low, high, most) if tick > 0]
    return found[:: -(-len(found) // max(1, most))]


def label(value: float, step: float) -> str:
    """A tick's number with no more digits than its step needs; 0.05 is written .05, a millionth 1e-6."""
    if value and not 1e-4 <= abs(value) < 1e6 and step > 0:
        text = f"{value:.{max(0, math.floor(math.log10(abs(value)) + 1e-9) - math.floor(math.log10(step) + 1e-9))}e}"
        number, _, power = text.partition("e")
        return f"{number}e{int(power)}"
    digits = max(0, -math.floor(math.log10(step) + 1e-9)) if step > 0 and value else 0
    text = f"{value + 0.0:.{digits}f}"
    return text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else text


def span_of(values: Iterable[float], *, least: float, floor: float, ceiling: float) -> tuple[float, float]:
    """A range around the finite values that ends on nice numbers, `least` wide or more, inside floor and ceiling."""
    held = [v for v in values if math.isfinite(v)]
    if not held:
        return floor, ceiling if math.isfinite(ceiling) else floor + least
    low, high = min(held), max(held)
    if high - low < least:
        low, high = (low + high - least) / 2, (low + high + least) / 2
    step = step_for(high - low, 5)
    low, high = math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step
    return max(low, floor), min(high, ceiling)
