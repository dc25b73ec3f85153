"""Planning a fork: what its settings become, where it can begin, and every reason why not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from cockpit.changes import changed, effective, parse_changes
from cockpit.fork import checkpoints, plan_fork
from engine.contract import schedule
from engine.contract.checkpoints import CheckpointManifest
from engine.contract.errors import UserError
from engine.contract.folder import publish, read_spec
from engine.contract.spec import Spec, check_spec, identity, setting

MakeRuns = Callable[..., list[Path]]
Leave = Callable[..., None]
PHASES = [{"from_epoch": 4, "mixup": 0.1}, {"from_epoch": 8, "mixup": 0.0, "augmentation": "none"}]


def parent(**settings: object) -> Spec:
    table = {"data": "digits", "model": "resnet8", "epochs": 10, "mixup": 0.2, "augmentation": "crop"}
    return check_spec(table | {"phases": PHASES} | settings, "test")


@pytest.fixture
def run(make_runs: MakeRuns, leave: Leave) -> Path:
    """Quickstart's first run, six epochs done, with checkpoints of some of them."""
    made = make_runs("run.epochs=8", only="mixup0.2-seed0*")[0]
    leave(made, epochs=6, kept=(3, 5, 6), best=3)
    return made


# What its settings become


def test_its_settings_are_its_parents_up_to_the_fork_and_the_new_ones_to_the_end() -> None:
    made = changed(parent(), 5, {"mixup": 0.3})
    assert [schedule.at(made, e).mixup for e in (1, 4, 5, 6, 8, 10)] == [0.2, 0.1, 0.1, 0.3, 0.3, 0.3]
    assert [schedule.at(made, e).augmentation for e in (5, 7, 8)] == ["crop", "crop", "none"]
    assert [phase["from_epoch"] for phase in made.phases] == [4, 6, 8]


def test_a_phase_of_the_parent_that_begins_with_the_fork_gives_way_in_what_is_changed() -> None:
    made = changed(parent(), 7, {"mixup": 0.5})
    assert made.phases[-1] == {"from_epoch": 8, "mixup": 0.5, "augmentation": "none"}


def test_phases_given_as_such_replace_the_parents_later_ones_and_beat_single_settings() -> None:
    given = [{"from_epoch": 9, "mixup": 0.9}]
    made = changed(parent(), 5, {"phases": given, "mixup": 0.3, "lr": 0.01})
    assert [schedule.at(made, e).mixup for e in (5, 6, 8, 9)] == [0.1, 0.3, 0.3, 0.9]
    assert schedule.at(made, 10).augmentation == "crop"
    assert changed(parent(), 5, {"phases": []}).phases == (PHASES[0],)


def test_a_change_that_changes_nothing_leaves_no_trace() -> None:
    spec = parent()
    assert changed(spec, 5, {"lr": 0.1, "epochs": 10}) == spec
    assert changed(spec, 5, {"augmentation": "crop"}) != spec  # the parent takes it away with epoch 8
    assert effective(spec, changed(spec, 5, {"lr": 0.1}), 5, {"lr": 0.1}) == {}


def test_a_new_rate_scales_the_schedule_and_a_schedule_named_anew_begins_at_the_fork() -> None:
    spec = parent()
    scaled = changed(spec, 5, {"lr": 0.01})
    assert schedule.lr(scaled, 5) == pytest.approx(schedule.lr(spec, 5) / 10)
    assert schedule.lr(scaled, 4) == schedule.lr(spec, 4)
    again = changed(spec, 5, {"lr_schedule": "cosine"})
    assert schedule.lr(again, 5) == 0.1
    assert schedule.lr(again, 9.999) == pytest.approx(0, abs=1e-6)


def test_more_epochs_stretch_the_schedule_that_spans_them() -> None:
    longer = changed(parent(), 5, {"epochs": 20})
    assert schedule.lr(longer, 5) == pytest.approx(0.1 * 0.5 * (1 + 2**-0.5))


@pytest.mark.parametrize(
    ("changes", "key", "words"),
    [
        (["model=resnet20"], "run.model", "a fork can change: lr, "),
        (["run.seed=3"], "run.seed", "a fork can change"),
        (["lrr=0.1"], "run.lrr", "did you mean 'lr'"),
        (["gap.warn=0.1"], "gap.warn", "no setting of a run"),
        (["lr"], "lr", "has no value"),
        (["lr=high"], "run.lr", "expected float, found the text 'high'"),
        (["epochs=5"], "run.epochs", "set run.epochs to 6 or more"),
        (["epochs=many"], "run.epochs", "expected int"),
        (["phases=[{from_epoch=3, lr=0.1}]"], "run.phases", "from_epoch = 6 or later"),
        (["phases=[{from_epoch=6, lrr=0.1}]"], "run.phases[0].lrr", "did you mean"),
        (["early_stop_patience=3"], "run.early_stop_patience", "held nothing out"),
        (["lr_schedule=plateau"], "run.lr_schedule", "held nothing out"),
        (["augmentation=crpo"], "run.augmentation", "crop"),
    ],
)
def test_a_change_that_makes_no_sense_is_told_with_its_key(changes: list[str], key: str, words: str) -> None:
    with pytest.raises(UserError) as caught:
        changed(parent(), 5, parse_changes(changes))
    assert caught.value.key == key
    assert words in str(caught.value)


# Where it can begin


