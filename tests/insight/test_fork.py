"""What is said and drawn of forks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from cockpit.changes import Change, changed
from cockpit.fork import plan_fork
from cockpit.insight.fork import branch, fallen, in_words, rates
from cockpit.launch.prepare import prepare
from cockpit.runs import RunsFolder
from engine.contract import schedule

MakeRuns = Callable[..., list[Path]]
Leave = Callable[..., None]


@pytest.fixture
def run(make_runs: MakeRuns, leave: Leave) -> Path:
    made = make_runs("run.epochs=8", "run.phases=[{from_epoch=7, augmentation='none'}]", only="mixup0.2-seed0*")[0]
    leave(made, epochs=6, kept=(3, 5, 6), best=3)
    return made


@pytest.fixture
def plan(run: Path, root: Path) -> Callable[..., Change]:
    return lambda *changes: with_true_rate(plan_fork(run, 5, changes, root=root).change)


def with_true_rate(change: Change) -> Change:
    return replace(change, before=replace(change.before, lr=schedule.lr(change.parent, change.epoch - 1)))


def test_it_is_told_what_changes_and_what_no_longer_does(plan: Callable[..., Change]) -> None:
    assert in_words(plan("augmentation=basic", "epochs=9", "lr=0.01")) == [
        "goes on after epoch 5 (test 50.00 %), with 4 epochs to train, 6 to 9",
        "epochs 8 > 9",
        "from epoch 6: augmentation crop > basic",
        "from epoch 6: lr 0.1 > 0.01",
        "no longer from epoch 7: augmentation crop > none",
        "learning rate 0.05 in epoch 5, 0.004132 in epoch 6 (its parent's: 0.03087)",
    ]


def test_one_that_changes_nothing_says_so(plan: Callable[..., Change]) -> None:
    told = in_words(plan())
    assert told[1:] == [
        "nothing is changed: it repeats its parent",
        "learning rate 0.05 in epoch 5, 0.03087 in epoch 6, as its parent's",
    ]


def test_a_schedule_that_begins_anew_is_told_though_no_setting_differs(plan: Callable[..., Change]) -> None:
    assert "from epoch 6: lr_schedule cosine begins anew" in in_words(plan("lr_schedule=cosine"))


def test_what_plateau_has_made_of_the_rate_is_seen_and_stays(plan: Callable[..., Change]) -> None:
    change = plan("lr=0.2")
    parent = replace(change.parent, lr_schedule="plateau", holdout=0.1)
    fell = replace(change, parent=parent, spec=changed(parent, 5, {"lr": 0.2}))
    fell = replace(fell, before=replace(fell.before, lr=0.01))
    assert (fallen(change), fallen(fell)) == (1.0, 0.1)
    told = "learning rate 0.01 in epoch 5, 0.02 in epoch 6 (its parent's: 0.01); plateau has multiplied it by 0.1"
    assert in_words(fell)[-1] == f"{told}, which stays"


def test_both_rates_are_drawn_on_one_scale_and_part_only_after_the_fork(plan: Callable[..., Change]) -> None:
    theirs, ours = rates(plan("lr=0.2", "lr_schedule=constant", "epochs=12"), 60)
    assert theirs[-1].split() == ["1", "6", "7", "12"] and ours[-1].split() == ["1", "6", "7", "12"]
    shared = theirs[-1].index("6")
    for mine, other in zip(ours[:-1], theirs[:-1], strict=True):
        assert mine[:shared].rstrip() == other[:shared].rstrip()
    assert theirs[0] == ours[0].split()[0] == "0.2"  # the parent's rate does not reach so high
    assert all(line.endswith("█") for line in ours[:-1])
    ascii_only = rates(plan("lr=0.2"), 60, ascii_only=True)
    assert all(line.isascii() for lines in ascii_only for line in lines)


def test_a_fork_knows_where_it_left_its_parents_curve(run: Path, root: Path) -> None:
    made = prepare(plan_fork(run, 3, ["lr=0.01"], root=root).plan, root)[0]
    renamed = run.rename(run.with_name(f"renamed-{run.name[-6:]}"))
    seen = {s.path: s for s in RunsFolder(root).poll()}
    found = branch(seen[made], list(seen.values()))
    assert found and (found.epoch, found.parent) == (3, "renamed")
    assert [e.epoch for e in found.beyond] == [3, 4, 5, 6]
    alone = branch(seen[made], [seen[made]])
    assert alone and (alone.parent, alone.beyond) == (f"quickstart/{run.name}", ())
    parent = seen[renamed]
    assert branch(parent, list(seen.values())) is None
