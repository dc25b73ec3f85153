"""Numbers as people read them, the same on every screen and in every table."""

from __future__ import annotations

import math


def percent(fraction: float | None) -> str:
    """0.9722 -> `97.22`; `-` where there is none, and the word where it is not finite."""
    return "-" if fraction is None else f"{fraction * 100:.2f}" if math.isfinite(fraction) else str(fraction)


def points(fraction: float | None) -> str:
    """A difference of two accuracies in percentage points, with its sign: 0.2487 -> `+24.87`."""
    if fraction is None or not math.isfinite(fraction):
        return "-" if fraction is None else str(fraction)
    # Adding zero turns the negative zero that rounding may leave into a plain one.
    return f"{round(fraction * 100, 2) + 0.0:+.2f}"


def duration(seconds: float | None) -> str:
    """580 -> `9:40`, 4320 -> `1 h 12`, 100000 -> `1 d 4 h`; `-` where there is none."""
    if seconds is None or not math.isfinite(seconds):
        return "-"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes}:{rest:02d}"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d}" if hours < 24 else f"{hours // 24} d {hours % 24} h"


def number(value: float | None) -> str:
    """A loss or a learning rate, to four significant digits; `-` where there is none."""
    return "-" if value is None else f"{value:.4g}"


def rate(per_second: float | None) -> str:
    """Images a second: 850 -> `850`, 14000 -> `14.0k`; `-` where there is none."""
    if per_second is None or not math.isfinite(per_second):
        return "-"
    return f"{per_second:.0f}" if per_second < 1000 else f"{per_second / 1000:.1f}k"


def counted(number: int, noun: str) -> str:
    """1 -> `1 run`, 4 -> `4 runs`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def memory(size: float) -> str:
    """Bytes: 2.5 * 2**30 -> `2.5 GiB`, 3 * 2**20 -> `3 MiB`."""
    return f"{size / 2**30:.1f} GiB" if size >= 2**30 else f"{size / 2**20:.0f} MiB"
