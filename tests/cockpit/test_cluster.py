"""A scheduler that does not answer, or late: nothing is taken for lost, and whoever waits goes on waiting."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import Mock

import pytest

from cockpit import clusterdoctor, jobs
from cockpit.dryrun import show
from cockpit.launch import control
from cockpit.launch.backends import executor
from cockpit.launch.cluster import FOUND_SECONDS, Cluster
from cockpit.launch.executor import Unreachable
from cockpit.launch.prepare import prepare
from cockpit.launch.supervisor import Supervisor
from cockpit.launch.watched import Watched
from cockpit.plan import plan
from cockpit.runs import RunsFolder
from cockpit.status import status_of
from engine.contract.errors import UserError
from engine.contract.folder import Ended, Job, Started, attempts, claim, publish
from engine.contract.process import ProcessId

MakeRuns = Callable[..., list[Path]]
PAIR = """
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


def in_slurm(run: Path, seen: str) -> Path:
    """As if the run were a job there, which was seen so last; its attempt."""
    attempt = claim(run, attempts(run))
    publish(attempt / "job.json", Job(backend="slurm", argv=(), time=time.time(), tag="tag", id="7_0"))
    jobs.note(run.parents[1], "slurm", jobs.Jobs(time.time(), {"7_0": seen}))  # type: ignore[dict-item]
    return attempt


def test_a_job_that_a_scheduler_does_not_speak_of_is_waited_for(
    make_runs: MakeRuns, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_runs(only="mixup0-seed0*")[0]
    control.ask([run], backend="slurm")
    in_slurm(run, "unknown")
    monkeypatch.setattr("cockpit.launch.watched.ensure", lambda root: None)
    watched = Watched([run])
    assert watched.look()[0].status.word == "unknown"
    assert not watched.over
    jobs.note(root, "slurm", jobs.Jobs(time.time(), {"7_0": "gone"}))
    assert watched.look()[0].status.word == "failed"
    assert watched.over


def test_a_verdict_that_is_seen_late_counts(make_runs: MakeRuns, root: Path) -> None:
    """As over a network file system: the job is gone before what its engine wrote last can be read."""
    run = make_runs(only="mixup0-seed0*")[0]
    control.ask([run], backend="slurm")
    attempt = in_slurm(run, "gone")
    elsewhere = ProcessId(host="node17", boot="b", pid=1, start=0.0)
    publish(attempt / "started.json", Started(process=elsewhere, time=time.time()))
    folder, supervisor = RunsFolder(root), Supervisor(root)
    assert folder.poll()[0].status.word == "lost" and not supervisor.look().is_open
    publish(attempt / "ended.json", Ended(outcome="stopped", exit_code=85, time=time.time()))
    assert folder.poll()[0].status.word == "queued"  # its time had ended, and it goes on in another job
    assert supervisor.look().clusters == {"slurm": ([run], [])}


def test_a_scheduler_that_cannot_look_for_one_job_makes_the_others_unknown(make_runs: MakeRuns, root: Path) -> None:
    """And what is not found was not lost on the way before the scheduler has answered for a good while."""

    class Away(Cluster):
        _executor = SimpleNamespace(  # type: ignore[assignment]
            name="slurm",
            find=Mock(side_effect=Unreachable("squeue", "", "timed out", "")),
            seen=lambda ids: dict.fromkeys(ids, "unknown"),
        )

    runs = make_runs(only="*-seed0*")
    control.ask(runs, backend="slurm")
    in_slurm(runs[0], "queued")
    long_ago = Job(backend="slurm", argv=(), time=time.time() - 2 * FOUND_SECONDS, tag="unheard")
    publish(claim(runs[1], []) / "job.json", long_ago)
    cluster = Away(root, "slurm")
    cluster.look(runs)
    assert [status_of(run).word for run in runs] == ["unknown", "starting"]
    cluster._executor.find = lambda tag: {}  # type: ignore[method-assign]
    cluster.look(runs)
    assert status_of(runs[1]).word == "starting"
    assert cluster._answers_since is not None
    cluster._answers_since -= 2 * FOUND_SECONDS
    cluster.look(runs)
    assert status_of(runs[1]).reason == "never reached slurm"


def test_a_dry_run_shows_what_would_be_submitted_now_and_leaves_students_for_later(
    tmp_path: Path, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "pair.toml").write_text(PAIR)
    made = plan(str(tmp_path / "pair.toml"), root=root)
    show(made, root, as_json=False, backend="slurm")
    told = capsys.readouterr().out
    assert "--array=0-0" in told and "1 run likewise, each when its teacher is done" in told
    teacher, student = prepare(made, root)
    control.ask([teacher], backend="slurm")
    attempt = in_slurm(teacher, "queued")
    show(made, root, as_json=False, backend="slurm")
    assert "sbatch" not in capsys.readouterr().out  # it has been submitted
    publish(attempt / "ended.json", Ended(outcome="finished", exit_code=0, time=0.0))
    show(made, root, as_json=False, backend="slurm")
    told = capsys.readouterr().out
    assert "--array=0-0" in told and str(student) in told and "likewise" not in told


def test_how_many_run_at_a_time_is_what_the_scheduler_was_told(
    tmp_path: Path, root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = plan("quickstart", root=root)
    show(made, root, as_json=False, backend="slurm")
    assert "at a time" not in capsys.readouterr().out
    (tmp_path / "config.toml").write_text("[backend.slurm]\nthrottle = 3\n")
    monkeypatch.setenv("COCKPIT_CONFIG", str(tmp_path / "config.toml"))
    show(made, root, as_json=False, backend="slurm")
    assert "4 runs, 3 at a time, in" in capsys.readouterr().out
    for run in prepare(made, root):
        publish(claim(run, []) / "ended.json", Ended(outcome="finished", exit_code=0, time=0.0))
    show(made, root, as_json=False, backend="slurm")
    assert "nothing to submit" in capsys.readouterr().out


def test_a_cluster_without_its_commands_is_one_fault_that_names_them(
    root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(root))
    assert clusterdoctor.examine("pbs", root) == 1
    told = capsys.readouterr().out
    assert "✗ pbs: refused: qsub: cannot be run: No such file or directory; is this a machine of the cluster" in told
    assert told.count("✗") == 1 and "the three runs are left in" in told and "its log ends" not in told


def test_a_time_limit_of_another_form_is_told_without_a_regular_expression(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config.toml").write_text('[backend.slurm]\ntime = "4h"\n')
    monkeypatch.setenv("COCKPIT_CONFIG", str(tmp_path / "config.toml"))
    with pytest.raises(UserError) as caught:
        executor("slurm")
    assert "[days-]hours:minutes:seconds" in str(caught.value) and "\\d" not in str(caught.value)
