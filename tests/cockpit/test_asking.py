"""What is asked of a run that cannot do it now: it is done later, or told with what would have it go on."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner, Result

from cockpit import asking, cli, handling, request
from cockpit.jobs import STATE
from cockpit.launch import control
from cockpit.launch.prepare import prepare
from cockpit.launch.supervisor import Refusal, Refusals, Supervisor
from cockpit.plan import plan
from cockpit.runs import RunsFolder
from engine.contract.errors import UserError
from engine.contract.folder import Ended, Started, attempts, claim, publish
from engine.contract.process import host, identify

pytestmark = pytest.mark.usefixtures("nobody_supervises")

MakeRuns = Callable[..., list[Path]]
PAIR = """
title = "A teacher and its student"
[run]
data = "digits"
model = "resnet8"
epochs = 1
threads = 1
device = "cpu"
[grid.method.teacher]
[grid.method.student]
objective = "logit"
teacher = { method = "teacher" }
"""


@pytest.fixture
def runs(make_runs: MakeRuns) -> list[Path]:
    """Quickstart's four, asked for."""
    made = make_runs()
    control.ask(made)
    return made


@pytest.fixture
def pair(tmp_path: Path, root: Path) -> tuple[Path, Path]:
    """A teacher, and a student that waits for it."""
    (tmp_path / "pair.toml").write_text(PAIR)
    made = prepare(plan(str(tmp_path / "pair.toml"), root=root), root)
    control.ask(made)
    return made[0], made[1]


def cockpit(root: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli.app, ["--runs", str(root), *arguments])


def words(root: Path) -> list[str]:
    return [s.status.word for s in RunsFolder(root).poll()]


def at_work(run: Path) -> Path:
    """As if this very process were the run's engine."""
    attempt = claim(run, attempts(run))
    publish(attempt / "started.json", Started(process=identify(os.getpid()), time=0.0))  # type: ignore[arg-type]
    return attempt


def ended(run: Path, outcome: str, reason: str = "") -> None:
    verdict = Ended(outcome=outcome, exit_code=1, time=time.time(), reason=reason)  # type: ignore[arg-type]
    publish(claim(run, attempts(run)) / "ended.json", verdict)


def test_a_run_that_is_about_to_stop_goes_on_after_it_when_it_is_asked_for(runs: list[Path], root: Path) -> None:
    """By `resume`, or by the same command that began it."""
    for ask_again in (lambda: cockpit(root, "resume", runs[0].name), lambda: control.ask(runs[:1])):
        attempt = at_work(runs[0])
        cockpit(root, "stop", runs[0].name)
        told = ask_again()
        assert (told == runs[:1]) if isinstance(told, list) else "goes on once it has stopped" in told.stdout
        assert RunsFolder(root).poll()[0].status.reason == "goes on after that"
        publish(attempt / "ended.json", Ended(outcome="stopped", exit_code=85, time=0.0))
        assert words(root)[0] == "queued"
        assert runs[0] in [run for run, _ in Supervisor(root).look().due]


def test_a_run_that_is_at_work_is_not_asked_for_twice(runs: list[Path], root: Path) -> None:
    at_work(runs[0])
    ended(runs[1], "finished")
    assert control.ask(runs) == runs[2:]
    assert "running, left as it is\n" in cockpit(root, "resume", runs[0].name).stdout


