"""Cases and teachers: which run learns from which, told from a preset, waited for, and honoured by the queue."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cockpit.launch.control import ask
from cockpit.launch.prepare import prepare
from cockpit.launch.supervisor import Supervisor
from cockpit.launch.watched import Watched
from cockpit.plan import plan, seeds_override
from cockpit.runs import RunsFolder
from cockpit.snapshot import Snapshot
from cockpit.status import standing
from engine.contract.errors import UserError
from engine.contract.folder import Ended, SpecFile, attempts, claim, publish, read_spec, write_spec
from engine.contract.spec import check_spec, identity, setting

GRID = """
title = "A teacher and its students"
kind = "distillation"
[run]
data = "digits"
model = "resnet8"
epochs = 2
batch_size = 64
threads = 1
device = "cpu"
pretrain_epochs = 2
[grid]
run.seed = [0, 1]
[grid.method.teacher]
model = "resnet14"
[grid.method.pure]
"""
METHODS = ("logit", "fitnets", "attention_transfer", "factor_transfer", "rkd", "nst")
STUDENT = '[grid.method.{0}]\nobjective = "{0}"\nteacher = {{ method = "teacher" }}\n'
ALL = GRID + "".join(STUDENT.format(method) for method in METHODS)


def write(folder: Path, text: str) -> str:
    path = folder / "kd.toml"
    path.write_text(text)
    return str(path)


def ended(run: Path, outcome: str) -> None:
    """As if an engine had taken the run up and left this verdict."""
    attempt = claim(run, attempts(run))
    publish(attempt / "ended.json", Ended(outcome=outcome, exit_code=0, time=time.time()))  # type: ignore[arg-type]


def words(root: Path) -> dict[str, str]:
    return {s.label: s.status.word for s in RunsFolder(root).poll()}


def test_cases_are_an_axis_and_seeds_always_the_last(tmp_path: Path) -> None:
    runs = plan(write(tmp_path, ALL)).runs
    assert len(runs) == 16
    assert [r.label for r in runs[:4]] == ["teacher-seed0", "teacher-seed1", "pure-seed0", "pure-seed1"]


def test_a_student_learns_from_the_teacher_of_its_own_point_of_the_grid(tmp_path: Path) -> None:
    runs = {run.label: run for run in plan(write(tmp_path, ALL)).runs}
    for seed in (0, 1):
        teacher = runs[f"teacher-seed{seed}"]
        for method in METHODS:
            student = runs[f"{method}-seed{seed}"]
            assert student.teacher == teacher.name
            assert student.spec.teacher == f"kd/{teacher.name}"
            assert student.inputs.teacher == teacher.identity
    assert runs["logit-seed0"].sources["run.teacher"] == "grid of preset kd"


def test_another_teacher_makes_another_student_and_seeds_are_still_one_setting(tmp_path: Path) -> None:
    path = write(tmp_path, ALL)
    one, other = plan(path).runs, plan(path, ["run.lr=0.05"]).runs
    a, b = next(r for r in one if r.label == "logit-seed0"), next(r for r in one if r.label == "logit-seed1")
    assert identity(a.spec, a.inputs) != identity(b.spec, b.inputs)
    assert setting(a.spec, a.inputs) == setting(b.spec, b.inputs)
    changed = next(r for r in other if r.point == "logit-seed0")
    assert changed.inputs.teacher != a.inputs.teacher


def test_runs_that_are_picked_bring_their_teachers_along(tmp_path: Path) -> None:
    runs = plan(write(tmp_path, ALL), only="rkd-seed1").runs
    assert [r.label for r in runs] == ["teacher-seed1", "rkd-seed1"]


def test_a_student_can_teach_another(tmp_path: Path) -> None:
    chain = GRID + STUDENT.format("logit") + '[grid.method.last]\nobjective = "rkd"\nteacher = { method = "logit" }\n'
    runs = plan(write(tmp_path, chain), only="last-seed0").runs
    assert [r.label for r in runs] == ["teacher-seed0", "logit-seed0", "last-seed0"]


@pytest.mark.parametrize(
    ("text", "key", "told"),
    [
        (
            STUDENT.format("logit").replace("method =", "methode ="),
            "grid.method.logit.teacher.methode",
            "did you mean 'method'",
        ),
        (
            STUDENT.format("logit").replace('"teacher"', '"teecher"'),
            "grid.method.logit.teacher",
            "no run of this grid",
        ),
        (STUDENT.format("logit").replace('"teacher" }', '"logit" }'), "grid.method.logit.teacher", "teaches itself"),
        (
            STUDENT.format("logit").replace("{ method", "{ seed = 1, method"),
            "grid.method.logit.teacher.seed",
            "no axis",
        ),
        (
            STUDENT.format("logit").replace('{ method = "teacher" }', '"kd/none"'),
            "grid.method.logit.teacher",
            "there is no run",
        ),
        (
            STUDENT.format("logit").replace('{ method = "teacher" }', "3"),
            "grid.method.logit.teacher",
            "expected a run",
        ),
        (STUDENT.format("nst") + 'model = "resnet18"\n', "run.teacher", "resnet18 has 4, resnet14 3"),
        ("[grid.method.other]\nmodle = 'resnet8'\n", "grid.method.other.modle", "did you mean 'model'"),
        ("[grid.size.small]\nmodel = 'resnet8'\n", "grid.size", "and so does grid.method"),
        ("[grid.empty]\n", "grid.empty", "has no cases"),
        ("[grid.size]\nsmall = 3\n", "grid.size.small", "expected a table"),
    ],
)
def test_a_mistake_names_the_key_and_the_remedy(tmp_path: Path, text: str, key: str, told: str) -> None:
    with pytest.raises(UserError) as caught:
        plan(write(tmp_path, GRID + text))
    assert caught.value.key == key
    assert told in str(caught.value)


def test_an_override_wins_over_every_case(tmp_path: Path) -> None:
    path = write(tmp_path, GRID + STUDENT.format("logit"))
    with pytest.raises(UserError, match="two equal runs"):
        plan(path, ["run.model=resnet14"])
    assert [r.label for r in plan(path, ["run.model=resnet14"], only="pure-seed0").runs] == ["pure-seed0-resnet14"]
    assert {r.spec.epochs for r in plan(path, ["run.epochs=9"]).runs} == {9}


def test_seeds_are_a_count_or_a_list(tmp_path: Path) -> None:
    path = write(tmp_path, GRID)
    assert [r.spec.seed for r in plan(path, [seeds_override("3")], only="pure*").runs] == [0, 1, 2]
    assert [r.spec.seed for r in plan(path, [seeds_override("0,3, 7")], only="pure*").runs] == [0, 3, 7]
    for wrong in ("", "0", "-1", "a", "1,1", "3.5", "100000"):
        with pytest.raises(UserError, match="--seeds"):
            seeds_override(wrong)


def test_a_run_waits_for_its_teacher_is_blocked_by_its_failure_and_released_by_a_retry(
    tmp_path: Path, root: Path
) -> None:
    paths = prepare(plan(write(tmp_path, GRID + STUDENT.format("logit")), only="logit-seed0"), root)
    teacher, student = paths
    assert words(root) == {"teacher-seed0": "queued", "logit-seed0": "waiting"}
    ended(teacher, "failed")
    assert words(root)["logit-seed0"] == "blocked"
    assert standing(student, None, teacher).reason == f"by {teacher.name}: failed"
    claim(teacher, attempts(teacher))
    assert words(root)["logit-seed0"] == "waiting"
    publish(attempts(teacher)[-1] / "ended.json", Ended(outcome="finished", exit_code=0, time=time.time()))
    assert words(root)["logit-seed0"] == "queued"


def test_a_teacher_known_under_another_label_is_found_where_it_lies(tmp_path: Path, root: Path) -> None:
    path = write(tmp_path, GRID + STUDENT.format("logit"))
    teacher = prepare(plan(path, only="teacher-seed0"), root)[0]
    moved = teacher.rename(teacher.parent / f"my-own-name-{teacher.name[-6:]}")
    student = prepare(plan(path, only="logit-seed0"), root)[1]
    assert read_spec(student)[0].teacher == f"kd/{moved.name}"


def test_a_finished_run_of_another_group_can_teach(tmp_path: Path, root: Path) -> None:
    mine = check_spec({"data": "digits", "model": "resnet14", "epochs": 2}, "test")
    text = GRID.replace('[grid.method.teacher]\nmodel = "resnet14"\n', "") + (
        '[grid.method.logit]\nobjective = "logit"\nteacher = "old/good"\n'
    )
    path = write(tmp_path, text)
    with pytest.raises(UserError, match="there is no run"):
        plan(path, root=root)
    write_spec(root / "old" / "good", mine, SpecFile(run={}))
    with pytest.raises(UserError, match="old/good is queued"):
        plan(path, root=root)
    ended(root / "old" / "good", "finished")
    student = next(r for r in plan(path, root=root).runs if r.label == "logit-seed0")
    assert (student.spec.teacher, student.inputs.teacher) == ("old/good", identity(mine))


def drain(root: Path, paths: list[Path]) -> dict[str, Snapshot]:
    """Ask for these runs, and supervise until nothing is left to see to."""
    ask(paths)
    supervisor = Supervisor(root)
    while supervisor.tick().is_open:
        time.sleep(0.05)
    return {s.label: s for s in RunsFolder(root).poll()}


def test_a_queue_ends_when_what_it_has_left_waits_for_what_cannot_be_started(tmp_path: Path, root: Path) -> None:
    paths = prepare(plan(write(tmp_path, GRID + STUDENT.format("logit")), only="logit-seed0"), root)
    (paths[0] / "attempts").write_text("in the way")  # the teacher cannot be started
    ask(paths)
    watched = Watched(paths)
    while not watched.over:
        seen = {s.label: s.status for s in watched.look()}
    assert seen["teacher-seed0"].word == "failed" and "could not be started" in seen["teacher-seed0"].reason
    assert seen["logit-seed0"].word == "waiting"
    if watched.supervisor:
        assert watched.supervisor.wait(30) == 0


@pytest.mark.slow
def test_a_grid_runs_from_teacher_to_six_students_in_the_right_order_on_its_own(tmp_path: Path) -> None:
    path = write(tmp_path, ALL)
    command = [
        "run",
        path,
        "--headless",
        "--only",
        "*-seed0",
        "--set",
        "run.lr=0.05",
        "--runs",
        str(tmp_path / "runs"),
    ]
    ran = subprocess.run(
        [sys.executable, "-P", "-m", "cockpit.cli", *command],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"COLUMNS": "120"},
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    runs = {s.spec.objective + s.spec.models[0]: s for s in RunsFolder(tmp_path / "runs").poll() if s.spec}
    assert len(runs) == 8 and all(s.status.word == "finished" for s in runs.values())
    teacher = runs.pop("supervisedresnet14")
    for method in METHODS:
        student = runs[f"{method}resnet8"]
        assert student.started and teacher.last and student.epochs[0].time > teacher.epochs[-1].time
        # What it was taught by is what the teacher's own last epoch was measured at.
        assert student.started.teacher_test_acc == teacher.last.test_acc
        assert "loss_ce" in student.epochs[-1].extra


@pytest.mark.slow
def test_a_teacher_that_is_damaged_or_gone_fails_its_student_with_the_reason(tmp_path: Path, root: Path) -> None:
    path = write(tmp_path, GRID + STUDENT.format("logit"))
    paths = prepare(plan(path, ["run.epochs=1"], only="logit-seed0"), root)
    drain(root, paths[:1])
    for file in (paths[0] / "checkpoints").glob("*.pt"):
        file.write_bytes(file.read_bytes()[:-1] + b"x")
    seen = drain(root, paths)
    status = next(iter(s for label, s in seen.items() if label.startswith("logit"))).status
    assert status.word == "failed" and "sha256" in status.reason and "run.teacher" in status.reason
    command = ["doctor", path, "--set", "run.epochs=1", "--only", "logit-seed0", "--runs", str(root)]
    doctor = subprocess.run(
        [sys.executable, "-P", "-m", "cockpit.cli", *command],
        capture_output=True,
        text=True,
        check=False,
    )
    assert doctor.returncode == 1
    assert f"✗ teacher kd/{paths[0].name}: " in doctor.stdout and "sha256" in doctor.stdout
