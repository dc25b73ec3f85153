"""Launching: folders are found again, engines outlive their launcher."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from cockpit.launch.local import start
from cockpit.launch.prepare import prepare
from cockpit.launch.slots import Slot
from cockpit.plan import plan
from cockpit.request import Request
from cockpit.status import status_of
from engine.contract.errors import UserError
from engine.contract.folder import Ended, attempts, claim, publish, read_spec
from engine.contract.spec import check_spec

MakeRuns = Callable[..., list[Path]]


def test_the_same_runs_are_found_again_whatever_their_labels_say(root: Path) -> None:
    first = prepare(plan("quickstart", ["run.epochs=2"]), root)
    again = prepare(plan("quickstart", ["grid.run.lr=[0.1]", "run.epochs=2"]), root)
    assert first == again
    assert prepare(plan("quickstart", ["run.epochs=3"]), root)[0] not in first


def test_what_does_not_change_results_is_brought_up_to_date(root: Path) -> None:
    run = prepare(plan("quickstart", ["run.epochs=2"]), root)[0]
    assert prepare(plan("quickstart", ["run.epochs=2", "run.threads=2"]), root)[0] == run
    assert read_spec(run)[0].threads == 2


def test_a_runs_folder_that_cannot_be_written_is_told_and_nothing_is_left(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("in the way")
    with pytest.raises(UserError, match="cannot be written"):
        prepare(plan("quickstart"), tmp_path / "runs")


def spec(**settings: object) -> object:
    return check_spec({"data": "digits", "model": "resnet8", "epochs": 1} | settings, "test")


def test_an_engine_leads_a_session_of_its_own_and_writes_to_its_log(make_runs: MakeRuns) -> None:
    run = make_runs("run.epochs=1", only="mixup0-seed0*")[0]
    engine = start(run, [], Slot(threads=1), Request(time=0.0, order=0.0))
    assert engine is not None
    assert os.getsid(engine.pid) == engine.pid
    assert status_of(run).word in ("starting", "running")
    assert engine.wait(60) == 0
    assert (attempts(run)[0] / "log.txt").exists()
    assert status_of(run).word == "finished"


def test_settings_of_a_finished_run_are_a_record_and_stay(root: Path) -> None:
    run = prepare(plan("quickstart", ["run.epochs=1"], only="mixup0-seed0"), root)[0]
    publish(claim(run, []) / "ended.json", Ended(outcome="finished", exit_code=0, time=0.0))
    prepare(plan("quickstart", ["run.epochs=1", "run.threads=7"], only="mixup0-seed0"), root)
    assert read_spec(run)[0].threads == 1
