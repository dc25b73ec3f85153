"""`cockpit import`: folders that appear whole, stay the same runs, and are never run."""

from __future__ import annotations

import os

import pytest
from written import torch_files

from cockpit import handling, imported
from cockpit.imports import store
from cockpit.imports.store import bring
from cockpit.runs import ROUND, RunsFolder, find
from cockpit.status import status_of
from engine.contract.errors import UserError


def curve(*values: float) -> dict[str, dict[int, float]]:
    return {"test_acc": dict(enumerate(values, 1))}


def test_importing_again_updates_and_never_duplicates(root, tb):
    torch_files(tb / "a", curve(0.1, 0.2), at=1000)
    torch_files(tb / "b", curve(0.3), at=1000)
    assert [b.did for b in bring(root, tb, "old", (), dry_run=False).brought] == ["new", "new"]
    assert [b.did for b in bring(root, tb, "old", (), dry_run=False).brought] == ["unchanged", "unchanged"]
    torch_files(tb / "a", {"test_acc": {3: 0.3}}, at=2000, filename_suffix=".more")
    folder = RunsFolder(root)
    assert [len(run.epochs) for run in folder.poll()] == [2, 1]
    assert [b.did for b in bring(root, tb, "old", (), dry_run=False).brought] == ["updated", "unchanged"]
    seen = [[len(run.epochs) for run in folder.poll()] for _ in range(ROUND)]
    assert seen[-1] == [3, 1], "a cockpit that watches sees the update when it looks at what is at rest"


def test_a_part_of_it_imported_alone_is_the_same_session(root, tb):
    torch_files(tb / "deep" / "a", curve(0.1))
    first = bring(root, tb, "old", (), dry_run=False).brought[0].run
    assert bring(root, tb / "deep" / "a", "old", (), dry_run=False).brought[0].run == first
    assert find(root) == [first]


def test_a_dry_run_writes_nothing(root, tb):
    torch_files(tb / "a", curve(0.1))
    assert bring(root, tb, "old", (), dry_run=True).brought[0].did == "new"
    assert not root.exists()


def test_it_appears_whole_or_not_at_all(root, tb, monkeypatch):
    torch_files(tb / "a", curve(0.1))

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store.imported, "write", full)
    with pytest.raises(UserError, match="No space left"):
        bring(root, tb, "old", (), dry_run=False)
    assert list((root / "old").iterdir()) == []


def test_it_is_over_and_says_where_it_came_from(root, tb):
    torch_files(tb / "a", curve(0.1))
    run = bring(root, tb, "old", (), dry_run=False).brought[0].run
    status = status_of(run)
    assert status.word == "finished" and status.reason == f"imported from {tb / 'a'}"


def test_no_command_runs_it(root, tb, cockpit, monkeypatch):
    monkeypatch.setattr(handling, "ensure", lambda root: None)
    torch_files(tb / "a", curve(0.1, 0.2))
    run = bring(root, tb, "old", (), dry_run=False).brought[0].run
    before = sorted(path.name for path in run.iterdir())
    for command in ("resume", "retry", "stop"):
        came = cockpit(command, "old/a", "--runs", str(root))
        assert came.returncode == 1 and "finished, left as it is" in came.stdout, command
    assert sorted(path.name for path in run.iterdir()) == before


def test_what_the_command_says(root, tb, cockpit):
    torch_files(tb / "a", {"top": {1: 50, 2: 71.5}, "hidden": {1: 1, 2: 1}})
    torch_files(tb / "empty", {})
    came = cockpit("import", "--tensorboard", str(tb), "--map", "top=test_acc", "--runs", str(root))
    assert came.returncode == 0, came.stderr
    assert came.stdout.splitlines()[0].split() == ["session", "epochs", "last", "best"]
    assert "71.50  71.50" in came.stdout and "top is test_acc" in came.stdout
    assert "  top is in percent, and was divided by 100" in came.stdout
    assert "  without a scalar, and so left out: empty" in came.stdout
    assert came.stdout.endswith("1 session: 1 new; look at them: cockpit --group tb\n")
    listed = cockpit("ls", "--runs", str(root)).stdout
    assert "finished" in listed and "2/2" in listed and "71.50" in listed


def test_a_folder_whose_name_is_no_utf8_is_imported_and_found_again(root, tb, cockpit):
    torch_files(tb / "a", curve(0.1, 0.2))
    (tb / "a").rename(os.fsdecode(os.fsencode(tb / "a") + b"\xff"))
    told = [cockpit("import", "--tensorboard", str(tb), "--runs", str(root)) for _ in range(2)]
    assert [came.returncode for came in told] == [0, 0], told[0].stderr
    assert "1 session: 1 new" in told[0].stdout and "1 session: 1 unchanged" in told[1].stdout
    (run,) = find(root)
    assert status_of(run).reason == f"imported from {tb}/a\\xff"


def test_a_pipe_is_told_and_never_waited_for(root, tb, cockpit):
    torch_files(tb / "a", curve(0.1))
    os.mkfifo(tb / "a" / "x.tfevents.2")
    came = cockpit("import", "--tensorboard", str(tb), "--runs", str(root))
    assert came.returncode == 0 and "a/x.tfevents.2: is no file that holds anything" in came.stdout


def test_a_damaged_imported_toml_is_told(root, tb):
    torch_files(tb / "a", curve(0.1))
    run = bring(root, tb, "old", (), dry_run=False).brought[0].run
    (run / imported.FILE).write_text("source = 3\n")
    (seen,) = RunsFolder(root).poll()
    assert "source: expected str" in seen.problem


def test_nothing_is_imported_among_published_results(root, tb):
    torch_files(tb / "a", curve(0.1))
    with pytest.raises(UserError, match="only to be read"):
        bring(root / "published", tb, "old", (), dry_run=False)
    assert not root.exists()


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--tensorboard", "nowhere"], "no such folder"),
        (["--tensorboard", "."], "no TensorBoard event file"),
        (["--tensorboard", "TB", "--map", "test_ac=test_acc"], "did you mean 'test_acc'?"),
        (["--tensorboard", "TB", "--map", "test_acc=tst_acc"], "did you mean 'test_acc'?"),
        (["--tensorboard", "TB", "--map", "test_acc"], "not of the form TAG=FIELD"),
        (["--tensorboard", "TB", "--group", "published"], "cannot be a group's name"),
    ],
)
def test_mistakes_are_told(root, tb, tmp_path, cockpit, arguments, problem):
    torch_files(tb / "a", curve(0.1))
    empty = tmp_path / "empty"
    empty.mkdir()
    named = [str(tb) if a == "TB" else str(empty) if a == "." else a for a in arguments]
    came = cockpit("import", *named, "--runs", str(root))
    assert came.returncode == 2 and problem in came.stderr and not root.exists()


def test_a_session_that_cannot_be_replayed_is_told(root, tb, cockpit):
    torch_files(tb / "a", curve(0.1, 0.2))
    torch_files(tb / "b", curve(0.1, 0.2))
    bring(root, tb, "old", (), dry_run=False)
    came = cockpit("replay", "old/*", "--runs", str(root))
    assert came.returncode == 2 and "means 2 runs" in came.stderr
    came = cockpit("replay", "old/a", "--runs", str(root))
    assert came.returncode == 2 and "the app needs a terminal" in came.stderr
