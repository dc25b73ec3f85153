"""Launching: folders are found again, slots are counted, engines outlive their launcher, nothing runs twice."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from cockpit.launch.control import request_stop
from cockpit.launch.local import start
from cockpit.launch.prepare import prepare
from cockpit.launch.queue import Queue
from cockpit.launch.slots import Slot, slots, visible_gpus
from cockpit.plan import plan
from cockpit.snapshot import Snapshot
from cockpit.status import status_of
from engine.contract.errors import UserError
from engine.contract.folder import Started, attempts, claim, publish, read_spec
from engine.contract.process import allowed_cores, identify
from engine.contract.spec import check_spec

MakeRuns = Callable[..., list[Path]]


def drain(queue: Queue) -> list[Snapshot]:
    for _ in range(1200):
        snapshots = queue.tick()
        if queue.over:
            return snapshots
        time.sleep(0.1)
    raise AssertionError("the queue did not end")


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


def test_cpu_slots_follow_the_threads_a_run_asks_for() -> None:
    cores = allowed_cores()
    assert len(slots([spec(device="cpu", threads=1)])) == cores  # type: ignore[list-item]
    assert len(slots([spec(device="cpu", threads=0)])) == 1  # type: ignore[list-item]
    assert len(slots([spec(device="cpu", threads=cores * 4)])) == 1  # type: ignore[list-item]


def test_gpu_slots_are_those_that_cuda_may_see(monkeypatch: pytest.MonkeyPatch) -> None:
    """No GPU is needed: what is read is the variable that CUDA reads."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2, 5")
    assert [s.gpu for s in slots([spec(device="auto")])] == ["2", "5"]  # type: ignore[list-item]
    assert slots([spec(device="cpu", threads=0)])[0].gpu is None  # type: ignore[list-item]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1,-1,0")
    assert visible_gpus() == ["1"]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert visible_gpus() == []


@pytest.mark.slow
def test_a_queue_runs_what_is_missing_and_no_more_than_its_slots_at_once(make_runs: MakeRuns) -> None:
    runs = make_runs("run.epochs=1", only="*seed0*")
    queue, at_once = Queue(runs, [Slot(0)]), 0
    while True:
        snapshots = queue.tick()
        at_once = max(at_once, sum(s.status.word in ("starting", "running") for s in snapshots))
        if queue.over:
            break
        time.sleep(0.1)
    assert [s.status.word for s in snapshots] == ["finished", "finished"]
    assert at_once == 1
    drain(Queue(runs, [Slot(0)]))
    assert [len(attempts(run)) for run in runs] == [1, 1]


@pytest.mark.slow
def test_two_queues_on_one_group_run_everything_once(make_runs: MakeRuns) -> None:
    runs = make_runs("run.epochs=1", only="*seed0*")
    queues = [Queue(runs, [Slot(0)]), Queue(runs, [Slot(0)])]
    threads = [threading.Thread(target=drain, args=(queue,)) for queue in queues]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [status_of(run).word for run in runs] == ["finished"] * 2
    assert [len(attempts(run)) for run in runs] == [1] * 2


@pytest.mark.slow
def test_an_engine_leads_a_session_of_its_own_and_writes_to_its_log(make_runs: MakeRuns) -> None:
    run = make_runs("run.epochs=1", only="mixup0-seed0*")[0]
    engine = start(run, Slot(0))
    assert engine is not None
    assert os.getsid(engine.pid) == engine.pid
    assert status_of(run).word in ("starting", "running")
    assert engine.wait(60) == 0
    assert (attempts(run)[0] / "log.txt").exists()
    assert status_of(run).word == "finished"


@pytest.mark.slow
def test_an_interrupted_queue_lets_its_engines_save_and_starts_no_more(make_runs: MakeRuns) -> None:
    runs = make_runs("run.epochs=200", only="*seed0*")
    queue = Queue(runs, [Slot(0)])
    while not any(s.epoch for s in queue.tick()):
        time.sleep(0.1)
    queue.interrupt()
    assert [s.status.word for s in drain(queue)] == ["stopped", "queued"]


def test_a_run_that_cannot_be_started_is_a_failure_and_holds_up_no_other(make_runs: MakeRuns) -> None:
    runs = make_runs("run.epochs=1", only="mixup0-seed0*")
    (runs[0] / "attempts").write_text("in the way")
    snapshots = drain(Queue(runs, [Slot(0)]))
    assert snapshots[0].status.word == "failed"
    assert "could not be started" in snapshots[0].status.reason


def test_a_run_whose_folder_is_gone_is_a_failure(make_runs: MakeRuns) -> None:
    runs = make_runs("run.epochs=1", only="mixup0-seed0*")
    queue = Queue(runs, [])
    shutil.rmtree(runs[0])
    assert queue.tick()[0].status.reason == "its folder is gone"


def test_a_run_that_is_silent_on_another_host_is_not_waited_for(make_runs: MakeRuns) -> None:
    run = make_runs("run.epochs=1", only="mixup0-seed0*")[0]
    attempt = claim(run, [])
    me = identify(os.getpid())
    assert me is not None
    publish(attempt / "started.json", Started(process=replace(me, host="node17"), time=0.0))
    past = time.time() - 3600
    os.utime(attempt / "started.json", (past, past))
    assert [s.status.word for s in drain(Queue([run], [Slot(0)]))] == ["silent"]


@pytest.mark.slow
def test_a_stop_holds_even_with_two_queues_on_the_group(make_runs: MakeRuns) -> None:
    run = make_runs("run.epochs=500", only="mixup0-seed0*")[0]
    queues = [Queue([run], [Slot(0)]), Queue([run], [Slot(0)])]
    while not any(s.epoch for queue in queues for s in queue.tick()):
        time.sleep(0.1)
    request_stop(run)
    for queue in queues:
        assert [s.status.word for s in drain(queue)] == ["stopped"]
    assert len(attempts(run)) == 1


@pytest.mark.slow
def test_settings_of_a_finished_run_are_a_record_and_stay(root: Path) -> None:
    run = prepare(plan("quickstart", ["run.epochs=1"], only="mixup0-seed0"), root)[0]
    drain(Queue([run], [Slot(0)]))
    prepare(plan("quickstart", ["run.epochs=1", "run.threads=7"], only="mixup0-seed0"), root)
    assert read_spec(run)[0].threads == 1
