"""The queue on a real Slurm: what is asked for is submitted, waited for, and gone on with in a job of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from one_node import OneNode

from cockpit.launch import cluster as clusters
from cockpit.launch import control
from cockpit.launch.failpoint import VARIABLE
from cockpit.launch.prepare import prepare
from cockpit.launch.supervisor import Supervisor
from cockpit.launch.watched import Watched
from cockpit.plan import plan
from cockpit.runs import RunsFolder
from cockpit.status import status_of
from engine.contract.folder import Job, Started, attempts, read_json
from engine.contract.stream import Epoch, Reader

STUDENT = """
title = "A teacher and its student"
[run]
data = "digits"
model = "resnet8"
epochs = 1
threads = 1
device = "cpu"
[grid.method.teacher]
[grid.method.student]
objective = "logit"
teacher = { method = "teacher" }
"""


@pytest.fixture
def profile(tmp_path: Path, cluster: OneNode, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Write the user's configuration; jobs take no GPU unless it says so."""
    monkeypatch.setenv("COCKPIT_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.setattr(clusters, "SEEN_SECONDS", 0.5)

    def write(more: str = "") -> None:
        (tmp_path / "config.toml").write_text(f"[backend.slurm]\ngpus = 0\n{more}")

    write()
    return write


def states(root: Path) -> dict[str, str]:
    return {s.label: s.status.word for s in RunsFolder(root).poll()}


def supervise(
    root: Path, until: Callable[[], bool], seconds: float = 90.0, supervisor: Supervisor | None = None
) -> None:
    """Tick until something holds, and leave nothing under way."""
    supervisor, end = supervisor or Supervisor(root), time.monotonic() + seconds
    while not until():
        supervisor.tick()
        assert time.monotonic() < end, states(root)
        time.sleep(0.1)
    for each in supervisor._clusters.values():
        each.wait()


def test_a_student_is_submitted_once_its_teacher_is_done(
    tmp_path: Path, root: Path, profile: Callable[[str], None]
) -> None:
    (tmp_path / "pair.toml").write_text(STUDENT)
    runs = prepare(plan(str(tmp_path / "pair.toml")), root)
    control.ask(runs, backend="slurm")
    assert states(root) == {"teacher": "queued", "student": "waiting"}
    supervise(root, lambda: set(states(root).values()) == {"finished"})
    jobs = [read_json(attempts(run)[0] / "job.json", Job) for run in runs]
    assert all(job and job.backend == "slurm" and job.id for job in jobs)
    assert all(len(attempts(run)) == 1 for run in runs)


def test_a_refusal_is_a_failure_in_slurms_own_words_and_a_retry_goes_through(
    root: Path, make_runs: Callable[..., list[Path]], profile: Callable[[str], None]
) -> None:
    run = make_runs("run.epochs=1", "run.phases=[]", only="mixup0-seed0*")[0]
    profile('partition = "nowhere"\n')
    control.ask([run], backend="slurm")
    supervise(root, lambda: "failed" in states(root).values())
    assert "nvalid partition" in RunsFolder(root).poll()[0].status.reason
    profile("")
    control.ask([run], backend="slurm")
    supervise(root, lambda: set(states(root).values()) == {"finished"})


@pytest.mark.slow
def test_a_failed_teacher_blocks_its_student_until_a_retry(
    tmp_path: Path, root: Path, profile: Callable[[str], None]
) -> None:
    (tmp_path / "pair.toml").write_text(STUDENT)
    runs = prepare(plan(str(tmp_path / "pair.toml")), root)
    profile('partition = "nowhere"\n')
    control.ask(runs, backend="slurm")
    supervise(root, lambda: states(root) == {"teacher": "failed", "student": "blocked"})
    assert not Supervisor(root).look().is_open  # nobody waits for a person to come
    profile("")
    control.ask(runs[:1], backend="slurm")
    supervise(root, lambda: set(states(root).values()) == {"finished"})


def test_a_job_that_waits_says_so_and_can_be_stopped_and_resumed(
    root: Path, make_runs: Callable[..., list[Path]], profile: Callable[[str], None], cluster: OneNode
) -> None:
    run = make_runs("run.epochs=1", "run.phases=[]", only="mixup0-seed0*")[0]
    profile('options = ["--hold"]\n')
    control.ask([run], backend="slurm")
    supervise(root, lambda: "waits in slurm" in RunsFolder(root).poll()[0].status.reason)
    control.stop_now(run)
    assert states(root) == {"mixup0-seed0-epochs1": "stopped"} or list(states(root).values()) == ["queued"]
    assert RunsFolder(root).poll()[0].status.reason in ("held", "on request, before it began")
    profile("")
    control.ask([run], backend="slurm")
    supervise(root, lambda: set(states(root).values()) == {"finished"})


@pytest.mark.slow
def test_a_stop_at_the_end_of_a_jobs_time_goes_on_in_another_job(
    root: Path, make_runs: Callable[..., list[Path]], profile: Callable[[str], None], cluster: OneNode
) -> None:
    """The warning is sent by hand here: Slurm looks at its limits twice a minute only (see test_slurm.py)."""
    run = make_runs("run.epochs=40", only="mixup0-seed0*")[0]
    control.ask([run], backend="slurm")
    epochs = lambda: [r.epoch for r in Reader(run / "metrics.jsonl").poll() if isinstance(r, Epoch)]  # noqa: E731
    supervise(root, lambda: len(epochs()) > 2)
    started = read_json(attempts(run)[0] / "started.json", Started)
    assert started is not None
    os.kill(started.process.pid, signal.SIGUSR1)
    supervise(root, lambda: set(states(root).values()) == {"finished"})
    assert len(attempts(run)) == 2
    assert sorted(set(epochs())) == list(range(1, 41))


@pytest.mark.slow
def test_a_controller_away_for_half_a_minute_is_unknown_and_nothing_is_lost_or_done_twice(
    root: Path,
    make_runs: Callable[..., list[Path]],
    profile: Callable[[str], None],
    cluster: OneNode,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One trains, one waits in Slurm, and one is asked for while nobody there answers: its job is taken unheard."""
    monkeypatch.setattr("cockpit.launch.watched.ensure", lambda root: None)
    runs = make_runs("run.epochs=1", "run.phases=[]")[:3]
    runs[:1] = make_runs("run.epochs=20", only="mixup0-seed0*")
    words = lambda: [status_of(run).word for run in runs]  # noqa: E731
    supervisor = Supervisor(root)
    control.ask(runs[:1], backend="slurm")
    supervise(root, lambda: words()[0] == "running", supervisor=supervisor)
    profile('options = ["--begin=now+9"]\n')
    control.ask(runs[1:2], backend="slurm")
    supervise(root, lambda: "waits in slurm" in status_of(runs[1]).reason, supervisor=supervisor)
    cluster.signal_controller(signal.SIGSTOP)
    end, told = time.monotonic() + 30, [words()]
    try:
        control.ask(runs[2:], backend="slurm")
        while time.monotonic() < end:
            supervisor.tick()
            told += [words()] if words() != told[-1] else []
            time.sleep(0.1)
    finally:
        cluster.signal_controller(signal.SIGCONT)
    assert {first for first, _, _ in told} <= {"running", "finished"}
    assert {second for _, second, _ in told} == {"starting", "unknown"} and told[-1][1] == "unknown"
    assert {third for _, _, third in told} == {"queued", "starting"}
    watched = Watched(runs)
    assert watched.look() and not watched.over
    supervise(root, lambda: words() == ["finished"] * 3, supervisor=supervisor)
    assert [len(attempts(run)) for run in runs] == [1, 1, 1]
    for run in runs:
        epochs = [r.epoch for r in Reader(run / "metrics.jsonl").poll() if isinstance(r, Epoch)]
        assert epochs == list(range(1, len(epochs) + 1))


def test_an_engine_that_is_killed_is_lost_and_not_run_again_unless_that_was_asked(
    root: Path, make_runs: Callable[..., list[Path]], profile: Callable[[str], None]
) -> None:
    run = make_runs("run.epochs=3000", only="mixup0-seed0*")[0]
    control.ask([run], backend="slurm")
    supervise(root, lambda: list(states(root).values()) == ["running"])
    started = read_json(attempts(run)[0] / "started.json", Started)
    assert started is not None
    os.kill(started.process.pid, signal.SIGKILL)
    supervise(root, lambda: list(states(root).values()) == ["lost"])
    assert not Supervisor(root).look().is_open


@pytest.mark.parametrize("place", ["claimed", "submitted"])
def test_a_supervisor_killed_while_it_submits_runs_nothing_twice_and_forgets_nothing(
    root: Path,
    make_runs: Callable[..., list[Path]],
    profile: Callable[[str], None],
    place: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(clusters, "FOUND_SECONDS", 3.0)
    run = make_runs("run.epochs=1", "run.phases=[]", only="mixup0-seed0*")[0]
    control.ask([run], backend="slurm")
    command = [sys.executable, "-P", "-m", "cockpit.launch.supervisor", str(root)]
    assert subprocess.run(command, env=os.environ | {VARIABLE: place}, check=False).returncode == -signal.SIGKILL
    supervise(root, lambda: set(states(root).values()) == {"finished"})
    assert [r.epoch for r in Reader(run / "metrics.jsonl").poll() if isinstance(r, Epoch)] == [1]


def test_a_dry_run_shows_what_would_be_submitted(root: Path, profile: Callable[[str], None]) -> None:
    profile('time = "01:00:00"\npartition = "debug"\n')
    command = [sys.executable, "-P", "-m", "cockpit.cli", "run", "quickstart", "--backend", "slurm", "--dry-run"]
    told = subprocess.run([*command, "--runs", str(root)], capture_output=True, text=True, check=True).stdout
    assert "sbatch --parsable" in told and "--array=0-3" in told and "--partition=debug" in told
    assert "-P -m engine" in told and not root.exists()


@pytest.mark.slow
def test_doctor_sends_three_tiny_jobs_and_finds_a_profile_that_is_wrong(
    root: Path, profile: Callable[[str], None]
) -> None:
    command = [sys.executable, "-P", "-m", "cockpit.cli", "doctor", "slurm", "--runs", str(root)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    for line in ("✓ success: finished", "✓ failure: failed", "✓ dependent: finished", "nothing wrong"):
        assert line in ran.stdout
    assert not list((root / ".cockpit").glob("doctor-*"))
    profile('python = "/nowhere/python"\n')
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 1 and "✗ success: failed" in ran.stdout
    assert "/nowhere/python" in ran.stdout  # the shell's own words, from the job's log
