"""What the charts show: the accuracies and the learning rate of a run, the schedule of what is only planned."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from cockpit.snapshot import Snapshot
from cockpit.status import DEPENDENT
from cockpit.tui.widgets import axis
from cockpit.tui.widgets.chart import Picture
from cockpit.tui.widgets.columns import unhashed
from cockpit.tui.widgets.plot import Event, Mark, Series, Viewport
from engine.contract import schedule
from engine.contract.spec import Spec
from engine.contract.stream import Epoch

#: So many schedules are drawn at most; more curves would tell nothing.
MOST_SCHEDULES = 4


def accuracy(run: Snapshot, cursor: int | None) -> Picture:
    """Train accuracy as trained and clean, and test accuracy, in percent, with what happened on the way."""
    if not run.epochs:
        return Picture("accuracy %", empty=_waiting(run))
    nodes = tuple(
        Series("each network", _curve(records, "test_acc"), "node", "·", ".", marked=False)
        for records in run.nodes.values()
    )
    taught = run.started.teacher_test_acc if run.started else None
    level = ((1.0, taught * 100), (float(_last(run)), taught * 100)) if taught is not None else ()
    series = (
        Series("teacher", level, "plan", "╌", "-", marked=False),
        *nodes,
        Series("as trained", _curve(run.epochs, "train_acc"), "trained", "○", "o"),
        Series("clean train", _curve(run.epochs, "train_acc_clean"), "clean", "◆", "x"),
        Series("test", _curve(run.epochs, "test_acc"), "test", "●", "*"),
    )
    series = tuple(s for s in series if s.points)
    bottom, top = axis.span_of((y for s in series for _, y in s.points), least=2, floor=0, ceiling=100)
    best = run.best
    marks = (Mark(best.epoch, (best.test_acc or 0.0) * 100, "★", "good"),) if best else ()
    return Picture(
        "accuracy %", series, Viewport(1, _last(run), bottom, top), _events(run, labelled=True), marks, cursor
    )


def learning_rate(run: Snapshot, cursor: int | None) -> Picture:
    """The whole schedule, faint, and what was trained with so far on top of it."""
    plan = _schedule(run.spec) if run.spec else ()
    measured = tuple((float(e.epoch), e.lr) for e in run.epochs if e.lr is not None)
    if not plan and not measured:
        return Picture("learning rate", empty="no schedule can be read")
    series = (Series("planned", plan, "plan", "", "."), Series("", measured, "test", "", "*"))
    view = Viewport(1, _last(run), *_rates(*series))
    return Picture("learning rate", series, view, _events(run, labelled=False), (), cursor)


def planned(specs: Sequence[Spec]) -> Picture:
    """The learning rates that a preset's runs are planned with, each different one once."""
    curves = list(dict.fromkeys(_schedule(spec) for spec in specs))[:MOST_SCHEDULES]
    last = max(spec.epochs for spec in specs)
    series = tuple(Series("", curve, "test", "", "*") for curve in curves)
    events = tuple(Event(epoch, "") for epoch in schedule.transitions(specs[0]))
    return Picture("learning rate", series, Viewport(1, max(2, last), *_rates(*series)), events)


def _rates(*series: Series) -> tuple[float, float]:
    """From zero to a nice number at or above the highest rate."""
    high = max((y for s in series for _, y in s.points if math.isfinite(y)), default=0.0) or 1.0
    return axis.span_of((0.0, high), least=0.0, floor=0.0, ceiling=math.inf)


def _schedule(spec: Spec) -> tuple[tuple[float, float], ...]:
    """Epoch -> the rate of its first step, as the epoch records say it."""
    return tuple((float(e), schedule.lr(spec, e - 1)) for e in range(1, spec.epochs + 1))


def _curve(records: Sequence[Epoch], field: str) -> tuple[tuple[float, float], ...]:
    """A field in percent over the epochs; an epoch that is missing breaks the line like one that is no number."""
    points: list[tuple[float, float]] = []
    for record in records:
        value: Any = getattr(record, field)
        if value is None:
            continue
        if points and record.epoch > points[-1][0] + 1:
            points.append((record.epoch - 0.5, math.nan))
        points.append((float(record.epoch), value * 100))
    return tuple(points)


def _events(run: Snapshot, *, labelled: bool) -> tuple[Event, ...]:
    changes = schedule.transitions(run.spec) if run.spec else {}
    events = [Event(epoch, ", ".join(n.replace("_", " ") for n in names)) for epoch, names in changes.items()]
    events += [Event(epoch, "resumed", "╎") for epoch in run.resumes]
    return tuple(sorted((e if labelled else Event(e.x, "", e.glyph) for e in events), key=lambda e: e.x))


def _last(run: Snapshot) -> int:
    return max(2, run.planned, run.epoch)


def _waiting(run: Snapshot) -> str:
    if run.problem:
        return "its settings cannot be read"
    if run.stage:
        return f"before the first epoch: {run.stage}"
    if run.status.word in DEPENDENT:
        return f"{run.status.word} {unhashed(run.status.reason)}"
    words = {"queued": "queued: nothing has been launched for it yet", "finished": "finished without an epoch"}
    return words.get(run.status.word, "waiting for the first epoch")
