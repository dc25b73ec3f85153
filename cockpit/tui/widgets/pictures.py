"""What the charts show: a run's accuracies, losses, gaps and learning rate, the schedule of what is only planned.

`happened` is what insight.events tells of the run: the vertical lines. Of a fork, `branch` is where it left its
parent: the curves up to there are faint dots, for they are the parent's, whose own way on is faint dots as well.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import groupby

from cockpit.epochs import column, is_sampled, thinned
from cockpit.insight import wording
from cockpit.insight.events import Event as Happening
from cockpit.insight.events import Kind as HappeningKind
from cockpit.insight.fork import Branch
from cockpit.snapshot import Snapshot
from cockpit.status import DEPENDENT, ENDED
from cockpit.tui.widgets import axis
from cockpit.tui.widgets.columns import unhashed
from cockpit.tui.widgets.picture import Picture
from cockpit.tui.widgets.series import Event, Kind, Mark, Series, event
from cockpit.tui.widgets.viewport import Viewport
from engine.contract import schedule
from engine.contract.folder import Gap
from engine.contract.reference import Figures
from engine.contract.spec import Spec
from engine.contract.stream import Epoch

#: So many schedules are drawn at most; more curves would tell nothing.
MOST_SCHEDULES = 4
#: Of a run of more epochs a curve has the lowest and highest value of each stretch.
MOST_POINTS = 4000
#: A young run is drawn up to this epoch, or twice that, or four times, until that is most of what is planned.
LEAST_REACH, REACHING = 10, 0.75
#: The width of all y labels, so that one epoch stands in one column of every chart.
GUTTER = 6
Points = tuple[tuple[float, float], ...]


def accuracy(run: Snapshot, happened: Sequence[Happening], branch: Branch | None = None) -> Picture:
    """Train accuracy as trained and clean, validation and test accuracy, in percent, with what was published."""
    if not run.epochs:
        return Picture("accuracy %", empty=_waiting(run))
    nodes = tuple(
        _line("each network", records, "test_acc", "node", "·", ".", marked=False) for records in run.nodes.values()
    )
    taught = run.started.teacher_test_acc if run.started else None
    level = ((1.0, taught * 100), (float(_last(run)), taught * 100)) if taught is not None else ()
    series = (
        Series("teacher", level, "plan", "╌", "-", marked=False, stroke="dashed", faint=True),
        *nodes,
        _line(_as_trained(run), run.epochs, "train_acc", "trained", "○", "o"),
        _line("clean train", run.epochs, "train_acc_clean", "clean", "◆", "x"),
        _line("validation", run.epochs, "val_acc", "series4", "△", "v"),
        _line("test", run.epochs, "test_acc", "test", "●", "*", foremost=True),
        Series(
            f"{unhashed(branch.parent)} (parent)" if branch else "",
            _curve(branch.beyond if branch else (), "test_acc"),
            "test faint",
            "·",
            ".",
            marked=False,
            stroke="dotted",
            faint=True,
        ),
        Series("published", _published(run), "plan", "×", "%", marked=False, stroke="points"),
    )
    best = run.best
    marks = (Mark(best.epoch, (best.test_acc or 0.0) * 100, "★", "good"),) if best else ()
    return _picture(run, "accuracy %", series, happened, branch, (2.0, 0.0, 100.0), marks)


def loss(run: Snapshot, happened: Sequence[Happening], branch: Branch | None = None) -> Picture:
    """The losses, in nats: as trained, with whatever is mixed and smoothed into it, and on the other sets."""
    if not run.epochs:
        return Picture("loss", empty=_waiting(run))
    series = (
        _line(_as_trained(run), run.epochs, "train_loss", "trained", "○", "o", factor=1.0),
        _line("validation", run.epochs, "val_loss", "series4", "△", "v", factor=1.0),
        _line("test", run.epochs, "test_loss", "test", "●", "*", foremost=True, factor=1.0),
    )
    return _picture(run, "loss", series, happened, branch, (1e-9, 0.0, math.inf))


def gaps(run: Snapshot, happened: Sequence[Happening], branch: Branch | None = None) -> Picture:
    """Train less test accuracy in points, clean and as trained, over the levels from which the run is warned of."""
    if not run.epochs:
        return Picture("gap, points", empty=_waiting(run))
    held = run.file.gap if run.file else Gap()
    ends = (1.0, float(_last(run)))
    levels = tuple(
        Series("levels", tuple((x, value * 100) for x in ends), "plan", "╌", "-", False, "dotted", True)
        for value in (held.watch, held.warn, held.critical)
    )
    series = (
        _line(_as_trained(run), run.epochs, "gap", "trained", "○", "o"),
        _line("clean", run.epochs, "gap_clean", "clean", "◆", "x"),
    )
    picture = _picture(run, "gap, points", series, happened, branch, (5.0, -100.0, 100.0))
    return replace(picture, series=(*levels, *picture.series)) if picture.viewport else picture


def learning_rate(run: Snapshot, happened: Sequence[Happening], branch: Branch | None = None) -> Picture:
    """The whole schedule, faint, and what was trained with so far on top of it."""
    # Up to a fork the parent's schedule held, which the fork's own settings need not tell.
    plan = _schedule(run.spec)[run.parent.epoch if run.parent else 0 :] if run.spec else ()
    measured = _curve(run.epochs, "lr", 1.0)
    if not plan and not measured:
        return Picture("learning rate", empty="no schedule can be read")
    series = (Series("planned", plan, "plan", "", ".", faint=True), Series("", measured, "test", "", "*"))
    view = Viewport(1, _last(run), *_rates(*series))
    newest = tuple(Mark(epoch, rate, "●", "test") for epoch, rate in measured[-1:])
    lines, at = _events(happened), run.epoch or None
    return Picture(
        "learning rate", series, view, lines, newest, gutter=GUTTER, measured=False, newest=at, reach=_reach(run)
    )


#: Every chart of a session, by name, in their order down the screen.
CHARTS: Mapping[str, Callable[[Snapshot, Sequence[Happening], Branch | None], Picture]] = {
    "accuracy": accuracy,
    "loss": loss,
    "gaps": gaps,
    "lr": learning_rate,
}


def planned(specs: Sequence[Spec]) -> Picture:
    """The learning rates that a preset's runs are planned with, each different one once."""
    curves = list(dict.fromkeys(_schedule(spec) for spec in specs))[:MOST_SCHEDULES]
    last = max(spec.epochs for spec in specs)
    series = tuple(Series("", curve, "test", "", "*") for curve in curves)
    events = tuple(Event(epoch, "") for epoch in schedule.transitions(specs[0]))
    return Picture("learning rate", series, Viewport(1, max(2, last), *_rates(*series)), events, measured=False)


