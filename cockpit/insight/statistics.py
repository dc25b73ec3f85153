"""What can be concluded from a few figures: means over seeds, Student's t, and the noise of a test set.

Everything is computed here rather than by scipy, which takes a second to import; the tests hold it against scipy.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import NormalDist, fmean, stdev
from typing import Literal

from msgspec import Struct

#: The confidence that intervals are given at.
LEVEL = 0.95
_TINY = 1e-300
#: Steps of the continued fraction; it needs about as many as the root of the larger parameter.
_MOST_STEPS = 20_000


class Interval(Struct, frozen=True):
    """From low to high."""

    low: float
    high: float


class Contrast(Struct, frozen=True, kw_only=True):
    """The second mean less the first, over seeds.

    `interval` and `p` (two-sided, of no difference) are None where one seed leaves nothing to measure a spread by, or
    where there is no spread at all. `n` are the seeds of either side, of which a paired test counts those they share.
    """

    kind: Literal["paired", "Welch"]
    difference: float
    n: tuple[int, int]
    interval: Interval | None = None
    t: float | None = None
    df: float | None = None
    p: float | None = None


def contrast(first: Mapping[int, float], second: Mapping[int, float], level: float = LEVEL) -> Contrast | None:
    """Whether two settings differ, from a figure a seed each; None where either has none.

    Seeds that both have are paired when there are at least two and neither side would lose more than it keeps:
    runs of one seed share the order of their images, so that part of the noise may cancel. Else Welch's test
    (B. L. Welch, Biometrika 34, 1947), which does not take the two spreads for equal.
    """
    if not first or not second:
        return None
    shared = sorted(first.keys() & second.keys())
    if len(shared) >= 2 and 2 * len(shared) >= max(len(first), len(second)):
        return _paired([second[seed] - first[seed] for seed in shared], (len(first), len(second)), level)
    return _welch(list(first.values()), list(second.values()), level)


def _paired(differences: Sequence[float], n: tuple[int, int], level: float) -> Contrast:
    error = stdev(differences) / math.sqrt(len(differences))
    return _judged("paired", fmean(differences), error, len(differences) - 1, n, level)


def _welch(first: Sequence[float], second: Sequence[float], level: float) -> Contrast:
    n = len(first), len(second)
    difference = fmean(second) - fmean(first)
    if min(n) < 2:
        return Contrast(kind="Welch", difference=difference, n=n)
    parts = [stdev(values) ** 2 / len(values) for values in (first, second)]
    error = math.sqrt(sum(parts))
    if not error:
        return Contrast(kind="Welch", difference=difference, n=n)
    # Welch and Satterthwaite's degrees of freedom.
    df = sum(parts) ** 2 / sum(part**2 / (count - 1) for part, count in zip(parts, n, strict=True))
    return _judged("Welch", difference, error, df, n, level)


def _judged(
    kind: Literal["paired", "Welch"], difference: float, error: float, df: float, n: tuple[int, int], level: float
) -> Contrast:
    if not error:
        return Contrast(kind=kind, difference=difference, n=n)
    t, reach = difference / error, t_quantile(level, df) * error
    span = Interval(difference - reach, difference + reach)
    return Contrast(kind=kind, difference=difference, n=n, interval=span, t=t, df=df, p=t_two_sided(t, df))


def mean_interval(values: Sequence[float], level: float = LEVEL) -> Interval | None:
    """Where Student's t puts the mean behind a few values; None for fewer than two."""
    if len(values) < 2:
        return None
    mean, error = fmean(values), stdev(values) / math.sqrt(len(values))
    reach = t_quantile(level, len(values) - 1) * error
    return Interval(mean - reach, mean + reach)


def holm(p: Sequence[float]) -> list[float]:
    """p-values of several tests at once, so that all of them together are wrong as seldom as one alone.

    S. Holm, Scandinavian Journal of Statistics 6, 1979.
    """
    order = sorted(range(len(p)), key=lambda i: p[i])
    adjusted, least = [0.0] * len(p), 0.0
    for rank, i in enumerate(order):
        least = max(least, min(1.0, (len(p) - rank) * p[i]))
        adjusted[i] = least
    return adjusted


def standard_error(accuracy: float, images: int) -> float:
    """How far a test set of so many images lets an accuracy stray (binomial, one standard error), a fraction of 1.

    It holds for one network and other images of the same kind. Whether two networks differ on the same images is
    McNemar's question, which takes each image's answers; a metric stream does not hold them.
    """
    return math.sqrt(max(0.0, accuracy * (1 - accuracy)) / images)


def wilson(accuracy: float, images: int, level: float = LEVEL) -> Interval:
    """The interval of an accuracy measured once on so many images (E. B. Wilson, JASA 22, 1927)."""
    z = NormalDist().inv_cdf((1 + level) / 2)
    share = z * z / images
    middle = (accuracy + share / 2) / (1 + share)
    reach = z * math.sqrt(accuracy * (1 - accuracy) / images + share / (4 * images)) / (1 + share)
    return Interval(middle - reach, middle + reach)


def t_two_sided(t: float, df: float) -> float:
    """The chance of a t at least so far from zero, either way (DLMF 8.17 with x = df / (df + t^2))."""
    if not math.isfinite(t):
        return 0.0 if math.isinf(t) else math.nan
    return _beta(df / 2, 0.5, df / (df + t * t), t * t / (df + t * t))


def t_quantile(level: float, df: float) -> float:
    """How far from zero t stays with this probability."""
    low, high = 0.0, 1.0
    while t_two_sided(high, df) > 1 - level:
        low, high = high, high * 2
    # Halving to the last bit of a double: sixty steps of a function that costs microseconds.
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if t_two_sided(middle, df) > 1 - level else (low, middle)
    return (low + high) / 2


def _beta(a: float, b: float, x: float, y: float) -> float:
    """The regularised incomplete beta function I_x(a, b); `y` is 1 - x, given apart for what x alone would lose.

    The continued fraction of DLMF 8.17.22, which converges fast below (a + 1) / (a + b + 2); above it the symmetry
    8.17.4 is used.
    """
    if x <= 0 or y <= 0:
        return 0.0 if x <= 0 else 1.0
    if x > (a + 1) / (a + b + 2):
        return 1.0 - _beta(b, a, y, x)
    scale = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log(y)
    return math.exp(scale) * _fraction(a, b, x) / a


def _fraction(a: float, b: float, x: float) -> float:
    """1 / (1 + d1 / (1 + d2 / ...)) by Lentz's method as modified by Thompson and Barnett (Numerical Recipes 5.2)."""
    value, c, d = 1.0, 1.0, 0.0
    for step in range(_MOST_STEPS):
        m = step // 2
        if step == 0:
            term = 1.0
        elif step % 2 == 0:
            term = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        else:
            term = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        d = 1 / _away(1.0 + term * d)
        c = _away(1.0 + term / c)
        value *= c * d
        if step and abs(c * d - 1) < 1e-15:
            break
    # Lentz began with 1 + 1/(...); what is wanted is that last part alone.
    return value - 1.0


def _away(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
