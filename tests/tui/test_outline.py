"""A session whose long stream is not read whole yet: the outline of its curves, said to be one."""

from __future__ import annotations

import math

from fabricated import record
from msgspec.structs import replace

from cockpit.epochs import Epochs
from cockpit.insight.events import events
from cockpit.plan import plan
from cockpit.snapshot import Snapshot
from cockpit.status import Status
from cockpit.tui.look import Look
from cockpit.tui.widgets.pictures import accuracy
from cockpit.tui.widgets.reading import header


def outlined(root, *, sampled=True):
    [run] = plan("quickstart", ["run.epochs=1000", "run.phases=[]"], only="mixup0-seed0*").runs
    epochs = [record(run, number) for number in (1, 2, 400, 401, 999, 1000)]
    return Snapshot(
        group="long",
        name="mixup0-seed0-abcdef",
        path=root,
        status=Status("running"),
        spec=run.spec,
        epochs=Epochs(epochs, sampled=sampled),
        read=0.12,
    )


def test_the_header_says_that_it_is_one_and_how_much_was_read(root):
    def told(run):
        return "".join(text for text, _ in header(run, Look(), None, 120))

    run = outlined(root)
    assert "epoch 1000/1000" in told(run) and "an outline: 12% read" in told(run)
    assert "outline" not in told(replace(run, read=1.0))


def test_its_curves_are_not_broken_where_epochs_were_left_out(root):
    def breaks(run):
        [test] = [s for s in accuracy(run, events(run)).series if s.name == "test"]
        return sum(math.isnan(y) for _, y in test.points)

    assert breaks(outlined(root)) == 0
    assert breaks(outlined(root, sampled=False)) == 2  # epochs that are missing break it
