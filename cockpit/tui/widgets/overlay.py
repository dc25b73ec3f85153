"""What the charts of a comparison show: one measure of every contender over one axis of epochs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

from cockpit.insight.compare import MEASURES, Comparison, Contender, Crossing, Measure
from cockpit.insight.events import Event as Happening
from cockpit.insight.format import percent, points
from cockpit.tui.widgets import axis
from cockpit.tui.widgets.chart import Picture
from cockpit.tui.widgets.series import LINES, Band, Event, Kind, Mark, Series, pen
from cockpit.tui.widgets.viewport import Viewport

Curve = tuple[tuple[float, float], ...]

#: Up to so many contenders the lines of events are labelled, and their crossings marked; more would be a thicket.
MOST_LABELLED = 3
MOST_CROSSINGS = 8
#: What the mark of a crossing is, for the legend.
CROSSING = Series("crossing", (), "cursor", "×", "X", marked=False)
#: What is drawn as a line, and as which kind: what was done. What came of it stands in the table.
_LINES: dict[str, Kind] = {"phase": "phase", "rate": "lr", "resumed": "resume", "forked": "branch"}


def measures(comparison: Comparison) -> list[Measure]:
    """The measures that at least one contender has, of those worth a chart."""
    return [
        measure
        for measure in MEASURES.values()
        if any(one.mean(measure, epoch) is not None for one in comparison.contenders for epoch in one.epochs[-1:])
    ]


def curves(comparison: Comparison, measure: Measure) -> tuple[Curve, ...]:
    """Each contender's curve, in percent or points where those are what is written."""
    return tuple(_curve(one, measure) for one in comparison.contenders)


def _curve(one: Contender, measure: Measure) -> Curve:
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
    contenders = comparison.contenders
    bands = tuple(_band(one, measure, pen(i).style) for i, one in enumerate(contenders) if len(one.runs) > 1)
    series = tuple(_series(one.letter, drawn[i], i) for i, one in enumerate(contenders))
    view = viewport(comparison, measure, [*drawn, *(_bounds(band) for band in bands)])
    few = len(contenders) <= MOST_LABELLED
    events = _lines(comparison, happened, view, labelled=labelled and few)
    title = measure.title + (", means and what their seeds span" if bands else "")
    marks = _crosses(comparison, measure, crossed)
    told = (CROSSING,) if marks else ()
    return Picture(title, (*series, *told), view, events, marks, bands=bands)


def _series(name: str, curve: Curve, number: int) -> Series:
    style, glyph, ascii, stroke = pen(number)
    return Series(name, curve, style, glyph, ascii, stroke=stroke)


def _band(one: Contender, measure: Measure, style: str) -> Band:
    """From the lowest to the highest of the seeds at each epoch."""
    found = []
    for epoch in one.epochs:
        values = [value for record in one.by_epoch[epoch] if (value := getattr(record, measure.field)) is not None]
        if len(values) == len(one.runs):
            found.append((float(epoch), min(values) * scale(measure), max(values) * scale(measure)))
    return Band(tuple(found), f"{style} faint")


def _bounds(band: Band) -> Curve:
    return tuple((x, y) for x, *bounds in band.points for y in bounds)


def _lines(
    comparison: Comparison, happened: Sequence[dict[int, tuple[Happening, ...]]], view: Viewport, *, labelled: bool
) -> tuple[Event, ...]:
    """One vertical line an epoch, for what was done in it."""
    lines: dict[int, list[str]] = {}
    kinds: dict[int, Kind] = {}
    for one, by_epoch in zip(comparison.contenders, happened, strict=True):
        for epoch, found in by_epoch.items():
            shown = [event for event in found if event.kind in _LINES]
            names = [event.short for event in shown]
            if names and view.first <= epoch <= view.last:
                kinds.setdefault(epoch, _LINES[shown[0].kind])
                lines.setdefault(epoch, []).append(f"{one.letter} {','.join(dict.fromkeys(names))}")
    made = ((epoch, "; ".join(told) if labelled else "", kinds[epoch]) for epoch, told in sorted(lines.items()))
    return tuple(Event(epoch, label, LINES[kind][0]) for epoch, label, kind in made)


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
            marks.append(Mark(crossing.position, y * scale(measure), CROSSING.glyph, CROSSING.style))
    return tuple(marks)


def facets(comparison: Comparison, measure: Measure) -> list[Picture]:
    """Each contender's curve alone, with the baseline's behind it, all to one scale."""
    drawn = curves(comparison, measure)
    view = viewport(comparison, measure, drawn)
    base = comparison.baseline
    made = []
    for i, one in enumerate(comparison.contenders):
        # Dashes tell it from its neighbours; alone it has none, and its gaps would look like missing epochs.
        own = replace(_series(f"{one.letter} {one.label}", drawn[i], i), stroke="solid")
        behind = () if i == base else (Series(comparison.base.letter, drawn[base], "plan", faint=True),)
        bands = (_band(one, measure, own.style),) if len(one.runs) > 1 else ()
        made.append(
            Picture("", (*behind, own), view if any(drawn) else None, empty="nothing measured yet", bands=bands)
        )
    return made


def at(drawn: Picture, epoch: int | None) -> Picture:
    """The same with the crosshair there."""
    return replace(drawn, cursor=epoch)
