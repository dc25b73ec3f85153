"""Figures in so many cells: one that is too long for its cell is told with fewer digits, never cut off."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from cockpit.insight.format import duration, percent, rate


def percentage(fraction: float | None, room: int) -> str:
    """An accuracy in percent: 0.9722 -> `97.22`; `-` where there is none."""
    text = percent(fraction)
    if len(text) <= room or fraction is None:
        return text
    value = fraction * 100
    return _first((f"{value:.1f}", f"{value:.0f}", *_short(value)), room)


def tenths(fraction: float | None, room: int) -> str:
    """A gap in points, to a tenth: 0.2487 -> `+24.9`; `-` where there is none."""
    if fraction is None or not math.isfinite(fraction):
        return "-" if fraction is None else str(fraction)
    value = fraction * 100
    # Adding zero turns the negative zero that rounding may leave into a plain one.
    return _first((f"{round(value, 1) + 0.0:+.1f}", f"{value:+.0f}", *_short(value, "+")), room)


def small(value: float | None, room: int) -> str:
    """A learning rate: 0.0388 -> `.0388`, 0.00001 -> `1e-05`, 919300 -> `9e+05`; `-` where there is none."""
    if value is None or not math.isfinite(value):
        return "-" if value is None else str(value)
    if abs(value) >= 0.001 or not value:
        plain = f"{value:.4f}".removeprefix("0") if value < 1 else f"{value:.4g}"
        return _first((plain, *_short(value)), room)
    return _first((f"{value:.0e}", *_short(value)), room)


def pace(per_second: float | None, room: int) -> str:
    """Images a second: 14000 -> `14.0k`; `-` where there is none."""
    text = rate(per_second)
    if len(text) <= room or per_second is None:
        return text
    return _first((f"{per_second / 1e3:.0f}k", f"{per_second / 1e6:.0f}M", *_short(per_second)), room)


def span(seconds: float | None, room: int) -> str:
    """A time: 580 -> `9:40`, 43500 -> `12 h 05`, and `12 h` where there is less room; `-` where there is none."""
    text = duration(seconds)
    if len(text) <= room or seconds is None:
        return text
    days = [f"{each} d" for each in _short(seconds / 86400)]
    return _first((text, " ".join(text.split()[:2]), *days, ">1e9 d"), room)


def deviation(fraction: float, room: int) -> str:
    """A deviation in points, with its sign: 0.0123 -> `±1.23`, 0.0023 -> `±.23`."""
    value = fraction * 100
    exact = f"{value:.2f}".removeprefix("0") if fraction < 0.1 else f"{value:.1f}"
    return "±" + _first((exact, f"{value:.0f}", *_short(value)), room - 1)


def _short(value: float, sign: str = "") -> Iterator[str]:
    """Ever shorter ways to tell a number; the last are its bounds, for one that is beyond all that is shown here."""
    for digits in (4, 3, 2, 1):
        yield f"{value:{sign}.{digits}g}"
    yield re.sub(r"e([+-]?)0*", lambda e: "e" + e[1].strip("+"), f"{value:{sign}.0e}")
    huge, tiny = (">1e99", "<1e-9") if value > 0 else ("<-1e9", "-0")
    yield huge if abs(value) >= 1 else tiny


def _first(ways: tuple[str, ...], room: int) -> str:
    """The first that fits; where none does, that it is not shown."""
    return next((way for way in ways if len(way) <= room), "…")
