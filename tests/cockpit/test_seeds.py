"""`--seeds`: other seeds than the preset's."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from told import is_mistake

from cockpit.launch import begin
from cockpit.launch.prepare import folders, prepare
from cockpit.plan import plan, seeds_override
from cockpit.request import everything
from engine.contract.folder import Ended, publish


def finish(path: Path) -> None:
    publish(path / "attempts" / "1" / "ended.json", Ended(outcome="finished", exit_code=0, time=time.time()))


def test_seeds_take_the_place_of_the_presets_own_and_runs_that_exist_are_found_again(root, cockpit):
    before = prepare(plan("quickstart", ["run.epochs=1"]), root)
    for path in before:
        finish(path)
    more = plan("quickstart", ["run.epochs=1", seeds_override("4")])
    assert len(more.runs) == 8
    assert [path for path in folders(more, root) if path.exists()] == before
    told = cockpit("run", "quickstart", "--set", "run.epochs=1", "--seeds", "4", "--dry-run").out
    assert "8 runs" in told and "4 finished already" in told
    told = cockpit("run", "quickstart", "--seeds", "0,3,7", "--dry-run", "--json").out
    assert [run["spec"]["seed"] for run in json.loads(told)["runs"]] == [0, 3, 7] * 2


def test_seeds_of_a_preset_without_an_axis_of_them_keep_its_run(root, own):
    own("single")
    only = prepare(plan("single"), root)
    assert folders(plan("single", [seeds_override("2")]), root)[0] == only[0]
    assert [run.label for run in plan("single", [seeds_override("2")]).runs] == ["seed0", "seed1"]


def test_seeds_reach_the_queue(monkeypatch, root, cockpit):
    monkeypatch.setattr(begin, "ensure", lambda root: None)
    assert cockpit("run", "quickstart", "--detach", "--seeds", "3", "--set", "run.epochs=1").code == 0
    assert len(everything(root)) == 6


@pytest.mark.parametrize("command", ["run", "doctor"])
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--seeds", "x"], "--seeds x: not 1 to 1000 different seeds"),
        (["--seeds", "0"], "not 1 to 1000"),
        (["--seeds", "1,1"], "as in --seeds 0,3,7"),
        (["--seeds", "2", "--set", "run.seed=1"], "both say which seeds"),
        (["--seeds", "2", "--set", "grid.run.seed=[1]"], "both say which seeds"),
        (["--seeds=-1,2"], "run.seed"),
    ],
)
def test_seeds_that_are_none_or_said_twice_are_mistakes(cockpit, command, arguments, words):
    assert is_mistake(cockpit(command, "quickstart", *arguments), words)
