"""A fork's folder: there whole or not at all, standing without its parent; and the command that makes one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cockpit import cli, request
from cockpit.fork import checkpoints, plan_fork
from cockpit.launch import begin, branch
from cockpit.launch.prepare import prepare
from cockpit.runs import RunsFolder, find
from cockpit.snapshot import Snapshot
from engine.contract.checkpoints import best_manifest, damage
from engine.contract.errors import UserError
from engine.contract.folder import Ended, claim, publish, read_spec
from engine.contract.stream import CheckpointSaved, Epoch, Forked, Reader, RunStarted, Writer

MakeRuns = Callable[..., list[Path]]
Leave = Callable[..., None]


@pytest.fixture
def run(make_runs: MakeRuns, leave: Leave) -> Path:
    made = make_runs("run.epochs=8", only="mixup0.2-seed0*")[0]
    leave(made, epochs=6, kept=(3, 5, 6), best=3)
    return made


def cockpit(root: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli.app, ["--runs", str(root), "fork", *arguments])


def fork(run: Path, root: Path, epoch: int = 5, *changes: str) -> Path:
    return prepare(plan_fork(run, epoch, changes, root=root).plan, root)[0]


def snapshot(root: Path, path: Path) -> Snapshot:
    return next(s for s in RunsFolder(root).poll() if s.path == path)


def test_it_holds_its_parents_records_and_checkpoint_and_the_best_one_so_far(run: Path, root: Path) -> None:
    made = fork(run, root, 5, "lr=0.01")
    records = Reader(made / "metrics.jsonl").poll()
    assert [r.epoch for r in records if isinstance(r, Epoch)] == [1, 2, 3, 4, 5]
    assert [r.file for r in records if isinstance(r, CheckpointSaved)] == ["epoch-0003.pt", "epoch-0005.pt"]
    last = records[-1]
    assert isinstance(last, Forked) and (last.name, last.epoch) == (run.name, 5)
    assert [m.epoch for m in checkpoints(made)] == [3, 5]
    best = best_manifest(made / "checkpoints")
    assert best and best.epoch == 3
    assert not list(run.parent.glob(".*"))


def test_it_stands_when_its_parent_is_removed(run: Path, root: Path) -> None:
    made = fork(run, root)
    shutil.rmtree(run)
    assert [damage(made / "checkpoints" / m.file, m) for m in checkpoints(made)] == ["", ""]
    seen = snapshot(root, made)
    assert seen.parent and seen.parent.name == run.name
    assert (seen.epoch, seen.status.word, seen.problem) == (5, "queued", "")
    assert plan_fork(made, 5, ["mixup=0"], root=root).plan.runs[0].label.endswith("-fork5-fork5-mixup0")


def test_what_a_new_engine_saves_in_one_of_them_is_not_seen_in_the_other(run: Path, root: Path) -> None:
    made = fork(run, root)
    publish(run / "checkpoints" / "epoch-0005.pt", b"another")
    assert [damage(made / "checkpoints" / m.file, m) for m in checkpoints(made)] == ["", ""]


def test_where_files_cannot_have_two_names_they_are_copied(run: Path, root: Path, monkeypatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(branch.os, "link", refuse)
    made = fork(run, root)
    ours, theirs = made / "checkpoints" / "epoch-0005.pt", run / "checkpoints" / "epoch-0005.pt"
    assert ours.read_bytes() == theirs.read_bytes() and not ours.samefile(theirs)


def test_asked_for_twice_it_is_found_again_whatever_it_is_called(run: Path, root: Path) -> None:
    made = fork(run, root, 5, "lr=0.01")
    again = prepare(plan_fork(run, 5, ["run.lr=0.010"], root=root, label="other").plan, root)[0]
    assert again == made
    assert len(find(root)) == 2


def test_a_kill_before_it_is_whole_leaves_no_run_and_the_next_try_makes_it(run: Path, root: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from cockpit.fork import plan_fork; from cockpit.launch.prepare import *;"
        "root = Path(sys.argv[2]); prepare(plan_fork(Path(sys.argv[1]), 5, root=root).plan, root)"
    )
    command = [sys.executable, "-c", script, str(run), str(root)]
    killed = subprocess.run(command, env=os.environ | {"COCKPIT_FAIL_AT": "filled"}, check=False)
    assert killed.returncode == -9
    assert find(root) == [run]
    left = list(run.parent.glob(".*forked-*"))
    assert len(left) == 1
    os.utime(left[0], (0, 0))
    made = fork(run, root)
    assert find(root) == sorted([run, made])
    assert not list(run.parent.glob(".*"))


def test_a_checkpoint_that_goes_while_it_is_forked_is_told_and_nothing_is_left(run: Path, root: Path) -> None:
    planned = plan_fork(run, 5, root=root).plan
    (run / "checkpoints" / "epoch-0005.pt").unlink()
    with pytest.raises(UserError, match="no longer there"):
        prepare(planned, root)
    assert find(root) == [run] and not list(run.parent.glob(".*"))


def test_a_damaged_best_one_is_told_of_and_left_out(run: Path, root: Path) -> None:
    (run / "checkpoints" / "epoch-0003.pt").write_bytes(b"statf 3")
    asked = plan_fork(run, 5, root=root).plan
    assert "the best of its first 5 epochs, 3, has a damaged checkpoint" in asked.cautions[0]
    made = prepare(asked, root)[0]
    assert [m.epoch for m in checkpoints(made)] == [5] and best_manifest(made / "checkpoints") is None
    assert not (made / "checkpoints" / "epoch-0003.pt").exists()
    told = [r.file for r in Reader(made / "metrics.jsonl").poll() if isinstance(r, CheckpointSaved)]
    assert told == ["epoch-0005.pt"]


def test_where_something_else_lies_it_is_not_made_as_a_run_that_could_not_go_on(run: Path, root: Path) -> None:
    asked = plan_fork(run, 5, root=root).plan
    there = root / asked.runs[0].group / asked.runs[0].name
    publish(there / "note.md", b"what is left of one that was removed\n")
    with pytest.raises(UserError, match="is no run"):
        prepare(asked, root)
    assert find(root) == [run] and not (there / "spec.toml").exists()


def test_one_that_somebody_else_made_meanwhile_stays_theirs(run: Path, root: Path, monkeypatch) -> None:
    planned = plan_fork(run, 5, root=root).plan
    whole = branch._fill

    def overtaken(*asked: object) -> None:
        whole(*asked)  # type: ignore[arg-type]
        monkeypatch.setattr(branch, "_fill", whole)
        prepare(planned, root)

    monkeypatch.setattr(branch, "_fill", overtaken)
    made = prepare(planned, root)[0]
    assert find(root) == sorted([run, made]) and not list(run.parent.glob(".*"))


def test_its_first_attempt_resumes_nothing_and_its_second_does(run: Path, root: Path) -> None:
    made = fork(run, root)

    def begun(attempt: int, epoch: int) -> None:
        writer = Writer(made / "metrics.jsonl", attempt)
        writer.append(
            RunStarted(
                epochs=8, steps_per_epoch=1, train_images=1, test_images=1, parameters=(1,), device="cpu",
                environment={}, epoch=epoch,
            )
        )  # fmt: skip
        writer.close()

    begun(1, 5)
    assert snapshot(root, made).resumes == ()
    begun(2, 6)
    assert snapshot(root, made).resumes == (7,)


# The command


def test_without_an_epoch_it_lists_those_that_can_be(run: Path, root: Path) -> None:
    told = cockpit(root, run.name).stdout.splitlines()
    assert [line.split() for line in told[1:4]] == [["3", "50.00", "best"], ["5", "50.00"], ["6", "50.00", "newest"]]
    assert told[4] == f"fork with: cockpit fork quickstart/{run.name} --at 6 --set lr=0.01"


def test_a_dry_run_tells_what_it_does_to_the_rate_and_makes_nothing(run: Path, root: Path) -> None:
    told = cockpit(root, run.name, "--at", "5", "--set", "lr_schedule=constant", "--dry-run").stdout
    assert f"Fork of quickstart/{run.name} at epoch 5" in told
    assert "from epoch 6: lr_schedule cosine > constant" in told
    assert "learning rate 0.1 in epoch 5, " in told and "drawn, its parent's:" in told
    assert find(root) == [run]


def test_detached_it_is_asked_for_like_any_run(run: Path, root: Path, monkeypatch) -> None:
    monkeypatch.setattr(begin, "ensure", lambda root: None)
    told = cockpit(root, run.name, "--at", "5", "--set", "run.lr=0.01", "--group", "forks", "--detach")
    assert told.exit_code == 0 and "asked for forks/" in told.stdout
    made = find(root, "forks")[0]
    assert request.everything(root) == [made]
    assert read_spec(made)[1].title == f"Fork of quickstart/{run.name} at epoch 5"


def test_a_mistake_is_told_before_anything_is_made(run: Path, root: Path) -> None:
    for wrong in (
        ["--at", "4"],
        ["--at", "5", "--set", "lr"],
        ["--set", "lr=1"],
        ["--at", "5", "--backend", "slurm"],
    ):
        assert isinstance(cockpit(root, run.name, *wrong).exception, UserError), wrong
    unknown = cockpit(root, "nothing-like-it", "--at", "5").exception
    assert isinstance(unknown, UserError) and "no run of this name" in unknown.problem
    assert find(root) == [run]


def test_a_fork_that_has_finished_is_left_as_it_is(run: Path, root: Path, monkeypatch) -> None:
    monkeypatch.setattr(begin, "ensure", lambda root: None)
    made = fork(run, root)
    publish(claim(made, []) / "ended.json", Ended(outcome="finished", exit_code=0, time=0.0))
    assert "finished" in cockpit(root, run.name, "--at", "5", "--dry-run").stdout
    cockpit(root, run.name, "--at", "5", "--detach")
    assert not (made / "queue.json").exists()