def test_a_run_can_be_forked_at_epochs_whose_checkpoint_is_whole(run: Path) -> None:
    folder = run / "checkpoints"
    within = CheckpointManifest(file="epoch-0006.pt", sha256="", size=4, epoch=6, step=3, environment={})
    publish(folder / "epoch-0006-step-00003.json", within)
    assert [m.epoch for m in checkpoints(run)] == [3, 5, 6]
    (folder / "epoch-0005.pt").write_bytes(b"short")
    (folder / "epoch-0006.pt").unlink()
    assert [m.epoch for m in checkpoints(run)] == [3]


def test_a_fork_is_planned_as_a_run_of_its_own(run: Path, root: Path) -> None:
    made = plan_fork(run, 5, ["run.lr=0.01", "mixup=0"], root=root)
    planned = made.plan.runs[0]
    assert planned.label == "mixup0.2-seed0-epochs8-fork5-lr0.01-mixup0"
    assert planned.name == f"{planned.label}-{planned.identity[:6]}"
    assert planned.group == "quickstart" and planned.parent == run
    spec, file = read_spec(run)
    fork = planned.inputs.fork
    assert fork and (fork.identity, fork.setting) == (identity(spec, file.inputs), setting(spec, file.inputs))
    assert planned.inputs.data == file.inputs.data
    assert planned.sources["run.phases"] == f"fork of quickstart/{run.name}"
    assert planned.sources["run.model"] == "preset quickstart"
    assert (made.change.epoch, made.change.parent, made.change.spec) == (5, spec, planned.spec)


def test_one_without_a_change_is_allowed_and_repeats_its_parent(run: Path, root: Path) -> None:
    made = plan_fork(run, 5, root=root).plan.runs[0]
    assert made.label.endswith("-fork5")
    spec, file = read_spec(run)
    assert made.spec == spec and made.identity != identity(spec, file.inputs)


def test_what_comes_to_the_same_is_the_same_fork(run: Path, root: Path) -> None:
    one = plan_fork(run, 5, ["lr=0.01"], root=root).plan.runs[0]
    for changes in (["run.lr=1e-2", "mixup=0.2"], ["lr=3", "lr=0.01"], ["lr=0.01", "threads=4"]):
        assert plan_fork(run, 5, changes, root=root).plan.runs[0].identity == one.identity
    assert plan_fork(run, 6, ["lr=0.01"], root=root).plan.runs[0].identity != one.identity


def test_a_long_label_is_cut_before_what_differs(run: Path, root: Path) -> None:
    long = run.rename(run.with_name("a" * 99 + "-abcdef"))
    label = plan_fork(long, 5, ["lr=0.01"], root=root).plan.runs[0].label
    assert len(label) == 100 and label.endswith("a-fork5-lr0.01")


def test_its_group_and_label_can_be_named(run: Path, root: Path) -> None:
    made = plan_fork(run, 5, root=root, group="forks", label="my.fork").plan.runs[0]
    assert (made.group, made.label) == ("forks", "my.fork")
    for wrong in ({"label": "My fork"}, {"group": "published"}):
        with pytest.raises(UserError, match="cannot be"):
            plan_fork(run, 5, root=root, **wrong)


def test_no_checkpoint_there_is_refused_with_those_there_are(run: Path, root: Path) -> None:
    with pytest.raises(UserError, match=r"no checkpoint of epoch 4\n  there are checkpoints of epochs 3, 5, 6"):
        plan_fork(run, 4, root=root)
    for file in (run / "checkpoints").iterdir():
        file.unlink()
    with pytest.raises(UserError, match="there is no other: a run keeps its two newest"):
        plan_fork(run, 5, root=root)


def test_a_damaged_checkpoint_is_refused(run: Path, root: Path) -> None:
    (run / "checkpoints" / "epoch-0005.pt").write_bytes(b"statf 5")
    with pytest.raises(UserError, match=r"sha256\)\n  there are checkpoints of epochs 3, 6"):
        plan_fork(run, 5, root=root)


def test_a_stream_that_does_not_tell_of_the_epoch_is_refused(run: Path, root: Path) -> None:
    (run / "metrics.jsonl").write_text("")
    with pytest.raises(UserError, match="does not tell of epoch 5"):
        plan_fork(run, 5, root=root)


def test_the_last_epoch_can_be_gone_on_from_only_with_more_of_them(
    make_runs: MakeRuns, leave: Leave, root: Path
) -> None:
    run = make_runs("run.epochs=6", "run.phases=[]", only="mixup0.2-seed0*")[0]
    leave(run, epochs=6, kept=(6,), best=6, finished=True)
    with pytest.raises(UserError, match=r"set run\.epochs to 7 or more"):
        plan_fork(run, 6, root=root)
    assert plan_fork(run, 6, ["epochs=9"], root=root).change.spec.epochs == 9


def test_early_stopping_that_ended_the_parent_must_be_changed(make_runs: MakeRuns, leave: Leave, root: Path) -> None:
    run = make_runs("run.epochs=9", "run.holdout=0.1", "run.early_stop_patience=2", only="mixup0.2-seed0*")[0]
    leave(run, epochs=6, kept=(5, 6), best=5, finished=True)
    with pytest.raises(UserError, match="set it higher, or to 0 for none"):
        plan_fork(run, 6, ["lr=0.5"], root=root)
    assert plan_fork(run, 6, ["early_stop_patience=0"], root=root).change.spec.early_stop_patience == 0
    assert plan_fork(run, 5, root=root).change.spec.early_stop_patience == 2


def test_a_best_epoch_without_a_checkpoint_is_told_of(run: Path, root: Path) -> None:
    assert plan_fork(run, 5, root=root).plan.cautions == ()
    (run / "checkpoints" / "epoch-0003.json").unlink()
    assert "the best of its first 5 epochs, 3, has no checkpoint" in plan_fork(run, 5, root=root).plan.cautions[0]
