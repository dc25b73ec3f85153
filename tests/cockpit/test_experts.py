"""Experts of several shards: which belong together, and what they score together, measured by the real engine."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from cockpit.experts import expert_sets, in_words, measured
from cockpit.launch.control import ask
from cockpit.launch.prepare import prepare
from cockpit.launch.supervisor import Supervisor
from cockpit.plan import plan
from cockpit.runs import RunsFolder
from engine.contract.folder import Ended, claim, publish

PRESET = """
title = "Experts"
kind = "experts"
[run]
data = "digits"
model = "resnet8"
epochs = 1
batch_size = 32
lr = 0.05
threads = 1
device = "cpu"
shards = 3
[grid]
run.shard_index = [0, 1, 2]
run.seed = [0, 1]
"""


def prepared(tmp_path: Path, root: Path, only: str | None = None) -> list[Path]:
    (tmp_path / "experts.toml").write_text(PRESET)
    return prepare(plan(str(tmp_path / "experts.toml"), only=only), root)


def test_a_set_is_the_finished_runs_that_differ_in_nothing_but_their_shard(tmp_path: Path, root: Path) -> None:
    for run in prepared(tmp_path, root):
        outcome = "failed" if run.name.startswith("shard_index2-seed1") else "finished"
        publish(claim(run, []) / "ended.json", Ended(outcome=outcome, exit_code=0, time=time.time()))  # type: ignore[arg-type]
    sets = expert_sets(RunsFolder(root).poll())
    assert [(s.label, len(s.runs), s.shards) for s in sets] == [("seed0", 3, 3), ("seed1", 2, 3)]


@pytest.mark.slow
def test_the_ensemble_of_a_set_is_measured_on_the_test_set(tmp_path: Path, root: Path) -> None:
    paths = prepared(tmp_path, root, only="*-seed0")
    ask(paths)
    supervisor = Supervisor(root)
    while supervisor.tick().is_open:
        time.sleep(0.1)
    sets = expert_sets(RunsFolder(root).poll())
    [found] = measured(sets, "last")
    # Each expert scores what its own last epoch was measured at: the same network on the same images.
    assert found.each == pytest.approx([run.last.test_acc for run in sets[0].runs if run.last])
    assert found.ensemble_acc is not None and min(found.each) <= found.ensemble_acc <= 1
    assert found.agreement is not None and 0 < found.agreement < 1
    assert "3 of 3 experts" in in_words(sets[0], found, "last").plain
    command = [sys.executable, "-P", "-m", "cockpit.cli", "ensemble", "--runs", str(root)]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert f"ensemble {found.ensemble_acc:.2%}".replace("%", " %") in printed
    for file in (paths[0] / "checkpoints").glob("*.pt"):
        file.write_bytes(b"damaged")
    [refused] = measured(sets, "last")
    assert "sha256" in refused.problem and refused.ensemble_acc is None
