"""Axes of cases: overriding one, mistakes within one, and what is legal there and probably not meant."""

from __future__ import annotations

import io
import time
from pathlib import Path

import pytest
from rich.console import Console

from cockpit.launch.prepare import prepare
from cockpit.plan import plan, seeds_override
from cockpit.progress import one_line
from cockpit.results import results, targets
from cockpit.runs import RunsFolder
from engine.contract.errors import UserError
from engine.contract.folder import Ended, Progress, Started, attempts, claim, publish, read_spec
from engine.contract.process import identify
from engine.contract.spec import check_spec, identity
from engine.contract.stream import Epoch, Writer

PRESET = """
title = "Cases"
[run]
data = "digits"
model = "resnet8"
epochs = 3
[grid.method.teacher]
model = "resnet14"
lr = 0.05
[grid.method.taught]
objective = "logit"
teacher = { method = "teacher" }
[[reference.runs]]
run = "t*"
source = "[/nosuch] \\u001b[31mred"
test_acc = 0.5
"""


def write(folder: Path, text: str = PRESET) -> str:
    path = folder / "cases.toml"
    path.write_text(text)
    return str(path)


def test_one_cases_setting_can_be_overridden_and_a_case_added(tmp_path: Path) -> None:
    path = write(tmp_path)
    taught = plan(path, ["grid.method.taught.temperature=2"]).runs[1]
    assert (taught.spec.temperature, plan(path).runs[1].spec.temperature) == (2.0, 4.0)
    labels = [run.label for run in plan(path, ["grid.method.tiny.model=baby", "grid.method.tiny.lr=0.2"]).runs]
    assert labels == ["teacher", "taught", "tiny"]
    with pytest.raises(UserError, match=r"grid\.method\.taught\.temprature: no setting"):
        plan(path, ["grid.method.taught.temprature=2"])


def test_an_override_of_what_a_case_sets_is_told_even_where_it_equals_the_presets_own(tmp_path: Path) -> None:
    path = write(tmp_path, PRESET.replace("epochs = 3", "epochs = 3\nlr = 0.1"))
    teacher = plan(path, ["run.lr=0.1"], only="teacher*").runs[0]
    assert teacher.label == "teacher-lr0.1" and teacher.reference.test_acc is None
    taught = plan(path, ["run.lr=0.1"]).runs[1]
    assert taught.label == "taught"  # its own rate all along


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('model = "resnet14"', 'model = "resnet15"', "grid.method.teacher.model"),
        ('objective = "logit"', 'objective = "logit"\nfeature_weight = 3.0', "grid.method.taught.feature_weight"),
        ('{ method = "teacher" }', '{ method = "techer" }', "grid.method.taught.teacher"),
    ],
)
def test_a_mistake_within_a_case_names_the_case(tmp_path: Path, old: str, new: str, key: str) -> None:
    with pytest.raises(UserError) as caught:
        plan(write(tmp_path, PRESET.replace(old, new)))
    assert caught.value.key == key