def _picture(
    run: Snapshot,
    title: str,
    series: tuple[Series, ...],
    happened: Sequence[Happening],
    branch: Branch | None,
    span: tuple[float, float, float],
    marks: tuple[Mark, ...] = (),
) -> Picture:
    """Of those that have points; `span` is the least range of values, and between what it stays."""
    if branch:
        series = tuple(part for one in series for part in _parted(one, branch.epoch))
    series = tuple(s for s in series if s.points)
    least, floor, ceiling = span
    values = [y for s in series for _, y in s.points if math.isfinite(y)]
    if not values:
        return Picture(title, empty="nothing that is a number was measured")
    bottom, top = axis.span_of(values, least=least, floor=floor, ceiling=ceiling)
    view = Viewport(1, _last(run), bottom, top if top > bottom else bottom + 1)
    lines = _events(happened)
    return Picture(title, series, view, lines, marks, gutter=GUTTER, newest=run.epoch, reach=_reach(run))


def _parted(one: Series, epoch: int) -> tuple[Series, ...]:
    """A fork's curve as its parent's part and its own."""
    if not one.marked or one.faint:
        return (one,)
    before = tuple(point for point in one.points if point[0] <= epoch)
    origin = replace(one, name="parent", points=before, glyph="", stroke="dotted", faint=True)
    return origin, replace(one, points=tuple(point for point in one.points if point[0] >= epoch))


def _as_trained(run: Snapshot) -> str:
    """The legend's word for what is measured while training, which says so where images and labels were mixed."""
    begun = [1, *(epoch for epoch in schedule.transitions(run.spec) if epoch <= run.epoch)] if run.spec else []
    how = dict.fromkeys(told for epoch in begun if run.spec and (told := wording.mixing(run.spec, epoch)))
    return f"as trained ({', '.join(how)})" if how else "as trained"


def _rates(*series: Series) -> tuple[float, float]:
    """From zero to a nice number at or above the highest rate."""
    high = max((y for s in series for _, y in s.points if math.isfinite(y)), default=0.0) or 1.0
    return axis.span_of((0.0, high), least=0.0, floor=0.0, ceiling=math.inf)


