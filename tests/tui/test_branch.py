"""A fork's charts: its own whole curve, the line where it left its parent's, and that one's own later curve, faint."""

from __future__ import annotations

from pathlib import Path

import pytest
from fabricated import append, make, planned, record
from msgspec.structs import replace

from cockpit.insight.events import events
from cockpit.runs import RunsFolder
from cockpit.snapshot import Snapshot
from cockpit.tui.widgets.pictures import CHARTS
from engine.contract.folder import read_spec, write_spec
from engine.contract.spec import Fork, Inputs, identity, setting


@pytest.fixture
def runs(root) -> dict[Path, Snapshot]:
    """A parent of eight epochs, and its fork after five, which has come to seven."""
    parent = make(root, [record(planned(), e) for e in range(1, 9)], name=f"parent-{planned().identity[:6]}")
    child = make(
        root, [record(planned(), e, test_acc=0.5 + e / 100, lr=0.2) for e in range(1, 8)], name="child-abcdef"
    )
    spec, file = read_spec(parent)
    began = Fork(
        group="quickstart",
        name=parent.name,
        identity=identity(spec, file.inputs),
        setting=setting(spec, file.inputs),
        epoch=5,
    )
    write_spec(child, replace(spec, epochs=60), replace(file, inputs=Inputs(data=file.inputs.data, fork=began)))
    return {s.path: s for s in RunsFolder(root).poll()}


def both(runs: dict[Path, Snapshot]) -> tuple[Snapshot, Snapshot]:
    child = next(s for s in runs.values() if s.parent)
    return next(s for s in runs.values() if not s.parent), child


def test_the_line_of_the_fork_is_labelled_and_told_and_its_plan_begins_there(runs):
    parent, child = both(runs)
    happened = events(child)
    told = next(event for event in happened if event.kind == "forked")
    assert (told.epoch, told.short) == (5, "forked") and f"quickstart/{parent.name}" in told.text
    picture = CHARTS["lr"](child, happened, None)
    assert picture.events[0].x == 5 and picture.events[0].label.startswith("forked")
    plan = next(series for series in picture.series if series.name == "planned")
    assert [plan.points[0][0], plan.points[-1][0]] == [6.0, 60.0]


def theirs(seen) -> list[float]:
    """The epochs of the parent's own curve, as the accuracy chart has it."""
    drawn = seen.app.screen._pictures["accuracy"].series
    return [x for one in drawn if one.name.endswith("(parent)") for x, _ in one.points]


async def test_a_forks_session_shows_its_parents_way_on_as_long_as_that_is_there_and_as_it_grows(runs, open_app):
    parent, _ = both(runs)
    async with open_app((120, 36)) as seen:
        await seen.until(lambda _: len(seen.app.snapshots) == 2)
        seen.app.open_session(next(s for s in seen.app.snapshots if s.parent))
        await seen.until("├")
        assert theirs(seen) == [5.0, 6.0, 7.0, 8.0]
        append(parent.path, record(planned(), 9))
        await seen.until(lambda _: theirs(seen) == [5.0, 6.0, 7.0, 8.0, 9.0])
        parent.path.rename(parent.path.with_name(".removed"))
        await seen.until(lambda shown: not theirs(seen) and "├" in shown)
