"""Factor transfer's paraphraser learns before the student, as a stage of its own that survives a kill."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cockpit.launch.prepare import prepare
from cockpit.plan import plan
from cockpit.runs import RunsFolder
from engine.contract.stream import AnyRecord, CheckpointSaved, Epoch, Reader, StageStarted

PRESET = """
title = "Factor transfer"
[run]
data = "digits"
model = "resnet8"
epochs = 2
batch_size = 64
lr = 0.05
threads = 1
device = "cpu"
deterministic = true
pretrain_epochs = 6
[grid.method.teacher]
epochs = 1
[grid.method.student]
objective = "factor_transfer"
teacher = { method = "teacher" }
"""


def engine(run: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-P", "-m", "engine", str(run)], stdout=subprocess.DEVNULL)


def records(run: Path) -> list[AnyRecord]:
    return Reader(run / "metrics.jsonl").poll()


def losses(run: Path) -> dict[tuple[str, int], float | None]:
    """What every epoch of both stages came to, by the highest attempt."""
    return {(r.stage, r.epoch): r.train_loss for r in records(run) if isinstance(r, Epoch)}


def runs(tmp_path: Path, root: Path) -> tuple[Path, Path]:
    (tmp_path / "ft.toml").write_text(PRESET)
    teacher, student = prepare(plan(str(tmp_path / "ft.toml")), root)
    assert engine(teacher).wait(120) == 0
    return teacher, student


@pytest.mark.slow
def test_the_stage_before_survives_a_kill_and_comes_out_as_if_there_had_been_none(tmp_path: Path) -> None:
    _, whole = runs(tmp_path, tmp_path / "whole")
    assert engine(whole).wait(120) == 0
    _, killed = runs(tmp_path, tmp_path / "killed")
    process = engine(killed)
    while sum(isinstance(r, CheckpointSaved) for r in records(killed)) < 2:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    cut = losses(killed)
    assert ("train", 1) not in cut
    assert engine(killed).wait(120) == 0
    assert losses(killed) == losses(whole)
    stages = [(r.stage, r.epochs) for r in records(whole) if isinstance(r, StageStarted)]
    assert stages == [("paraphraser", 6), ("train", 2)]
    rebuilt = [loss for (stage, _), loss in losses(whole).items() if stage == "paraphraser"]
    assert rebuilt[-1] is not None and rebuilt[0] is not None and rebuilt[-1] < rebuilt[0]
    # Its epochs are no epochs of the training: no screen takes one for the other.
    [snapshot] = [s for s in RunsFolder(tmp_path / "killed").poll() if s.path == killed]
    assert [e.epoch for e in snapshot.epochs] == [1, 2]
