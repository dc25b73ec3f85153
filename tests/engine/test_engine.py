"""The engine as a process: trains, is stopped, goes on, and says in its folder what became of it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.contract.folder import Ended, attempts, read_json, read_spec, write_spec
from engine.contract.stream import (
    AnyRecord,
    CheckpointSaved,
    Epoch,
    PhaseChanged,
    Reader,
    RunStarted,
    RunStopped,
    Warned,
)

MakeRuns = Callable[..., list[Path]]
ONE = "mixup0.2-seed0*"
FOUR = ("run.epochs=4", "run.phases=[{from_epoch=3, augmentation='none', label_smoothing=0.0}]")


def engine(*runs: Path | str) -> subprocess.Popen[str]:
    command = [sys.executable, "-P", "-m", "engine", *map(str, runs)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd="/")


def finish(*runs: Path | str) -> int:
    process = engine(*runs)
    output, _ = process.communicate(timeout=120)
    assert "Traceback" not in output or process.returncode == 1
    return process.returncode


def records(run: Path) -> list[AnyRecord]:
    return Reader(run / "metrics.jsonl").poll()


def figures(run: Path) -> dict[int, tuple[float | None, ...]]:
    """What counts of every epoch: the record of the highest attempt, less what a clock decides."""
    return {
        r.epoch: (r.lr, r.train_acc, r.train_loss, r.train_acc_clean, r.test_acc, r.test_loss)
        for r in records(run)
        if isinstance(r, Epoch)
    }


def verdict(run: Path) -> Ended:
    ended = read_json(attempts(run)[-1] / "ended.json", Ended)
    assert ended is not None
    return ended


def wait_for(run: Path, kind: type[AnyRecord], count: int = 1) -> None:  # type: ignore[valid-type]
    for _ in range(1200):
        if sum(isinstance(r, kind) for r in records(run)) >= count:
            return
        time.sleep(0.05)
    raise AssertionError(f"no {kind} came")


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> dict[int, tuple[float | None, ...]]:
    """The oracle: the same run without a break, in the same environment."""
    from cockpit.launch.prepare import prepare
    from cockpit.plan import plan

    run = prepare(plan("quickstart", FOUR, only=ONE), tmp_path_factory.mktemp("oracle"))[0]
    assert finish(run) == 0
    return figures(run)


def test_a_run_leaves_stream_checkpoints_tensorboard_and_verdict(make_runs: MakeRuns) -> None:
    run = make_runs(*FOUR, only=ONE)[0]
    assert finish(run) == 0
    kinds = [type(r).__name__ for r in records(run)]
    assert kinds[:2] == ["RunStarted", "StageStarted"]
    assert kinds[-1] == "RunFinished"
    assert kinds.count("Epoch") == kinds.count("CheckpointSaved") == 4
    changed = [r for r in records(run) if isinstance(r, PhaseChanged)]
    assert [(r.epoch, sorted(r.changes)) for r in changed] == [(3, ["augmentation", "label_smoothing"])]
    for line in (run / "metrics.jsonl").read_text().splitlines():
        json.loads(line, parse_constant=pytest.fail)
    assert (verdict(run).outcome, verdict(run).exit_code) == ("finished", 0)
    assert (run / "checkpoints" / "best.json").exists()
    last = [r for r in records(run) if isinstance(r, Epoch)][-1]
    assert last.test_acc is not None and last.test_acc > 0.5  # chance is 0.1

    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(run / "tensorboard" / "0_resnet8"))
    events.Reload()
    scalars = events.Scalars("accuracy/test")
    assert [s.step for s in scalars] == [1, 2, 3, 4]
    assert scalars[-1].value == pytest.approx(last.test_acc)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGUSR1])  # SIGINT: terminal/test_hangup.py
def test_a_signal_in_the_middle_of_an_epoch_saves_and_the_resumed_run_equals_an_unbroken_one(
    make_runs: MakeRuns, uninterrupted: dict[int, tuple[float | None, ...]], number: signal.Signals
) -> None:
    run = make_runs(*FOUR, only=ONE)[0]
    process = engine(run)
    wait_for(run, Epoch, 1)
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode == 85
    assert verdict(run).outcome == "stopped"
    stopped = records(run)[-1]
    assert isinstance(stopped, RunStopped)
    assert finish(run) == 0
    resumed = [r for r in records(run) if isinstance(r, RunStarted)][-1]
    assert (resumed.epoch, resumed.step) == (stopped.epoch, stopped.step)
    assert figures(run) == uninterrupted
    assert not [r for r in records(run) if isinstance(r, Warned)]


@pytest.mark.slow
def test_a_kill_at_any_instant_loses_nothing(
    make_runs: MakeRuns, uninterrupted: dict[int, tuple[float | None, ...]]
) -> None:
    run = make_runs(*FOUR, only=ONE)[0]
    killed_while_training = 0
    for epochs in (1, 3):
        process = engine(run)
        wait_for(run, CheckpointSaved, epochs)
        time.sleep(0.03 * epochs)
        process.kill()
        process.communicate()
        killed_while_training += not (attempts(run)[-1] / "ended.json").exists()
    assert killed_while_training, "every kill came too late to test anything"
    assert finish(run) == 0
    assert figures(run) == uninterrupted
    assert not [r for r in records(run) if isinstance(r, Warned) and r.kind == "not repeated"]


@pytest.mark.slow
def test_a_resume_that_is_not_exact_says_so_with_the_difference(make_runs: MakeRuns) -> None:
    run = make_runs(*FOUR, only=ONE)[0]
    process = engine(run)
    wait_for(run, CheckpointSaved, 1)
    process.terminate()
    process.communicate(timeout=60)
    spec, file = read_spec(run)
    from msgspec.structs import replace

    write_spec(run, replace(spec, threads=2), file)
    assert finish(run) == 0
    warned = [r.message for r in records(run) if isinstance(r, Warned)]
    assert "threads 1 > 2" in warned[0]


@pytest.mark.slow
def test_a_request_in_the_folder_stops_after_the_epoch_and_only_once(make_runs: MakeRuns) -> None:
    run = make_runs(*FOUR, only=ONE)[0]
    (run / "control").mkdir()
    (run / "control" / "stop").touch()
    assert finish(run) == 85
    assert list(figures(run)) == [1]
    assert "after epoch 1" in verdict(run).reason
    assert finish(run) == 0
    assert list(figures(run)) == [1, 2, 3, 4]


def test_a_run_of_several_nodes_records_each_and_their_mean(make_runs: MakeRuns) -> None:
    run = make_runs("run.epochs=1", "run.phases=[]", "run.nodes=2", only="mixup0-*seed0*")[0]
    assert finish(run) == 0
    epochs = [r for r in records(run) if isinstance(r, Epoch)]
    assert [r.node for r in epochs] == [0, 1, None]
    accuracies = [r.test_acc or 0 for r in epochs]
    assert accuracies[2] == pytest.approx((accuracies[0] + accuracies[1]) / 2)
    assert sorted(p.name for p in (run / "tensorboard").iterdir()) == ["0_resnet8", "1_resnet8", "together"]


def test_only_one_engine_holds_a_run(make_runs: MakeRuns) -> None:
    run = make_runs("run.epochs=30", "run.phases=[]", only=ONE)[0]
    first = engine(run)
    wait_for(run, RunStarted)
    second = engine(run)
    output, _ = second.communicate(timeout=60)
    assert second.returncode == 2
    assert "another engine holds this run" in output
    first.terminate()
    first.communicate(timeout=60)
    assert first.returncode == 85
    assert len(attempts(run)) == 1


def test_several_folders_are_trained_in_turn_unless_they_must_not_share_a_process(make_runs: MakeRuns) -> None:
    runs = make_runs("run.epochs=1", "run.phases=[]", "run.deterministic=false", only="*seed0*")
    assert finish(*runs) == 0
    assert [verdict(run).outcome for run in runs] == ["finished", "finished"]
    strict = make_runs("run.epochs=1", "run.phases=[]")
    process = engine(*strict)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "shares its process with none" in output
    assert not attempts(strict[0])


def test_a_failure_is_told_in_the_folder_and_the_next_attempt_goes_on(make_runs: MakeRuns) -> None:
    run = make_runs("run.epochs=1", "run.phases=[]", only=ONE)[0]
    (run / "checkpoints").write_text("in the way")
    assert finish(run) == 1
    assert verdict(run).outcome == "failed"
    assert "checkpoints" in verdict(run).reason
    assert type(records(run)[-1]).__name__ == "RunFailed"
    (run / "checkpoints").unlink()
    assert finish(run) == 0


def test_a_loss_that_is_not_finite_is_a_warning_and_no_broken_line(make_runs: MakeRuns) -> None:
    run = make_runs("run.epochs=2", "run.phases=[]", "run.lr=1e30", "run.warmup_epochs=0", only=ONE)[0]
    assert finish(run) == 0
    warned = [r for r in records(run) if isinstance(r, Warned)]
    assert [w.kind for w in warned] == ["not finite"]
    for line in (run / "metrics.jsonl").read_text().splitlines():
        json.loads(line, parse_constant=pytest.fail)


@pytest.mark.parametrize("arguments", [(), ("relative/folder",), ("--help",), ("/nowhere/at/all",)])
def test_wrong_arguments_are_two_lines_and_exit_code_2(arguments: tuple[str, ...]) -> None:
    process = engine(*arguments)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "error:" in output and "Traceback" not in output


def test_of_several_folders_one_that_fails_keeps_none_from_its_turn(make_runs: MakeRuns) -> None:
    runs = make_runs("run.epochs=1", "run.phases=[]", "run.deterministic=false", only="*seed0*")
    (runs[0] / "checkpoints").write_text("in the way")
    assert finish(*runs) == 1
    assert [verdict(run).outcome for run in runs] == ["failed", "finished"]


def test_early_stopping_ends_a_run_as_finished_and_says_why(make_runs: MakeRuns) -> None:
    settings = ("run.epochs=60", "run.holdout=0.2", "run.early_stop_patience=1", "run.lr=1e-9", "run.warmup_epochs=0")
    run = make_runs(*settings, "run.criterion=val_acc", only=ONE)[0]
    assert finish(run) == 0
    assert verdict(run).outcome == "finished"
    assert "val_acc has not improved for 1 epochs" in verdict(run).reason
    assert max(figures(run)) < 60


def test_images_replaced_since_the_run_was_planned_are_refused(make_runs: MakeRuns, tmp_path: Path) -> None:
    from PIL import Image

    for split in ("train", "test"):
        for name, level in (("dark", 10), ("light", 240)):
            (tmp_path / "images" / split / name).mkdir(parents=True)
            for i in range(4):
                Image.new("RGB", (8, 8), (level + i,) * 3).save(tmp_path / "images" / split / name / f"{i}.png")
    bring = [sys.executable, "-P", "-m", "engine.data", "import", "shades", "--from", str(tmp_path / "images")]
    subprocess.run(bring, check=True, capture_output=True)
    run = make_runs("run.epochs=1", "run.data=shades", "run.augmentation=none", only=ONE)[0]
    Image.new("RGB", (8, 8), (99, 0, 0)).save(tmp_path / "images" / "train" / "dark" / "0.png")
    subprocess.run([*bring, "--replace"], check=True, capture_output=True)
    assert finish(run) == 2
    assert "holds other images than when this run was planned" in verdict(run).reason