def test_a_retry_has_the_variables_of_whoever_asked_before(
    runs: list[Path], root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", "/where/my/network/is")
    control.ask(runs[:1])
    monkeypatch.delenv("PYTHONPATH")
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    ended(runs[0], "failed")
    cockpit(root, "retry", runs[0].name)
    asked = request.read(runs[0])
    assert asked is not None
    assert asked.environment["PYTHONPATH"] == "/where/my/network/is" and asked.environment["OMP_NUM_THREADS"] == "3"


def test_who_was_stopped_goes_on_before_those_that_were_only_held(runs: list[Path], root: Path) -> None:
    ended(runs[2], "stopped")
    for run in runs:
        control.hold(run)
    place = request.read(runs[2])
    cockpit(root, "resume", "quickstart")
    again = request.read(runs[2])
    assert place is not None and again is not None and again.order == place.order
    assert [run for run, _ in Supervisor(root).look().due] == runs


@pytest.mark.parametrize(
    ("command", "outcome", "way"), [("resume", "failed", "retry"), ("retry", "stopped", "resume")]
)
def test_what_a_command_leaves_as_it_is_is_told_with_the_one_that_would_do(
    runs: list[Path], root: Path, command: str, outcome: str, way: str
) -> None:
    ended(runs[0], outcome)
    told = cockpit(root, command, runs[0].name)
    assert told.exit_code == 1
    assert f"left as it is; to go on: cockpit {way} {asking.name_of(runs[0])}\n" in told.stdout


@pytest.mark.parametrize("command", ["resume", "retry"])
def test_of_a_run_that_is_blocked_the_teacher_is_named(pair: tuple[Path, Path], root: Path, command: str) -> None:
    teacher, student = pair
    ended(teacher, "failed")
    told = cockpit(root, command, student.name).stdout
    assert "blocked by" in told and f"cockpit retry {asking.name_of(teacher)}" in told and ": queued" not in told
    if command == "resume":
        control.hold(student)
        told = cockpit(root, command, student.name).stdout
        assert "asked for; blocked by" in told and f"cockpit retry {asking.name_of(teacher)}" in told


def test_held_is_seen_wherever_states_are(pair: tuple[Path, Path], root: Path) -> None:
    teacher, student = pair
    for run in pair:
        assert "cockpit queue release" in cockpit(root, "queue", "hold", run.name).stdout
    assert [s.status.held for s in RunsFolder(root).poll()] == [True, True]
    listed = {line.split()[0]: line for line in cockpit(root, "ls").stdout.splitlines() if "/" in line}
    assert "queued, held" in listed[asking.name_of(teacher)] and "waiting, held" in listed[asking.name_of(student)]
    queue = cockpit(root, "queue").stdout
    assert queue.count("held") == 3 and "2 of them held; to let them go on: cockpit queue release RUN" in queue


def test_a_run_that_could_not_be_started_is_tried_again_by_resume(runs: list[Path], root: Path) -> None:
    before = (runs[0] / request.FILE).stat().st_mtime_ns
    refused = {asking.name_of(runs[0]): Refusal("no place for its folder", before)}
    publish(root / STATE / f"{host()}.json", Refusals(refused))
    assert asking.again(runs[0], asking.standing_of(runs[0])) == "queued"
    assert (runs[0] / request.FILE).stat().st_mtime_ns != before
    assert asking.again(runs[1], asking.standing_of(runs[1])) == ""


def test_a_run_changes_places_with_its_neighbour(runs: list[Path], root: Path) -> None:
    def order() -> list[int]:
        return [runs.index(run) for run, _ in Supervisor(root).look().due]

    def shift(run: Path, *, earlier: bool) -> str:
        return asking.shift(root, run, asking.standing_of(run), earlier=earlier)

    ended(runs[1], "finished")
    assert asking.name_of(runs[0]) in shift(runs[2], earlier=True)
    assert order() == [2, 0, 3]
    assert shift(runs[2], earlier=True) == ""
    assert asking.name_of(runs[3]) in shift(runs[0], earlier=False)
    assert order() == [2, 3, 0]
    assert shift(runs[1], earlier=False) == ""


def test_whoever_removes_a_teacher_is_told_who_needs_it(pair: tuple[Path, Path], root: Path) -> None:
    teacher, student = pair
    told = cockpit(root, "rm", teacher.name, "--yes")
    assert told.exit_code == 0 and f"warning: {asking.name_of(student)} needs" in told.stdout
    assert student.exists() and "warning" not in cockpit(root, "rm", student.name, "--yes").stdout


def test_a_reason_of_several_lines_is_one(runs: list[Path], root: Path) -> None:
    ended(runs[0], "failed", "no module 'mynet' in the path\n  install it, or set PYTHONPATH")
    told = json.loads(cockpit(root, "ls", "--json").stdout)[0]
    assert told["reason"] == "no module 'mynet' in the path; install it, or set PYTHONPATH"


def test_ls_and_the_queue_say_which_runs_failed_and_why(runs: list[Path], root: Path) -> None:
    ended(runs[0], "failed", "no space")
    line = f"{asking.name_of(runs[0])}: failed: no space"
    assert line in cockpit(root, "ls").stdout
    told = cockpit(root, "queue").stdout
    assert line in told and "to try them again: cockpit retry quickstart" in told


def test_a_queue_that_nobody_sees_to_says_how_to_start_it(
    runs: list[Path], root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "to start it: cockpit queue start" in cockpit(root, "queue").stdout
    monkeypatch.setattr(handling, "ensure", lambda folder: SimpleNamespace(pid=4711) if folder == root else None)
    assert "process 4711 sees to the queue" in cockpit(root, "queue", "start").stdout
    cockpit(root, "queue", "hold", "quickstart")
    assert "to start it" not in cockpit(root, "queue").stdout  # it would leave at once


def test_the_queue_is_that_of_the_group_and_the_folder_that_are_named(runs: list[Path], root: Path) -> None:
    other = prepare(plan("quickstart", ["run.epochs=1"], group="other", only="mixup0-seed0*"), root)
    control.ask(other)
    told = cockpit(root, "--group", "other", "queue").stdout
    assert "1 run at work or queued" in told and "quickstart/" not in told
    for arguments in (["--group", "othr", "queue"], ["queue", "--runs", str(root / "no")]):
        assert isinstance(cockpit(root, *arguments).exception, UserError)
    (root / "file").write_text("")
    assert "not a folder" in str(cockpit(root / "file", "queue").exception)
