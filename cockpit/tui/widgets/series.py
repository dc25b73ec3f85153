"""What a chart is made of: curves, bands, vertical lines, marks, and pens that tell many curves apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

#: A solid line; one with gaps; single dots; or, for a few points far apart, the series' glyph at each and no line.
Stroke = Literal["solid", "dashed", "dotted", "points"]


@dataclass(frozen=True, slots=True)
class Series:
    """One curve, its points in the order of x. `glyph` marks it on the chart and in the legend; one without it is
    not in the legend.

    One that is not `marked` is in the legend alone, after those that are; the `foremost` is the first there.
    A `faint` one lies below all others and gives its cells to them: the raw values behind their mean, a fork's
    parent before the branch. Where the points are only the extremes of stretches, `whole` makes all of them.
    """

    name: str
    points: tuple[tuple[float, float], ...]
    style: str
    glyph: str = ""
    ascii: str = "."
    marked: bool = True
    stroke: Stroke = "solid"
    faint: bool = False
    foremost: bool = False
    whole: Callable[[], tuple[tuple[float, float], ...]] | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Band:
    """A range at each x, such as what the seeds of one setting span: (x, lower, upper), below all curves.

    Where a bound is not finite the band has a gap. `name` and `glyph` are for the legend.
    """

    points: tuple[tuple[float, float, float], ...]
    style: str
    name: str = ""
    glyph: str = ""
    ascii: str = ":"


@dataclass(frozen=True, slots=True)
class Event:
    """A vertical line at an epoch, labelled where there is room. `head` is shown above it wherever labels are."""

    x: int
    label: str
    glyph: str = "┊"
    head: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """One cell on top of everything, such as the best epoch."""

    x: float
    y: float
    glyph: str
    style: str


Kind = Literal["phase", "lr", "restart", "branch", "best", "resume", "warning", "end"]
#: What each kind of line is drawn with, and the head above it.
LINES: Mapping[Kind, tuple[str, str]] = {
    "phase": ("┊", ""),
    "lr": ("┆", "↓"),
    "restart": ("┆", "↑"),
    "branch": ("║", "├"),
    "best": ("┇", "★"),
    "resume": ("╎", "↻"),
    "warning": ("╏", "▲"),
    "end": ("╏", "✗"),
}


def event(kind: Kind, x: int, label: str) -> Event:
    """A line of one of the kinds there are, each with its own glyphs."""
    glyph, head = LINES[kind]
    return Event(x, label, glyph, head)


class Pen(NamedTuple):
    """How one of several curves is drawn: no two of the first sixteen agree in glyph, and neighbours in nothing."""

    style: str
    glyph: str
    ascii: str
    stroke: Stroke


_STYLES = ("series1", "series2", "series3", "series4", "series5", "series6")
_GLYPHS = "●◆▲■○◇△□★▼◉◈▽▣☆◎"
_ASCII = "*x^#o+@%&=$~acew"
_STROKES: tuple[Stroke, ...] = ("solid", "dashed")


def pen(number: int) -> Pen:
    """The pen of the curve of this number, from 0: glyphs repeat after sixteen, colours after six.

    Every other curve is dashed, so that where only lines are seen two neighbours still differ.
    """
    return Pen(
        _STYLES[number % len(_STYLES)],
        _GLYPHS[number % len(_GLYPHS)],
        _ASCII[number % len(_ASCII)],
        _STROKES[number % 2],
    )
