"""Run state and snapshots: concluded from files and processes, for any mess a folder can be in."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from cockpit.launch.control import stop_after_epoch
from cockpit.runs import RunsFolder
from cockpit.snapshot import Snapshot
from cockpit.status import SILENCE_SECONDS, status_of
from engine.contract.folder import Ended, Job, Progress, Started, claim, publish
from engine.contract.process import ProcessId, identify
from engine.contract.stream import Epoch, RunFinished, RunStarted, Warned, Writer

MakeRuns = Callable[..., list[Path]]


@pytest.fixture
def run(make_runs: MakeRuns) -> Path:
    return make_runs(only="mixup0-seed0*")[0]


@pytest.fixture
def process() -> Iterator[ProcessId]:
    """A real process that stands for an engine."""
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"])
    found = identify(child.pid)
    assert found is not None
    yield found
    child.kill()
    child.wait()


def job(process: ProcessId | None) -> Job:
    return Job(backend="local", argv=("engine",), time=0.0, process=process)


def snapshot(run: Path) -> Snapshot:
    return RunsFolder(run.parent.parent).poll()[0]


def test_a_prepared_run_is_queued(run: Path) -> None:
    assert status_of(run).word == "queued"


def test_a_launched_run_is_starting_then_running_then_lost_the_moment_it_is_killed(
    run: Path, process: ProcessId
) -> None:
    attempt = claim(run, [])
    assert status_of(run).word == "starting"
    publish(attempt / "job.json", job(process))
    assert status_of(run).word == "starting"
    publish(attempt / "started.json", Started(process=process, time=0.0))
    assert status_of(run).word == "running"
    stop_after_epoch(run)
    assert status_of(run).word == "stopping"
    os.kill(process.pid, 9)
    time.sleep(0.05)
    assert status_of(run).word == "lost"
    assert "killed" in status_of(run).reason


@pytest.mark.parametrize("outcome", ["finished", "stopped", "failed", "out-of-memory"])
def test_the_engines_verdict_counts_whatever_else_lies_there(run: Path, process: ProcessId, outcome: str) -> None:
    attempt = claim(run, [])
    publish(attempt / "started.json", Started(process=process, time=0.0))
    publish(attempt / "ended.json", Ended(outcome=outcome, exit_code=1, time=0.0, reason="because"))  # type: ignore[arg-type]
    assert (status_of(run).word, status_of(run).reason) == (outcome, "because")


def test_an_engine_that_died_before_it_began_has_failed(run: Path, process: ProcessId) -> None:
    publish(claim(run, []) / "job.json", job(replace(process, start=process.start + 1)))
    assert status_of(run).word == "failed"


def test_a_number_that_another_process_has_now_is_not_the_engine(run: Path, process: ProcessId) -> None:
    publish(claim(run, []) / "started.json", Started(process=replace(process, start=0.0), time=0.0))
    assert status_of(run).word == "lost"


def test_on_another_host_the_heartbeat_speaks_and_silence_is_not_failure(run: Path, process: ProcessId) -> None:
    attempt = claim(run, [])
    publish(attempt / "started.json", Started(process=replace(process, host="node17"), time=0.0))
    assert status_of(run).word == "running"
    past = time.time() - SILENCE_SECONDS - 10
    os.utime(attempt / "started.json", (past, past))
    assert status_of(run).word == "silent"
    assert "node17" in status_of(run).reason


def test_a_snapshot_has_the_figures_of_the_highest_attempt(run: Path) -> None:
    for attempt, test in ((1, 0.5), (2, 0.6)):
        writer = Writer(run / "metrics.jsonl", attempt)
        writer.append(Epoch(epoch=1, train_acc=0.7, train_acc_clean=0.8, test_acc=test, lr=0.1, seconds=2.0))
        writer.append(Epoch(epoch=2, train_acc=0.75, train_acc_clean=0.9, test_acc=test - 0.2, lr=0.05, seconds=4.0))
        writer.close()
    found = snapshot(run)
    assert [e.test_acc for e in found.epochs] == [0.6, pytest.approx(0.4)]
    assert found.best is not None and (found.best.epoch, found.best.test_acc) == (1, 0.6)
    assert found.last is not None and found.last.gap_clean == pytest.approx(0.5)
    assert found.seconds_per_epoch == 3.0
    assert found.label == "mixup0-seed0-epochs2"


def test_what_did_not_change_keeps_its_very_snapshot(run: Path) -> None:
    folder = RunsFolder(run.parent.parent)
    first = folder.poll()
    assert folder.poll()[0] is first[0]
    writer = Writer(run / "metrics.jsonl", 1)
    writer.append(Epoch(epoch=1, test_acc=0.5))
    assert folder.poll()[0].epoch == 1
    assert first[0].epoch == 0
    writer.close()


def test_progress_within_an_epoch_is_seen_while_an_engine_holds_the_run(run: Path, process: ProcessId) -> None:
    attempt = claim(run, [])
    publish(attempt / "started.json", Started(process=process, time=0.0))
    publish(attempt / "progress.json", Progress(epoch=0, step=30, steps=120, seconds=10.0))
    found = snapshot(run)
    assert found.position == 0.25
    assert found.seconds_left == pytest.approx(40 * 1.75)


def test_one_bad_run_does_not_hide_the_others_and_a_removed_one_is_gone(make_runs: MakeRuns, root: Path) -> None:
    runs = make_runs()
    (runs[0] / "spec.toml").write_text("[run]\nepohcs = 3\n")
    (runs[1] / "metrics.jsonl").write_bytes(b"\x00\xff garbage\n" * 3)
    folder = RunsFolder(root)
    found = {s.path: s for s in folder.poll()}
    assert len(found) == 4
    assert "did you mean 'epochs'" in found[runs[0]].problem
    assert found[runs[1]].unreadable == 3
    shutil.rmtree(runs[2])
    assert len(folder.poll()) == 3


def test_names_and_messages_from_files_are_made_safe_to_show(run: Path) -> None:
    hostile = run.with_name("evil\x1b]52;c;eA==\x07")
    run.rename(hostile)
    writer = Writer(hostile / "metrics.jsonl", 1)
    writer.append(Warned(kind="x", message="\x1b[2Jgone"))
    writer.close()
    found = snapshot(hostile)
    assert "\x1b" not in found.name + found.label + found.warnings[0].message
    assert "␛" in found.name


def test_a_resume_is_noted_at_its_epoch(run: Path) -> None:
    writer = Writer(run / "metrics.jsonl", 2)
    start = RunStarted(
        epochs=9,
        steps_per_epoch=5,
        train_images=9,
        test_images=9,
        parameters=(1,),
        device="",
        environment={},
        epoch=4,
    )
    writer.append(start)
    writer.close()
    assert snapshot(run).resumes == (5,)


def test_published_results_are_no_group_of_ones_own(run: Path) -> None:
    shutil.move(run.parent, run.parent.with_name("published"))
    assert RunsFolder(run.parent.parent).poll() == []


def test_a_finished_run_whose_stream_is_gone_is_broken_and_not_just_empty(run: Path, process: ProcessId) -> None:
    publish(claim(run, []) / "ended.json", Ended(outcome="finished", exit_code=0, time=0.0))
    assert "damaged" in snapshot(run).problem
    writer = Writer(run / "metrics.jsonl", 1)
    writer.append(RunFinished(epoch=2))
    writer.close()
    assert snapshot(run).problem == ""


def test_hostile_files_break_their_own_run_only(make_runs: MakeRuns, root: Path, process: ProcessId) -> None:
    runs = make_runs()
    attempt = claim(runs[0], [])
    publish(attempt / "started.json", Started(process=process, time=0.0))
    (attempt / "progress.json").write_text('{"epoch": 0, "step": 1, "steps": 0, "seconds": 1.0}')
    deep = b'{"event":"epoch","epoch":1,"x":' + b"[" * 5000 + b"]" * 5000 + b"}\n"
    (runs[1] / "metrics.jsonl").write_bytes(deep + b'{"event":"epoch","epoch":1099511627776}\n')
    (runs[2] / "metrics.jsonl.gz").write_bytes(b"\x1f\x8b\x08garbage that is no gzip")
    found = {s.path: s for s in RunsFolder(root).poll()}
    assert len(found) == 4
    assert found[runs[0]].position == 0.0
    assert found[runs[1]].unreadable == 2
    assert found[runs[2]].unreadable == 1


def test_run_files_have_the_mode_that_the_users_own_files_have(run: Path, tmp_path: Path) -> None:
    (tmp_path / "own").write_text("")
    assert (run / "spec.toml").stat().st_mode == (tmp_path / "own").stat().st_mode


def test_a_launch_on_another_host_that_never_began_has_failed_after_a_while(run: Path, process: ProcessId) -> None:
    attempt = claim(run, [])
    publish(attempt / "job.json", job(replace(process, host="node17")))
    assert status_of(run).word == "starting"
    past = time.time() - 100
    os.utime(attempt, (past, past))
    assert status_of(run).word == "failed"
