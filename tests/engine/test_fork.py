"""Forks that train for real: they go on from exactly that checkpoint, and stand alone."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from cockpit.fork import plan_fork
from cockpit.launch.prepare import prepare
from cockpit.plan import plan
from engine.__main__ import run_one
from engine.contract.errors import UserError
from engine.contract.folder import Ended, attempts, read_json, read_spec
from engine.contract.stream import AnyRecord, CheckpointSaved, Epoch, Reader, RunStarted, Warned
from engine.stopping import Stop

Figures = dict[tuple[int | None, int], tuple[float | None, ...]]
#: Everything that a checkpoint can hold: momentum, a running mean, what early stopping has waited.
SETTINGS = (
    "run.epochs=5", "run.ema=0.9", "run.holdout=0.2", "run.early_stop_patience=4", "run.lr_schedule='plateau'",
    "run.lr_patience=0", "run.checkpoint_epochs=[1,2,3]", "run.phases=[{from_epoch=4, augmentation='none'}]",
)  # fmt: skip


def engine(run: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-P", "-m", "engine", str(run)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd="/")


def finish(run: Path) -> int:
    """Train a run to its end, in this very process, which has torch already."""
    spec, file = read_spec(run)
    try:
        return run_one(run, spec, file.inputs, Stop())
    finally:
        torch.use_deterministic_algorithms(False)
        torch.backends.cudnn.benchmark = False


def records(run: Path) -> list[AnyRecord]:
    return Reader(run / "metrics.jsonl").poll()


def figures(run: Path) -> Figures:
    """What counts of every epoch, less what a clock decides."""
    return {
        (r.node, r.epoch): (
            r.lr, r.train_acc, r.train_loss, r.train_acc_clean, r.val_acc, r.val_loss, r.test_acc, r.test_loss
        )
        for r in records(run)
        if isinstance(r, Epoch) and r.stage == "train"
    }  # fmt: skip


def fork(run: Path, epoch: int, *changes: str) -> Path:
    root = run.parent.parent
    return prepare(plan_fork(run, epoch, changes, root=root).plan, root)[0]


def weights(run: Path, epoch: int) -> dict[str, object]:
    return torch.load(run / "checkpoints" / f"epoch-{epoch:04d}.pt", weights_only=True)


def same(a: object, b: object) -> bool:
    """Whether two states are equal to the bit."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    return torch.equal(a, b) if isinstance(a, torch.Tensor) and isinstance(b, torch.Tensor) else a == b


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A parent at its end, with checkpoints of its first epochs."""
    run = prepare(plan("quickstart", SETTINGS, only="mixup0.2-seed0*"), tmp_path_factory.mktemp("forks"))[0]
    assert finish(run) == 0
    return run


@pytest.fixture
def parent(trained: Path, tmp_path: Path) -> Path:
    """The same, to do with as one likes."""
    shutil.copytree(trained.parent, tmp_path / "runs" / trained.parent.name)
    return tmp_path / "runs" / trained.parent.name / trained.name


def test_without_a_change_a_fork_is_its_parent_to_the_bit_state_and_all(parent: Path) -> None:
    made = fork(parent, 2)
    expected = figures(parent)
    assert finish(made) == 0
    assert figures(made) == expected
    assert same(weights(made, 3), weights(parent, 3)) and same(weights(made, 5), weights(parent, 5))
    assert not [r for r in records(made) if isinstance(r, Warned) and r.kind in ("not exact", "not repeated")]
    begun = [r for r in records(made) if isinstance(r, RunStarted)]
    assert [(r.epoch, r.attempt) for r in begun] == [(0, 0), (2, 1)]


def test_another_schedule_holds_from_the_fork_on_and_the_parent_may_be_gone(parent: Path) -> None:
    made = fork(parent, 3, "lr=0.02", "lr_schedule=constant", "mixup=0", "epochs=6")
    before = figures(parent)
    shutil.rmtree(parent)
    assert finish(made) == 0
    after = figures(made)
    assert {key: after[key] for key in before if key[1] <= 3} == {key: before[key] for key in before if key[1] <= 3}
    assert after[None, 4] != before[None, 4]
    assert (None, 6) in after
    fell = after[None, 4][0] / 0.02  # type: ignore[operator]
    assert fell in (1.0, pytest.approx(0.1), pytest.approx(0.01)) and after[None, 6][0] == after[None, 4][0]
    # That its settings are others is what a fork is, and no inexact resume.
    assert not [r for r in records(made) if isinstance(r, Warned) and r.kind == "not exact"]

    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(made / "tensorboard" / "0_resnet8"))
    events.Reload()
    assert [s.step for s in events.Scalars("accuracy/test")] == [1, 2, 3, 4, 5, 6]


def test_a_fork_that_is_killed_goes_on_like_any_run(parent: Path) -> None:
    made, expected = fork(parent, 1), figures(parent)
    process = engine(made)
    while sum(isinstance(r, CheckpointSaved) and r.attempt == 1 for r in records(made)) < 1:
        assert process.poll() is None
        time.sleep(0.02)
    process.kill()
    process.communicate()
    assert not (attempts(made)[-1] / "ended.json").exists(), "the kill came too late to test anything"
    assert finish(made) == 0
    assert figures(made) == expected


def test_a_fork_of_a_fork_goes_on_from_there(parent: Path) -> None:
    expected = figures(parent)
    first = fork(parent, 2)
    assert finish(first) == 0
    shutil.rmtree(parent)
    second = fork(first, 4, "label_smoothing=0.3")
    shutil.rmtree(first)
    assert finish(second) == 0
    after = figures(second)
    assert [after[None, e] == expected[None, e] for e in (1, 2, 3, 4, 5)] == [True] * 4 + [False]


def test_a_fork_without_a_good_beginning_fails_and_does_not_begin_from_nothing(parent: Path) -> None:
    made = fork(parent, 2)
    file = made / "checkpoints" / "epoch-0002.pt"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.unlink()
    file.write_bytes(content)
    assert finish(made) == 2
    ended = read_json(attempts(made)[-1] / "ended.json", Ended)
    assert ended and "no good checkpoint of epoch 2" in ended.reason and "fork again" in ended.reason
    assert list(figures(made)) == [(None, 1), (None, 2)]


def test_networks_that_teach_one_another_are_forked_together(tmp_path: Path) -> None:
    settings = ("run.epochs=3", "run.phases=[]", "run.nodes=2", "run.objective='mutual'", "run.checkpoint_epochs=[1]")
    parent = prepare(plan("quickstart", settings, only="mixup0-*seed0*"), tmp_path / "runs")[0]
    assert finish(parent) == 0
    made = fork(parent, 1)
    assert finish(made) == 0
    assert figures(made) == figures(parent)
    assert {node for node, _ in figures(made)} == {0, 1, None}


def test_a_student_is_forked_with_its_teacher_which_must_still_be_there(parent: Path) -> None:
    root = parent.parent.parent
    settings = (
        "run.epochs=2", "run.phases=[]", "run.objective='logit'", f"run.teacher='quickstart/{parent.name}'",
        "run.checkpoint_epochs=[1]",
    )  # fmt: skip
    student = prepare(plan("quickstart", settings, only="mixup0-*seed0*", root=root), root)[0]
    assert finish(student) == 0
    made = fork(student, 1)
    assert finish(made) == 0
    assert figures(made) == figures(student)
    shutil.rmtree(parent)
    with pytest.raises(UserError, match=f"the run that teaches it, quickstart/{parent.name}, is not in"):
        plan_fork(student, 1, ["lr=0.01"], root=root)
