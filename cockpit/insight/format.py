"""Numbers as people read them, the same on every screen and in every table."""

from __future__ import annotations

import math
from collections.abc import Iterator

#: More digits than these nobody reads.
_MOST_DIGITS = 6


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


def within(text: str, room: int) -> str:
    """A figure's text in so many characters: with fewer digits or an exponent where it is longer, never cut.

    What stands behind it, as ` ±0.12` or `@40`, stays; where even few digits of a deviation do not fit, `±…` says
    that there is one.
    """
    if len(text) <= room:
        return text
    figure, mark, rest = text.partition(" ±")
    if mark:
        return next(_with_deviation(figure, rest, room), "") or f"{within(figure, room - 3)} ±…"
    figure, mark, rest = text.partition("@")
    shorter = (f"{told}{mark}{rest}" for digits in range(_MOST_DIGITS, 0, -1) if (told := _to_digits(figure, digits)))
    return next((told for told in shorter if len(told) <= room), "…")


def _with_deviation(figure: str, deviation: str, room: int) -> Iterator[str]:
    """Those texts that fit, the most telling first: the figure keeps more digits than what it varies by."""
    for digits in range(_MOST_DIGITS, 1, -1):
        for few in (_MOST_DIGITS, 2, 1):
            told = f"{_to_digits(figure, digits)} ±{_to_digits(deviation, few)}"
            if len(told) <= room:
                yield told


def _to_digits(text: str, digits: int) -> str:
    """A number's text with at most so many significant digits, the shorter way to write it: 0.0001018 -> 1.02e-4."""
    value = float(text)
    if not value or not math.isfinite(value):
        return text
    sign = "+" if text.startswith("+") else ""
    number, _, power = f"{abs(value):.{digits - 1}e}".partition("e")
    plain = f"{abs(value):.{max(0, digits - 1 - int(power))}f}"
    minus = "-" if value < 0 else sign
    told = [f"{minus}{plain}", f"{minus}{number}e{int(power)}"]
    # An exponent is harder to read: it has to be worth more than a character.
    return min([*told, text] if len(text) <= len(told[0]) else told, key=lambda each: len(each) + ("e" in each))
