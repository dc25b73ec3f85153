"""The queue: what is asked is done once, in its order, in its places, whatever is killed on the way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from cockpit import request
from cockpit.launch import control
from cockpit.launch.failpoint import VARIABLE
from cockpit.launch.lock import Lock
from cockpit.launch.slots import Slot, at_once, slot, visible_gpus
from cockpit.launch.supervisor import STEPPED_BACK, Supervisor, ensure, refusals
from cockpit.request import Request
from cockpit.runs import RunsFolder
from cockpit.status import standing, status_of
from engine.contract.folder import Ended, Job, Started, attempts, claim, publish, read_json
from engine.contract.process import allowed_cores, host, identify
from engine.contract.spec import check_spec
from engine.contract.stream import Epoch, Reader

MakeRuns = Callable[..., list[Path]]
SUPERVISOR = [sys.executable, "-P", "-m", "cockpit.launch.supervisor"]


def words(root: Path) -> list[str]:
    return [s.status.word for s in RunsFolder(root).poll()]


def drain(root: Path, seconds: float = 120.0) -> list[str]:
    """Supervise in this process until nothing is left to see to."""
    supervisor, end = Supervisor(root), time.monotonic() + seconds
    while supervisor.tick().is_open:
        assert time.monotonic() < end, words(root)
        time.sleep(0.05)
    return words(root)


def until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def ended(run: Path, outcome: str) -> None:
    attempt = claim(run, attempts(run))
    publish(attempt / "started.json", Started(process=identify(os.getpid()), time=0.0))  # type: ignore[arg-type]
    publish(attempt / "ended.json", Ended(outcome=outcome, exit_code=1, time=0.0))  # type: ignore[arg-type]


# Places


def asked(**fields: object) -> Request:
    return Request(time=0.0, order=0.0, **fields)  # type: ignore[arg-type]


def test_runs_spread_over_gpus_before_they_share_them_and_no_more_than_stated() -> None:
    two = asked(gpus=("0", "1"), per_gpu=2)
    taken: list[Slot] = []
    while found := slot(two, taken):
        taken.append(found)
    assert [place.gpu for place in taken] == ["0", "1", "0", "1"]
    assert slot(asked(gpus=("0", "1")), taken) is None
    assert slot(asked(gpus=("2",)), taken) == Slot("2", 1.0)
    thirds: list[Slot] = []
    while found := slot(asked(gpus=("0",), per_gpu=3), thirds):
        thirds.append(found)
    assert len(thirds) == 3


def test_runs_on_cores_go_by_their_threads_and_leave_gpus_alone() -> None:
    cores = allowed_cores()
    assert slot(asked(threads=0), []) == Slot(threads=cores)
    assert slot(asked(threads=0), [Slot(threads=1)]) is None
    assert slot(asked(threads=1), [Slot(threads=cores)]) is None
    assert slot(asked(threads=1), [Slot("0", 1.0)]) == Slot(threads=1)
    assert slot(asked(threads=cores + 5), []) == Slot(threads=cores)


def test_what_is_at_work_takes_its_place_from_what_its_job_says() -> None:
    job = Job(backend="local", argv=(), time=0.0, gpu="0", gpu_share=0.5)
    assert slot(asked(gpus=("0",), per_gpu=2), [job]) == Slot("0", 0.5)
    assert slot(asked(gpus=("0",)), [job]) is None


def test_how_many_runs_go_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = check_spec({"data": "digits", "model": "resnet8", "epochs": 1, "threads": 1}, "test")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert at_once([spec]) == allowed_cores()
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    assert (at_once([spec]), at_once([spec], per_gpu=3)) == (2, 6)
    assert at_once([replace(spec, device="cpu")]) == allowed_cores()


def test_gpus_are_those_that_cuda_may_see(monkeypatch: pytest.MonkeyPatch) -> None:
    for value, seen in [("2,5", ["2", "5"]), ("", []), ("-1", []), ("3,-1,4", ["3"]), ("GPU-8f", ["GPU-8f"])]:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", value)
        assert visible_gpus() == seen


# What is due


def test_what_nobody_asked_for_is_not_done(make_runs: MakeRuns, root: Path) -> None:
    make_runs()
    assert not Supervisor(root).tick().is_open
    assert [s.status.reason for s in RunsFolder(root).poll()] == ["in no queue"] * 4


def test_the_order_is_that_of_asking_by_priority(make_runs: MakeRuns, root: Path) -> None:
    runs = make_runs()
    control.ask(runs[2:])
    control.ask(runs[:1])
    control.ask(runs[1:2], priority=5)
    assert [run for run, _ in Supervisor(root).look().due] == [runs[1], runs[2], runs[3], runs[0]]
    control.ask(runs[2:])  # asked again it keeps its place
    assert [run for run, _ in Supervisor(root).look().due] == [runs[1], runs[2], runs[3], runs[0]]
    control.hold(runs[2])
    assert [run for run, _ in Supervisor(root).look().due] == [runs[1], runs[3], runs[0]]


@pytest.mark.parametrize("outcome", ["failed", "out-of-memory"])
def test_a_failure_is_forgiven_as_often_as_was_said_and_no_more(
    make_runs: MakeRuns, root: Path, outcome: str
) -> None:
    run = make_runs(only="mixup0-seed0*")[0]
    control.ask([run], retries=1)
    ended(run, outcome)
    assert words(root) == ["queued"]
    ended(run, outcome)
    assert words(root) == [outcome]
    assert not Supervisor(root).look().is_open
    control.ask([run])  # to ask again is to try again
    assert words(root) == ["queued"]
    ended(run, outcome)
    assert words(root) == [outcome]


def test_a_claim_that_was_never_launched_is_no_failure(make_runs: MakeRuns, root: Path) -> None:
    run = make_runs(only="mixup0-seed0*")[0]
    control.ask([run])
    past = time.time() - 100
    os.utime(claim(run, []), (past, past))
    assert status_of(run).word == "lost"
    assert words(root) == ["queued"]


def test_a_stopped_run_stays_stopped_until_it_is_asked_for_again(make_runs: MakeRuns, root: Path) -> None:
    run = make_runs(only="mixup0-seed0*")[0]
    control.ask([run], retries=3)
    ended(run, "stopped")
    assert words(root) == ["stopped"]
    control.ask([run])
    assert RunsFolder(root).poll()[0].status.reason == "goes on"


def test_runs_of_another_machine_or_backend_are_left_to_theirs(make_runs: MakeRuns, root: Path) -> None:
    runs = make_runs()
    control.ask(runs)
    for run, fields in zip(runs, ({"host": "node17"}, {"backend": "slurm"}, {}, {}), strict=True):
        held = request.read(run)
        assert held is not None
        request.write(run, replace(held, **fields))
    assert [run for run, _ in Supervisor(root).look().due] == runs[2:]


def test_a_run_that_cannot_be_started_is_told_and_holds_up_no_other(make_runs: MakeRuns, root: Path) -> None:
    run = make_runs(only="mixup0-seed0*")[0]
    control.ask([run])
    (run / "attempts").write_text("in the way")
    supervisor = Supervisor(root)
    supervisor.tick()
    assert not supervisor.tick().is_open
    assert "could not be started" in refusals(root)[f"{run.parent.name}/{run.name}"]
    (run / "attempts").unlink()
    control.ask([run])
    assert refusals(root) == {}  # to ask again is to try again
    assert [path for path, _ in supervisor.look().due] == [run]


def test_a_thousand_queued_runs_cost_less_than_50_ms_of_cpu_a_tick(make_runs: MakeRuns, root: Path) -> None:
    """By count of what is read, not by the clock: a tick over runs that did not change reads no file of theirs."""
    runs = make_runs()
    control.ask(runs)
    supervisor = Supervisor(root)
    supervisor.look()
    opened: list[str] = []
    sys.addaudithook(
        lambda name, arguments: opened.append(str(arguments[0])) if name == "open" and COUNTING else None
    )
    COUNTING.append(True)
    try:
        assert len(supervisor.look().due) == 4
    finally:
        COUNTING.clear()
    assert [path for path in opened if path.startswith(str(root))] == []


COUNTING: list[bool] = []


# Whoever is killed


@pytest.mark.slow
def test_everything_is_done_once_and_no_more_at_once_than_there_are_places(make_runs: MakeRuns, root: Path) -> None:
    runs = make_runs("run.epochs=1", "run.phases=[]")
    control.ask(runs)
    supervisor, most = Supervisor(root), 0
    while (seen := supervisor.tick()).is_open:
        most = max(most, len(seen.taken))
        time.sleep(0.05)
    assert words(root) == ["finished"] * 4
    assert most == min(allowed_cores(), 4)
    assert all(len(attempts(run)) == 1 for run in runs)


@pytest.mark.parametrize("place", ["looked", "claimed", "written down", "started", "known", "released"])
def test_a_supervisor_killed_at_any_step_runs_nothing_twice_and_forgets_nothing(
    make_runs: MakeRuns, root: Path, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cockpit.status.CLAIM_SECONDS", 1.0)
    run = make_runs("run.epochs=1", "run.phases=[]", only="mixup0-seed0*")[0]
    control.ask([run])
    killed = subprocess.run([*SUPERVISOR, str(root)], env=os.environ | {VARIABLE: place}, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert drain(root) == ["finished"]
    epochs = [r.epoch for r in Reader(run / "metrics.jsonl").poll() if isinstance(r, Epoch)]
    assert epochs == [1]  # trained once, by whichever engine it was
    started = [attempt for attempt in attempts(run) if (attempt / "started.json").exists()]
    assert len(started) == 1


def test_a_second_supervisor_steps_back_and_says_so(make_runs: MakeRuns, root: Path) -> None:
    run = make_runs("run.epochs=500", only="mixup0-seed0*")[0]
    control.ask([run])
    first = ensure(root)
    assert first is not None
    until(lambda: Lock(root).holder() == first.pid)
    assert ensure(root) is None
    second = subprocess.run([*SUPERVISOR, str(root)], check=False, capture_output=True, text=True)
    assert second.returncode == STEPPED_BACK
    assert f"another supervisor, process {first.pid}, sees to" in second.stdout
    until(lambda: words(root) == ["running"])
    control.kill(run)
    until(lambda: words(root) == ["stopped"])  # within a second on this machine, and not run again
    assert first.wait(30) == 0
    assert Lock(root).holder() is None


@pytest.mark.parametrize(("stop", "told"), [(control.stop_after_epoch, "after epoch"), (control.stop_now, "epoch")])
def test_a_run_is_stopped_after_its_epoch_or_at_once(
    make_runs: MakeRuns, root: Path, stop: Callable[[Path], None], told: str
) -> None:
    run = make_runs("run.epochs=500", only="mixup0-seed0*")[0]
    control.ask([run])
    supervisor = Supervisor(root)
    until(lambda: bool(supervisor.tick()) and RunsFolder(root).poll()[0].epoch > 0)
    stop(run)
    until(lambda: not supervisor.tick().is_open)
    status = standing(run, request.read(run))
    assert status.word == "stopped" and told in status.reason


def test_a_stop_at_once_reaches_an_engine_that_no_signal_can_reach(make_runs: MakeRuns, root: Path) -> None:
    run = make_runs("run.epochs=500", only="mixup0-seed0*")[0]
    control.ask([run])
    supervisor = Supervisor(root)
    until(lambda: bool(supervisor.tick()) and words(root) == ["running"])
    publish(run / "control" / "stop", b"now\n")
    until(lambda: not supervisor.tick().is_open)
    assert words(root) == ["stopped"]


def test_a_slots_job_is_written_into_the_attempt(make_runs: MakeRuns, root: Path) -> None:
    run = make_runs("run.epochs=1", "run.phases=[]", only="mixup0-seed0*")[0]
    control.ask([run])
    drain(root)
    job = read_json(attempts(run)[0] / "job.json", Job)
    assert job is not None and (job.threads, job.gpu) == (1, None)
    assert job.process is not None and job.process.host == host()


def test_a_clusters_runs_are_in_the_order_of_asking_too(make_runs: MakeRuns, root: Path) -> None:
    runs = make_runs()
    control.ask(runs[2:], backend="slurm")
    control.ask(runs[:1], backend="slurm")
    control.ask(runs[1:2], backend="slurm", priority=5)
    due, held = Supervisor(root).look().clusters["slurm"]
    assert (due, held) == ([runs[1], runs[2], runs[3], runs[0]], [])
