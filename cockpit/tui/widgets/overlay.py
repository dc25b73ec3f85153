"""What the charts of a comparison show: one measure of every contender over one axis of epochs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from cockpit.insight.compare import MEASURES, Comparison, Contender, Crossing, Measure
from cockpit.insight.events import Event as Happening
from cockpit.insight.format import percent, points
from cockpit.tui.widgets import axis
from cockpit.tui.widgets.chart import Picture
from cockpit.tui.widgets.plot import Event, Mark, Series, Viewport

#: Up to so many contenders the lines of events are labelled, and their crossings marked; more would be a thicket.
MOST_LABELLED = 3
MOST_CROSSINGS = 8


class Pen(NamedTuple):
    """How one of several curves is drawn."""

    style: str
    glyph: str
    ascii: str


_STYLES = ("test", "trained", "clean", "good", "node", "warn")
_GLYPHS = "●◆▲■○◇△□★▼◉◈▽▣☆◎"
_ASCII = "*x^#o+@%&=$~acew"


def pen(number: int) -> Pen:
    """The pen of the curve of this number, from 0."""
    return Pen(_STYLES[number % len(_STYLES)], _GLYPHS[number % len(_GLYPHS)], _ASCII[number % len(_ASCII)])


def measures(comparison: Comparison) -> list[Measure]:
    """The measures that at least one contender has, of those worth a chart."""
    return [
        measure
        for measure in MEASURES.values()
        if any(one.mean(measure, epoch) is not None for one in comparison.contenders for epoch in one.epochs[-1:])
    ]


def curves(comparison: Comparison, measure: Measure) -> tuple[tuple[tuple[float, float], ...], ...]:
    """Each contender's curve, in percent or points where those are what is written."""
    return tuple(_curve(one, measure) for one in comparison.contenders)


def _curve(one: Contender, measure: Measure) -> tuple[tuple[float, float], ...]:
    """A missing epoch breaks the line, unless most are: then what was measured at times is joined."""
    factor, epochs = scale(measure), one.epochs
    dense = len(epochs) * 2 > epochs[-1] - epochs[0] if epochs else False
    found: list[tuple[float, float]] = []
    for epoch in epochs:
        value = one.mean(measure, epoch)
        if value is None:
            continue
        if dense and found and epoch > found[-1][0] + 1:
            found.append((epoch - 0.5, math.nan))
        found.append((float(epoch), value * factor))
    return tuple(found)


def scale(measure: Measure) -> float:
    """What a figure is multiplied by to be drawn."""
    return 100.0 if measure.write in (percent, points) else 1.0


def viewport(comparison: Comparison, measure: Measure, drawn: Iterable[Sequence[tuple[float, float]]]) -> Viewport:
    """All epochs, those still to come as well, and all values."""
    last = max((run.planned or run.epoch for one in comparison.contenders for run in one.runs), default=2)
    last = max(2, last, *(comparison.epochs or [2]))
    values = [y for curve in drawn for _, y in curve]
    if measure.write is percent:
        bottom, top = axis.span_of(values, least=2, floor=0, ceiling=100)
    elif measure.write is points:
        bottom, top = axis.span_of(values, least=2, floor=-100, ceiling=100)
    else:
        bottom, top = axis.span_of([0.0, *values], least=0.0, floor=0.0, ceiling=math.inf)
        top = top or 1.0
    return Viewport(1, last, bottom, top)


def picture(
    comparison: Comparison,
    measure: Measure,
    happened: Sequence[dict[int, tuple[Happening, ...]]],
    crossed: Sequence[Crossing],
    *,
    labelled: bool = True,
) -> Picture:
    """All contenders overlaid, without the crosshair."""
    drawn = curves(comparison, measure)
    if not any(drawn):
        return Picture(measure.title, empty="nothing measured yet")
    series = tuple(
        Series(one.letter, curve, *pen(i))
        for i, (one, curve) in enumerate(zip(comparison.contenders, drawn, strict=True))
    )
    view = viewport(comparison, measure, drawn)
    few = len(comparison.contenders) <= MOST_LABELLED
    events = _lines(comparison, happened, view, labelled=labelled and few)
    return Picture(measure.title, series, view, events, _crosses(comparison, measure, crossed))


def _lines(
    comparison: Comparison, happened: Sequence[dict[int, tuple[Happening, ...]]], view: Viewport, *, labelled: bool
) -> tuple[Event, ...]:
    """One vertical line an epoch, for what was done in it; what came of it stands in the table."""
    lines: dict[int, list[str]] = {}
    for one, by_epoch in zip(comparison.contenders, happened, strict=True):
        for epoch, found in by_epoch.items():
            names = [event.short for event in found if event.kind in ("phase", "rate", "resumed")]
            if names and view.first <= epoch <= view.last:
                lines.setdefault(epoch, []).append(f"{one.letter} {','.join(dict.fromkeys(names))}")
    return tuple(Event(epoch, "; ".join(told) if labelled else "") for epoch, told in sorted(lines.items()))


def _crosses(comparison: Comparison, measure: Measure, crossed: Sequence[Crossing]) -> tuple[Mark, ...]:
    if len(crossed) > MOST_CROSSINGS:
        return ()
    marks = []
    for crossing in crossed:
        above = comparison.contenders[crossing.above]
        before = [epoch for epoch in above.epochs if epoch <= crossing.position]
        low, high = (above.mean(measure, epoch) for epoch in (before[-1], crossing.epoch)) if before else (None, None)
        if low is not None and high is not None:
            span = crossing.epoch - before[-1]
            y = low + (high - low) * (crossing.position - before[-1]) / span if span else low
            marks.append(Mark(crossing.position, y * scale(measure), "×", "cursor"))
    return tuple(marks)


def facets(comparison: Comparison, measure: Measure) -> list[Picture]:
    """Each contender's curve alone, with the baseline's behind it, all to one scale."""
    drawn = curves(comparison, measure)
    view = viewport(comparison, measure, drawn)
    base = comparison.baseline
    made = []
    for i, one in enumerate(comparison.contenders):
        own = Series(f"{one.letter} {one.label}", drawn[i], *pen(i))
        behind = () if i == base else (Series(comparison.base.letter, drawn[base], "plan", pen(base).glyph, "."),)
        made.append(Picture("", (*behind, own), view if any(drawn) else None, empty="nothing measured yet"))
    return made


def at(drawn: Picture, epoch: int | None) -> Picture:
    """The same with the crosshair there."""
    return replace(drawn, cursor=epoch)