def test_a_figure_in_percent_is_refused_with_what_was_found(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        plan(write(tmp_path, PRESET.replace("test_acc = 0.5", "test_acc = 73.2")))
    assert caught.value.key == "reference.runs[0].test_acc"
    assert "found 73.2" in caught.value.problem and "fractions" in caught.value.remedy


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('objective = "logit"', 'objective = "rkd"\naccumulation = 4', "rkd compares images within a part"),
        ('objective = "logit"', 'objective = "logit"\nkd_weight = 0.0', "not listened to"),
        ('objective = "logit"', 'objective = "nst"\ntemperature = 3.0', "means nothing while kd_weight is 0"),
        ('objective = "logit"', 'objective = "factor_transfer"\npretrain_epochs = 0', "stays as it was drawn"),
        ('model = "resnet14"', 'model = "resnet14"\n[grid.method.pair]\nnodes = 2', "they learn apart"),
    ],
)
def test_what_is_probably_not_meant_is_a_caution(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert any(told in caution for caution in plan(write(tmp_path, PRESET.replace(old, new))).cautions)


def test_a_length_of_what_nothing_learns_beforehand_makes_no_other_run(tmp_path: Path) -> None:
    path = write(tmp_path)
    again = plan(path, ["run.pretrain_epochs=5"]).runs
    assert [run.name for run in again] == [run.name for run in plan(path).runs]


def test_a_teacher_of_other_classes_is_refused_before_anything_is_launched(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="10 classes and 1 channels, the teacher's cifar100 100 and 3"):
        plan(write(tmp_path, PRESET.replace("lr = 0.05", 'data = "cifar100"')), needs_data=False)


def test_seeds_asked_for_leave_the_skips_that_speak_of_them(tmp_path: Path) -> None:
    skips = "[grid]\nrun.seed = [0, 1]\n[[grid.skip]]\nmethod = 'taught'\nrun.seed = 1\n"
    path = write(tmp_path, PRESET.replace("[grid.method.teacher]", skips + "[grid.method.teacher]"))
    assert len(plan(path).runs) == 3
    assert len(plan(path, [seeds_override("2")]).runs) == 3
    assert len(plan(path, [seeds_override("3")]).runs) == 5
    assert len(plan(path, [seeds_override("0,5")]).runs) == 4


@pytest.mark.parametrize("skip", ["method = 'tought'", "run.seed = 7", "run = {}"])
def test_a_skip_of_what_is_not_there_is_a_mistake(tmp_path: Path, skip: str) -> None:
    with pytest.raises(UserError, match=r"grid\.skip"):
        plan(write(tmp_path, PRESET + f"[grid]\nrun.seed = [0]\n[[grid.skip]]\n{skip}\n"))


@pytest.mark.parametrize("value", ["[1979-05-27]", "[[1, 2], 3]", "[{a = 1}]", "['x']"])
def test_an_odd_value_of_an_axis_is_a_mistake_and_no_traceback(tmp_path: Path, value: str) -> None:
    with pytest.raises(UserError):
        plan(
            write(
                tmp_path,
                f'title = "T"\n[run]\ndata = "digits"\nmodel = "resnet8"\nepochs = 1\n[grid]\nrun.lr = {value}',
            )
        )


@pytest.mark.parametrize("named", ["~nosuchuser/x", "x" * 5000, "a\\u0000b"])
def test_an_odd_teacher_is_a_mistake_and_no_traceback(tmp_path: Path, named: str) -> None:
    with pytest.raises(UserError, match=r"run\.teacher|grid\.method\.taught\.teacher"):
        plan(write(tmp_path, PRESET.replace('{ method = "teacher" }', f'"{named}"')))


# What the results and the lists say


def finish(run: Path, test: float) -> None:
    writer = Writer(run / "metrics.jsonl", 1)
    writer.append(Epoch(epoch=3, test_acc=test, train_acc=0.9))
    writer.close()
    publish(claim(run, []) / "ended.json", Ended(outcome="finished", exit_code=0, time=time.time()))


def test_what_a_presets_author_wrote_is_text_wherever_it_is_shown(tmp_path: Path, root: Path) -> None:
    for run in prepare(plan(write(tmp_path)), root):
        finish(run, 0.5)
    console = Console(width=200, file=io.StringIO())
    with console.capture() as shown:
        console.print(results(RunsFolder(root).poll()))
    assert "[/nosuch]" in shown.get() and "\x1b[31m" not in shown.get()


def test_a_target_is_set_beside_the_finished_runs(tmp_path: Path, root: Path) -> None:
    for run, test in zip(
        prepare(plan(write(tmp_path, PRESET + "[target]\ntest_acc = 0.6\n")), root), (0.5, 0.7), strict=True
    ):
        finish(run, test)
    assert [text.plain for text in targets(RunsFolder(root).poll())] == [
        "target test_acc 60.00 %: 1 of 2 finished runs"
    ]


def test_what_comes_before_the_first_epoch_is_told_and_is_no_progress_of_the_training(
    tmp_path: Path, root: Path
) -> None:
    import os

    run = prepare(plan(write(tmp_path), only="teacher"), root)[0]
    attempt = claim(run, attempts(run))
    publish(attempt / "started.json", Started(process=identify(os.getpid()), time=0.0))  # type: ignore[arg-type]
    publish(attempt / "progress.json", Progress(epoch=12, step=5, steps=10, seconds=1.0, stage="paraphraser"))
    [snapshot] = RunsFolder(root).poll()
    assert (snapshot.position, snapshot.seconds_left) == (0.0, None)
    assert "before it paraphraser epoch 13" in one_line(snapshot).plain and "%" not in one_line(snapshot).plain


def test_a_run_folder_written_before_there_were_teachers_is_still_that_run(tmp_path: Path) -> None:
    run = tmp_path / "old"
    run.mkdir()
    table = 'data_content = "{}"\n[run]\ndata = "digits"\nmodel = "resnet8"\nepochs = 3\n'
    (run / "spec.toml").write_text(table.format(""))
    spec, file = read_spec(run)
    assert identity(spec, file.inputs) == identity(
        check_spec({"data": "digits", "model": "resnet8", "epochs": 3}, "")
    )
    (run / "spec.toml").write_text(table.format("abc"))
    assert read_spec(run)[1].inputs.data == "abc"
