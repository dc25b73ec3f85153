"""The queue when something is not as it should be: damaged requests, odd names, two who do the same at once."""

from __future__ import annotations

import errno
import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace
from rich.console import Console

from cockpit import request
from cockpit.headless import _conclude
from cockpit.launch import control
from cockpit.launch.lock import Lock
from cockpit.launch.slots import Slot
from cockpit.launch.supervisor import STEPPED_BACK, Supervisor, refusals
from cockpit.queuelist import entries
from cockpit.runs import RunsFolder
from cockpit.status import status_of
from engine.contract.folder import Ended, Job, Started, attempts, claim, publish, read_json
from engine.contract.process import identify

MakeRuns = Callable[..., list[Path]]


@pytest.fixture
def idle(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What starts in an engine's place does nothing."""
    begin, begun = subprocess.Popen, []

    def start(*_: object, **__: object) -> subprocess.Popen[bytes]:
        begun.append(begin(["sleep", "60"]))
        return begun[-1]

    monkeypatch.setattr("cockpit.launch.local.subprocess.Popen", start)
    yield
    for each in begun:
        each.kill()
        each.wait()


def test_two_who_saw_a_run_free_at_one_moment_start_it_once(make_runs: MakeRuns, root: Path, idle: None) -> None:
    """A supervisor on a machine whose temporary folder is another's has a lock of its own: the claim decides."""
    run = make_runs(only="mixup0-seed0*")[0]
    control.ask([run])
    one, other = Supervisor(root), Supervisor(root)
    due = one.look().due, other.look().due
    assert [one._start(path, Slot(threads=1)) for path, _ in due[0]] == [True]
    assert [other._start(path, Slot(threads=1)) for path, _ in due[1]] == [False]
    assert len(attempts(run)) == 1


@pytest.mark.parametrize(
    "damage",
    [
        {"gpus": ["0"], "per_gpu": 0},
        {"threads": -4},
        {"teacher": "quickstart/" + "x" * 3000},
        {"teacher": "SELF"},
        {"python": "/bin/true\0"},
        {"environment": {"A=B": "c"}},
        {"backend": "lsf"},
        {"unheard_of": 1, "python": "/nowhere/python"},
    ],
)
def test_a_damaged_request_holds_up_no_other_run(make_runs: MakeRuns, root: Path, damage: dict[str, object]) -> None:
    runs = make_runs(only="*-seed0*")
    control.ask(runs)
    if damage.get("teacher") == "SELF":
        damage = {"teacher": f"{runs[0].parent.name}/{runs[0].name}"}
    for run, changed in ((runs[0], damage), (runs[1], {"hold": True})):
        held = json.loads((run / request.FILE).read_text())
        publish(run / request.FILE, json.dumps(held | changed).encode())
    supervisor = Supervisor(root)
    supervisor.tick()
    assert [s.status.word for s in RunsFolder(root).poll()][1] == "queued"
    time.sleep(0.01)
    control.ask(runs[1:])
    assert runs[1] in [run for run, _ in supervisor.look().due]
    assert len(entries(root)) in (1, 2)


def test_a_lock_is_the_same_whatever_a_shells_temporary_folder_is(
    tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = Lock(root)
    assert lock.take()
    command = [sys.executable, "-P", "-m", "cockpit.launch.supervisor", str(root)]
    second = subprocess.run(command, env=os.environ | {"TMPDIR": str(tmp_path)}, capture_output=True, check=False)
    lock.release()
    assert second.returncode == STEPPED_BACK


def test_a_claim_from_before_a_clock_was_set_back_does_not_stand_for_ever(make_runs: MakeRuns, root: Path) -> None:
    run = make_runs(only="mixup0-seed0*")[0]
    control.ask([run])
    ahead = time.time() + 3600
    os.utime(claim(run, []), (ahead, ahead))
    assert status_of(run).word == "lost"
    assert [path for path, _ in Supervisor(root).look().due] == [run]


def test_on_a_disk_that_is_full_for_a_moment_no_run_is_forgotten(
    make_runs: MakeRuns, root: Path, idle: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_runs(only="mixup0-seed0*")[0]
    control.ask([run])
    supervisor = Supervisor(root)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("cockpit.launch.local.publish", full)
        patch.setattr("cockpit.launch.supervisor.publish", full)
        for _ in range(3):
            with pytest.raises(OSError, match="No space left"):
                supervisor.tick()
    assert attempts(run) == [] and refusals(root) == {}
    supervisor.tick()
    assert len(attempts(run)) == 1


def test_who_learns_from_one_that_waits_for_a_held_run_waits_for_a_person_too(
    make_runs: MakeRuns, root: Path
) -> None:
    runs = make_runs()[:3]
    control.ask(runs)
    for run, teacher in ((runs[1], runs[0]), (runs[2], runs[1])):
        held = request.read(run)
        assert held is not None
        request.write(run, replace(held, teacher=f"{teacher.parent.name}/{teacher.name}"))
    assert Supervisor(root).look().waits
    control.hold(runs[0])
    assert not Supervisor(root).look().is_open


def test_whoever_leaves_while_runs_go_on_is_told_of_no_failure(make_runs: MakeRuns, root: Path) -> None:
    runs = make_runs(only="*-seed0*")
    control.ask(runs)
    attempt = claim(runs[0], [])
    publish(attempt / "started.json", Started(process=identify(os.getpid()), time=0.0))  # type: ignore[arg-type]
    told = io.StringIO()
    _conclude(Console(file=told, width=120), RunsFolder(root).poll(), left=True)
    assert "no reason" not in told.getvalue() and "running" in told.getvalue()
    ended = claim(runs[1], []) / "ended.json"
    publish(ended, Ended(outcome="failed", exit_code=1, time=0.0))
    control.ask(runs[1:])
    assert RunsFolder(root).poll()[1].status.reason == "goes on"
    _conclude(Console(file=told, width=120), RunsFolder(root).poll(), left=True)
    assert "goes on" not in told.getvalue()
    control.hold(runs[1])
    _conclude(Console(file=told, width=120), RunsFolder(root).poll(), left=False)
    assert "queued: held" not in told.getvalue() and "1 run held; to go on" in told.getvalue()
    publish(attempt / "ended.json", Ended(outcome="failed", exit_code=1, time=0.0))
    _conclude(Console(file=told, width=120), RunsFolder(root).poll(), left=True)
    assert "failed: no reason was left" in told.getvalue()


def test_a_runs_folder_may_have_a_name_that_is_no_utf8(make_runs: MakeRuns, root: Path, idle: None) -> None:
    """A name from an older system, or from a disk of another."""
    make_runs(only="mixup0-seed0*")
    odd = root.rename(root.with_name(os.fsdecode(b"caf\xe9")))
    run = next((odd / "quickstart").iterdir())
    control.ask([run])
    lock = Lock(odd)
    assert lock.take()
    lock.release()
    Supervisor(odd).tick()
    job = read_json(attempts(run)[0] / "job.json", Job)
    assert job is not None and job.process is not None
    assert refusals(odd) == {}