def _schedule(spec: Spec) -> Points:
    """Epoch -> the rate of its first step, as the epoch records say it."""
    step = -(-spec.epochs // MOST_POINTS)
    return tuple((float(e), schedule.lr(spec, e - 1)) for e in range(1, spec.epochs + 1, step))


def _line(
    name: str,
    records: Sequence[Epoch],
    field: str,
    style: str,
    glyph: str,
    ascii: str,
    *,
    factor: float = 100.0,
    marked: bool = True,
    foremost: bool = False,
) -> Series:
    """A field over the epochs as a curve; of a long run thinned, and whole for whoever smooths it."""
    is_thinned = len(records) > MOST_POINTS and not is_sampled(records)
    whole = partial(_curve, records, field, factor, most=len(records)) if is_thinned else None
    points = _curve(records, field, factor)
    return Series(name, points, style, glyph, ascii, marked, foremost=foremost, whole=whole)


def _curve(records: Sequence[Epoch], field: str, factor: float = 100.0, *, most: int = MOST_POINTS) -> Points:
    """A field over the epochs; an epoch that is missing breaks the line like one that is no number."""
    points: list[tuple[float, float]] = []
    step = -(-len(records) // most)
    if step > 1:
        pairs = thinned(records, field, 2 * step)
    else:
        pairs = zip(column(records, "epoch"), column(records, field), strict=True)
    apart = math.inf if is_sampled(records) else 1 if step == 1 else 4 * step
    for epoch, value in pairs:
        if value is None:
            continue
        if points and epoch > points[-1][0] + apart:
            points.append((epoch - 0.5, math.nan))
        points.append((float(epoch), value * factor))
    return tuple(points)


def _published(run: Snapshot) -> Points:
    """What was published of this very run: its curve, its best, its last, the range its source hoped for."""
    figures = run.file.reference if run.file else Figures()
    last = float(_last(run))
    found = [(float(epoch), value) for epoch, value in figures.curve]
    if figures.best_test_acc is not None:
        found.append((float(figures.best_epoch or last), figures.best_test_acc))
    if figures.test_acc is not None:
        found.append((last, figures.test_acc))
    if figures.test_acc is None and figures.expected:
        found += [(last, value) for value in figures.expected]
    return tuple(sorted((x, y * 100) for x, y in dict.fromkeys(found)))


#: Kinds of what happens, those that matter most first: one line can stand for several things of one epoch.
_KINDS: Mapping[HappeningKind, Kind] = {
    "ended": "end",
    "warning": "warning",
    "forked": "branch",
    "resumed": "resume",
    "phase": "phase",
    "rate": "lr",
    "best": "best",
}


def _events(happened: Sequence[Happening]) -> tuple[Event, ...]:
    """One line an epoch at which something happened or will; its label names everything."""
    lines: list[Event] = []
    for epoch, found in groupby(happened, lambda each: each.epoch):
        together = list(found)
        foremost = min((each.kind for each in together), key=list(_KINDS).index)
        # A star says already that it is the best.
        names = dict.fromkeys(each.short for each in together if {each.kind, foremost} != {"best"})
        kind = "restart" if foremost == "rate" and "restart" in names else _KINDS[foremost]
        lines.append(event(kind, epoch, ",".join(names)))
    return tuple(lines)


def _reach(run: Snapshot) -> int | None:
    """Up to where a run that is young is drawn: so far that its curves fill half of the chart, and move it seldom."""
    reach = LEAST_REACH
    while reach <= run.epoch:
        reach *= 2
    return reach if run.epoch and reach < REACHING * _last(run) else None


def _last(run: Snapshot) -> int:
    return max(2, run.planned, run.epoch)


def _waiting(run: Snapshot) -> str:
    if run.problem and run.spec is None and run.imported is None:
        return "its settings cannot be read"
    if run.problem:
        return run.problem.replace(f"{run.path}/", "").replace("\n ", " ")
    if run.stage:
        return f"before the first epoch: {run.stage}"
    if run.status.word in DEPENDENT:
        return f"{run.status.word} {unhashed(run.status.reason)}"
    if run.status.word in ENDED:
        return f"{run.status.word} without an epoch"
    queued = run.status.word == "queued"
    return "queued: nothing has been launched for it yet" if queued else "waiting for the first epoch"
