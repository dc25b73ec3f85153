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

from cockpit import owner
from cockpit.followed import Followed
from cockpit.launch.control import ask, stop_after_epoch
from cockpit.runs import ROUND, RunsFolder
from cockpit.snapshot import Snapshot
from cockpit.status import status_of
from engine.contract.folder import Ended, Job, Progress, Started, attempts, claim, publish
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


def test_with_little_patience_the_newest_come_first_and_the_rest_with_the_next_polls(
    make_runs: MakeRuns, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = make_runs()
    for age, run in enumerate(runs):
        write_epochs(run, 1)
        os.utime(run / "metrics.jsonl", (1e9 - age, 1e9 - age))
    folder = RunsFolder(root)
    seen = []
    while not seen or folder.unread:
        seen.append([s.path for s in folder.poll(0.0)])
    assert seen == [sorted(runs[:n]) for n in range(1, len(runs) + 1)]


def test_a_long_stream_is_an_outline_until_all_of_it_is_read(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.contract.stream.PIECE", 1000)
    for name, size in {"LONG": 1000, "PLACES": 3, "PLACE": 300, "END": 300}.items():
        monkeypatch.setattr(f"engine.contract.glance.{name}", size)
    publish(claim(run, []) / "ended.json", Ended(outcome="finished", exit_code=0, time=0.0))
    write_epochs(run, 40)
    folder = RunsFolder(run.parent.parent)
    [first] = folder.poll(0.0)
    assert (first.epoch, first.read, folder.unread) == (40, 0.0, 1)
    assert 0 < len(first.epochs) < 20
    assert not first.problem and not first.missing  # what was not read yet is no damage
    shares = []
    while folder.unread:
        [last] = folder.poll(0.0)
        shares.append(last.read)
    assert len(shares) > 3 and shares == sorted(shares)
    assert (last.read, [e.epoch for e in last.epochs]) == (1.0, list(range(1, 41)))
    assert "damaged" in last.problem
    [whole] = RunsFolder(run.parent.parent).poll()  # who waits for all of it sees no outline
    assert whole.epochs == last.epochs


def test_a_long_stream_keeps_no_other_run_waiting(
    make_runs: MakeRuns, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.contract.stream.PIECE", 1000)
    monkeypatch.setattr("engine.contract.glance.LONG", 3000)
    monkeypatch.setattr("engine.contract.glance.END", 300)
    long, *others = make_runs()
    write_epochs(long, 100)
    for other in others:
        write_epochs(other, 1)
        os.utime(other / "metrics.jsonl", (1e9, 1e9))
    folder = RunsFolder(root)
    for _ in range(len(others) + 1):
        seen = folder.poll(0.0)
    assert {s.epoch for s in seen} == {1, 100} and folder.unread == 1


def test_runs_that_have_ended_are_left_alone_but_for_a_look_in_every_few_polls(
    make_runs: MakeRuns, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for run in make_runs():
        publish(claim(run, []) / "ended.json", Ended(outcome="failed", exit_code=1, time=0.0))
        write_epochs(run, 1)
    folder = RunsFolder(root)
    folder.poll()
    looks: list[Path] = []
    look = Followed.look
    monkeypatch.setattr(Followed, "look", lambda self, *given: (looks.append(self.path), look(self, *given)))
    for _ in range(ROUND):
        folder.poll()
    assert len(looks) == 4 == len(set(looks))
    # What is asked of one and said of it shows at once, and so does a new attempt.
    ask([run])
    assert any("goes on" in s.status.reason for s in folder.poll() if s.path == run)
    other = next(path for path in root.glob("*/*") if path != run)
    claim(other, attempts(other))
    assert [s.status.word for s in folder.poll() if s.path == other] == ["starting"]


def test_a_note_and_a_putting_away_of_one_at_rest_show_at_once(run: Path) -> None:
    publish(claim(run, []) / "ended.json", Ended(outcome="failed", exit_code=1, time=0.0))
    write_epochs(run, 1)
    folder = RunsFolder(run.parent.parent)
    folder.poll()
    for number in range(ROUND):  # more than one of them in a row may be looked at in its turn
        owner.write_note(run, f"note {number}")
        assert folder.poll()[0].note == f"note {number}\n"
        owner.archive(run, number % 2 == 0)
        assert folder.poll()[0].archived == (number % 2 == 0)


@pytest.mark.parametrize("mess", ["folder", "gone", "shorter", "anew", "binary"])
def test_a_stream_that_somebody_spoils_is_told_of_and_mends_with_it(run: Path, process: ProcessId, mess: str) -> None:
    attempt = claim(run, [])
    publish(attempt / "started.json", Started(process=process, time=0.0))
    write_epochs(run, 5)
    stream, good = run / "metrics.jsonl", (run / "metrics.jsonl").read_bytes()
    folder = RunsFolder(run.parent.parent)
    assert folder.poll()[0].epoch == 5
    if mess in ("folder", "gone"):
        stream.unlink()
        if mess == "folder":
            stream.mkdir()
        [found] = folder.poll()
        assert "metrics.jsonl: is " in found.problem and found.epoch == 5
        if mess == "folder":
            stream.rmdir()
    elif mess == "shorter":
        stream.write_bytes(good[: len(good) // 2])
        [found] = folder.poll()
        assert 0 < found.epoch < 5 and not found.problem
    elif mess == "anew":
        stream.write_bytes(good.replace(b'"test_acc":0.5', b'"test_acc":0.7') * 2)
        [found] = folder.poll()
        assert {e.test_acc for e in found.epochs} == {0.7} and found.epoch == 5
    else:
        stream.write_bytes(good + bytes(range(256)) * 40 + b"\n")
        [found] = folder.poll()
        assert found.epoch == 5 and found.unreadable > 10
    stream.write_bytes(good)
    [mended] = folder.poll()
    assert (mended.epoch, mended.problem, mended.unreadable) == (5, "", 0)


def write_epochs(run: Path, count: int) -> None:
    writer = Writer(run / "metrics.jsonl", 1)
    for number in range(1, count + 1):
        writer.append(Epoch(epoch=number, test_acc=0.5))
    writer.close()
