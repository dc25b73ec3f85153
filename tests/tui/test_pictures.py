"""What a session's charts are made of: its curves, its lines, what was published, what a fork has of its parent."""

from __future__ import annotations

import math

import msgspec
import pytest
from fabricated import make, planned, record

from cockpit.insight.events import events
from cockpit.insight.fork import Branch
from cockpit.plan import plan
from cockpit.runs import RunsFolder
from cockpit.snapshot import Snapshot
from cockpit.status import Status
from cockpit.tui.widgets import pictures
from engine.contract.reference import Figures

RUN = planned()


@pytest.fixture
def seen(root):
    """A run as the app sees it."""

    def look(*epochs, **fields):
        make(root, epochs or [record(RUN, e) for e in range(1, 11)])
        (run,) = RunsFolder(root).poll()
        return msgspec.structs.replace(run, **fields)

    return look


def curve(picture, name):
    return next(series for series in picture.series if series.name == name)


def test_every_chart_of_a_run_has_the_same_epochs_and_lines(seen):
    run = seen()
    drawn = [draw(run, events(run), None) for draw in pictures.CHARTS.values()]
    assert {(d.viewport.first, d.viewport.last, d.gutter) for d in drawn} == {(1, 40, pictures.GUTTER)}
    assert len({d.events for d in drawn}) == 1 and drawn[0].events


def test_what_happens_in_one_epoch_is_one_line_of_the_gravest_kind(seen):
    run = seen(*[record(RUN, e) for e in range(1, 22)], resumes=(21,))
    lines = {line.x: line for line in pictures.accuracy(run, events(run)).events}
    assert lines[21].glyph == "╎" and lines[21].label.startswith("resumed") and "aug" in lines[21].label


def test_a_missing_epoch_and_a_figure_that_is_none_break_the_curve(seen):
    run = seen(record(RUN, 1), record(RUN, 2), record(RUN, 5), record(RUN, 6, test_acc=math.nan))
    points = curve(pictures.accuracy(run, ()), "test").points
    assert [x for x, _ in points] == [1, 2, 4.5, 5, 6]
    assert math.isnan(points[2][1]) and math.isnan(points[4][1])


def test_published_figures_are_points_at_their_epochs(seen):
    run = seen()

    def published(**figures):
        told = msgspec.structs.replace(run, file=msgspec.structs.replace(run.file, reference=Figures(**figures)))
        return [(x, round(y, 6)) for x, y in curve(pictures.accuracy(told, ()), "published").points]

    assert published(curve=((5, 0.3), (40, 0.6)), test_acc=0.6) == [(5, 30), (40, 60)]
    assert published(best_test_acc=0.7, best_epoch=35, test_acc=0.65) == [(35, 70), (40, 65)]
    assert published(best_test_acc=0.7) == [(40, 70)]
    assert published(expected=(0.86, 0.89)) == [(40, 86), (40, 89)]


def test_validation_is_drawn_where_a_split_is_held_out(seen):
    assert curve(pictures.accuracy(seen(record(RUN, 1, val_acc=0.5)), ()), "validation").points == ((1.0, 50.0),)
    with pytest.raises(StopIteration):
        curve(pictures.accuracy(seen(record(RUN, 1)), ()), "validation")


def test_the_gap_is_in_points_over_its_levels(seen):
    drawn = pictures.gaps(seen(), ())
    assert curve(drawn, "clean").points[-1][1] == pytest.approx(5.0)
    levels = [series.points[0][1] for series in drawn.series if series.name == "levels"]
    assert len(levels) == 3 and levels == sorted(levels)


def test_what_was_mixed_is_said_of_what_was_counted_under_it(seen):
    run = seen()
    assert curve(pictures.accuracy(run, ()), "as trained")
    mixed = msgspec.structs.replace(run, spec=msgspec.structs.replace(run.spec, mixup=0.2, cutmix=1.0))
    for draw in (pictures.accuracy, pictures.loss, pictures.gaps):
        assert curve(draw(mixed, ()), "as trained (mixup and cutmix)")


def test_a_fork_has_its_parents_part_as_faint_dots_and_joins_its_own_to_it(seen):
    run = seen()
    beyond = tuple(record(RUN, e, test_acc=0.1) for e in range(4, 9))
    drawn = pictures.accuracy(run, (), Branch(4, "older-abc123", beyond))
    origin = [s for s in drawn.series if s.name == "parent"]
    assert origin and all(s.faint and s.stroke == "dotted" and s.points[-1][0] == 4 for s in origin)
    assert curve(drawn, "test").points[0][0] == 4 and not curve(drawn, "test").faint
    theirs = curve(drawn, "older (parent)")
    assert (
        theirs.faint and theirs.stroke == "dotted" and theirs.points == tuple((float(e), 10.0) for e in range(4, 9))
    )


def test_the_learning_rate_is_never_smoothed_and_marks_the_newest(seen):
    drawn = pictures.learning_rate(seen(), ())
    assert not drawn.measured and [mark.x for mark in drawn.marks] == [10]


def test_nothing_measured_says_so(seen):
    run = seen(record(RUN, 1, test_loss=None, train_loss=None))
    assert pictures.loss(run, ()).empty and pictures.loss(run, ()).viewport is None


@pytest.mark.parametrize(
    ("epoch", "reach"), [(1, 10), (9, 10), (10, 20), (19, 20), (20, 40), (79, 80), (80, None), (150, None)]
)
def test_a_young_run_is_drawn_up_to_a_reach_that_doubles(epoch: int, reach: int | None, root) -> None:
    [planned] = plan("quickstart", ["run.epochs=150", "run.phases=[]"], only="mixup0-seed0*").runs
    epochs = tuple(record(planned, e) for e in range(1, epoch + 1))
    run = Snapshot(group="g", name="n", path=root, status=Status("running"), spec=planned.spec, epochs=epochs)
    assert {draw(run, events(run)).reach for draw in pictures.CHARTS.values()} == {reach}


def test_a_run_of_thousands_of_epochs_is_drawn_by_its_extremes_and_smoothed_whole(root):
    run = plan("quickstart", ["run.epochs=9000"]).runs[0]
    make(root, [record(run, epoch) for epoch in range(1, 9001)], run=run)
    [snapshot] = RunsFolder(root).poll()
    test = next(one for one in pictures.accuracy(snapshot, ()).series if one.name == "test")
    assert len(test.points) <= pictures.MOST_POINTS and test.whole is not None
    assert [x for x, _ in test.whole()] == list(range(1, 9001))
