"""`cockpit ls`: a line a run, and below why some are not as they should be."""

from __future__ import annotations

import io
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
from rich.console import Console
from some_runs import run

from cockpit.listing import as_table, reasons
from cockpit.snapshot import Snapshot
from engine.contract.stream import Warned


def table(*runs: Snapshot) -> list[str]:
    console = Console(width=120, file=io.StringIO())
    console.print(as_table(runs))
    return console.file.getvalue().splitlines()


LOST = (Warned(kind="not finite", message="train loss is nan since epoch 1: the training has diverged", epoch=1),)


def test_a_finished_run_of_which_nothing_came_is_marked_and_explained():
    lost = run("lost", 0.1, state="finished", warnings=LOST)
    odd = run("odd", 0.9, state="finished", warned="it ended under its best")
    assert "✓ finished ▲1" in table(lost)[1]
    told = [str(line) for line in reasons([lost, odd])]
    assert told == ["g/lost-abcdef: finished: train loss is nan since epoch 1: the training has diverged"]


def test_a_run_that_cannot_be_read_is_broken_and_nothing_else():
    row = table(run("bad", 0.5, state="finished", problem="g/bad-abcdef/spec.toml: unknown key"))[1]
    assert "✗ broken" in row and "finished" not in row


def test_the_gap_and_the_clean_gap_have_a_column_each():
    heading, row = table(run("a", 0.7))
    assert heading.split() == ["run", "state", "epoch", "test", "best", "gap", "clean", "gap"]
    assert row.split()[-2:] == ["+10.00", "+20.00"]
