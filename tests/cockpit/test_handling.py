"""Commands that change runs: who is meant, what is asked, and that nothing at work is ever lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cockpit import cli, handling, request
from cockpit.launch import control
from cockpit.launch.prepare import prepare
from cockpit.launch.supervisor import Supervisor
from cockpit.plan import plan, seeds_override
from cockpit.runs import RunsFolder
from cockpit.status import Status, status_of
from cockpit.targets import pick
from engine.contract.errors import UserError
from engine.contract.folder import STOP_NOW, Ended, Started, attempts, claim, publish
from engine.contract.process import ProcessId, host, identify

pytestmark = pytest.mark.usefixtures("nobody_supervises")

MakeRuns = Callable[..., list[Path]]


@pytest.fixture
def runs(make_runs: MakeRuns) -> list[Path]:
    """Quickstart's four, asked for."""
    made = make_runs()
    control.ask(made)
    return made


def cockpit(root: Path, *arguments: str, said: str = "") -> Result:
    return CliRunner().invoke(cli.app, ["--runs", str(root), *arguments], input=said)


def words(root: Path) -> list[str]:
    return [s.status.word for s in RunsFolder(root).poll()]


def at_work(run: Path) -> None:
    """As if this very process were the run's engine."""
    publish(claim(run, attempts(run)) / "started.json", Started(process=identify(os.getpid()), time=0.0))  # type: ignore[arg-type]


def ended(run: Path, outcome: str) -> None:
    publish(claim(run, attempts(run)) / "ended.json", Ended(outcome=outcome, exit_code=1, time=time.time()))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        (["quickstart"], 4),
        (["quickstart/*-seed0-*"], 2),
        (["mixup0-seed1-epochs2"], 1),
        (["*-seed0-epochs2", "quickstart/mixup0-*"], 3),
    ],
)
def test_runs_are_meant_by_name_label_group_or_pattern(
    runs: list[Path], root: Path, wanted: list[str], count: int
) -> None:
    assert len(pick(root, wanted)) == count


def test_a_name_that_means_no_run_is_told_with_the_nearest(runs: list[Path], root: Path) -> None:
    with pytest.raises(UserError, match="did you mean 'quickstart'"):
        pick(root, ["quikstart"])
    other = prepare(plan("quickstart", group="other", only="mixup0-seed0"), root)
    with pytest.raises(UserError) as caught:
        pick(root, ["other/mixup0-seed"])
    assert "'other/mixup0-seed0'" in caught.value.remedy and "quickstart" not in caught.value.remedy
    with pytest.raises(UserError) as caught:
        pick(root, ["nope"])
    assert caught.value.remedy == "look at: cockpit ls"
    with pytest.raises(UserError, match="there are none yet"):
        pick(other[0], ["nope"])


def test_no_more_names_are_listed_than_can_be_read(root: Path) -> None:
    prepare(plan("quickstart", [seeds_override("10")]), root)
    with pytest.raises(UserError) as caught:
        pick(root, ["mixup0-see"])
    assert caught.value.remedy.count("mixup") == 5


def test_the_queue_is_listed_in_its_order_with_what_is_at_work_first(runs: list[Path], root: Path) -> None:
    at_work(runs[3])
    control.hold(runs[1])
    told = json.loads(cockpit(root, "queue", "list", "--json").stdout)
    assert [(e["run"].split("/")[1], e["status"], e["place"]) for e in told] == [
        (runs[3].name, "running", None),
        (runs[0].name, "queued", 1),
        (runs[2].name, "queued", 2),
        (runs[1].name, "queued", None),
    ]
    assert told[3]["reason"] == "held"
    printed = cockpit(root, "queue").stdout
    assert "4 runs at work or queued; the queue is not running on" in printed
    assert "; to start it: cockpit queue start" in printed


def test_queued_runs_move_to_the_front_to_the_end_and_to_a_priority(runs: list[Path], root: Path) -> None:
    def order() -> list[str]:
        return [run.name.split("-epochs")[0] for run, _ in Supervisor(root).look().due]

    assert cockpit(root, "queue", "move", "mixup0.2-*").exit_code == 0
    assert order() == ["mixup0.2-seed0", "mixup0.2-seed1", "mixup0-seed0", "mixup0-seed1"]
    cockpit(root, "queue", "move", "mixup0.2-seed0-*", "--last")
    assert order() == ["mixup0.2-seed1", "mixup0-seed0", "mixup0-seed1", "mixup0.2-seed0"]
    cockpit(root, "queue", "move", "mixup0-seed1-*", "--priority", "3")
    assert order()[0] == "mixup0-seed1"
    told = cockpit(root, "queue", "move", "mixup0.2-seed1-*", "--priority", "3", "--last").stdout
    assert order()[:2] == ["mixup0-seed1", "mixup0.2-seed1"] and "last in priority 3" in told


def test_the_list_says_which_scheduler_a_run_is_given_to(runs: list[Path], root: Path) -> None:
    control.ask(runs[:1], backend="slurm")
    told = cockpit(root, "queue").stdout.splitlines()
    assert [line.split()[-1] for line in told[1:5]] == ["slurm", host(), host(), host()]


def test_held_runs_keep_their_place_and_cleared_ones_go(runs: list[Path], root: Path) -> None:
    cockpit(root, "queue", "hold", "mixup0-seed0-*")
    assert len(Supervisor(root).look().due) == 3
    cockpit(root, "queue", "release", "mixup0-seed0-*")
    assert Supervisor(root).look().due[0][0] == runs[0]
    cockpit(root, "queue", "clear", "quickstart")
    assert Supervisor(root).look().due == [] and request.everything(root) == []
    assert all((run / "spec.toml").exists() for run in runs)
    left = cockpit(root, "queue", "hold", "quickstart")
    assert left.exit_code == 1 and "none of 4 runs is queued" in left.stdout


def test_stop_asks_what_is_at_work_and_holds_what_is_queued(runs: list[Path], root: Path) -> None:
    at_work(runs[0])
    stopped = cockpit(root, "stop", "quickstart")
    assert stopped.exit_code == 0
    assert "stops after its epoch" in stopped.stdout and stopped.stdout.count("held") == 3
    assert words(root)[0] == "stopping"
    assert Supervisor(root).look().due == []
    cockpit(root, "resume", "quickstart")
    assert len(Supervisor(root).look().due) == 3


def test_resume_and_retry_take_each_what_is_theirs(runs: list[Path], root: Path) -> None:
    for run, outcome in zip(runs, ("stopped", "failed", "finished", "out-of-memory"), strict=True):
        ended(run, outcome)
    assert words(root) == ["stopped", "failed", "finished", "out-of-memory"]
    assert "queued" in cockpit(root, "resume", "quickstart").stdout
    assert words(root) == ["queued", "failed", "finished", "out-of-memory"]
    cockpit(root, "retry", "quickstart", "--retries", "2")
    assert words(root) == ["queued", "queued", "finished", "queued"]
    asked = request.read(runs[1])
    assert asked is not None and (asked.after, asked.retries) == (1, 2)
    assert cockpit(root, "retry", "mixup0.2-seed0-*").exit_code == 1


@pytest.mark.parametrize("command", ["retry", "resume"])
def test_a_retry_leaves_a_run_to_whom_it_was_given_first(runs: list[Path], root: Path, command: str) -> None:
    control.ask(runs[:1], backend="slurm", per_gpu=3, priority=4, retries=2)
    for _ in range(3):
        ended(runs[0], "stopped" if command == "resume" else "failed")
    control.hold(runs[0])
    assert cockpit(root, command, runs[0].name).exit_code == 0
    asked = request.read(runs[0])
    assert asked is not None
    assert (asked.backend, asked.per_gpu, asked.priority) == ("slurm", 3, 4)
    assert asked.retries == (2 if command == "resume" else 0)
    control.ask(runs[:1], backend="local")  # said anew, it counts
    asked = request.read(runs[0])
    assert asked is not None and asked.backend == "local"


def test_what_is_wrong_with_one_run_keeps_no_other_from_its_turn(runs: list[Path], root: Path) -> None:
    for run in runs[:3]:
        ended(run, "failed")
    (runs[1] / "spec.toml").write_bytes(b"\xff[run")
    told = cockpit(root, "retry", "quickstart")
    assert told.exit_code == 1 and "spec.toml: cannot be read" in told.stdout
    assert words(root) == ["queued", "failed", "queued", "queued"]


def test_a_run_that_goes_on_keeps_its_place_when_it_is_asked_for_again(runs: list[Path], root: Path) -> None:
    ended(runs[0], "failed")
    control.ask(runs[:1])
    first = request.read(runs[0])
    control.ask(runs)
    again = request.read(runs[0])
    assert first is not None and again is not None and again.order == first.order


def test_rm_asks_and_never_removes_what_is_at_work(runs: list[Path], root: Path, monkeypatch) -> None:
    at_work(runs[0])
    refused = cockpit(root, "rm", "quickstart", "--yes")
    assert isinstance(refused.exception, UserError) and "nothing was" in refused.exception.problem
    assert all(run.exists() for run in runs)
    unasked = cockpit(root, "rm", "mixup0.2-*")
    assert isinstance(unasked.exception, UserError) and "nobody is there" in unasked.exception.problem
    assert cockpit(root, "rm", "mixup0.2-*", "--yes").exit_code == 0
    assert [run.exists() for run in runs] == [True, True, False, False]


def test_rm_looks_again_once_it_was_answered(runs: list[Path], root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(_: str) -> str:
        at_work(runs[1])
        return "y"

    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("builtins.input", answer)
    with pytest.raises(UserError, match="nothing was"):
        handling.remove(root, ["quickstart"], asks=True)
    assert all(run.exists() and request.read(run) for run in runs)


def test_rm_takes_no_notice_of_what_an_earlier_one_left_and_nothing_behind_a_link(
    runs: list[Path], root: Path, tmp_path: Path
) -> None:
    (runs[0].with_name(f".removed-{runs[0].name}") / "left").mkdir(parents=True)
    runs[1].rename(tmp_path / "elsewhere")
    runs[1].symlink_to(tmp_path / "elsewhere")
    assert handling.remove(root, ["mixup0-*"], asks=False) == 0
    assert not runs[0].exists() and not runs[1].is_symlink()
    assert (tmp_path / "elsewhere" / "spec.toml").exists()


def test_a_kill_ends_an_engine_and_not_whoever_started_it_by_hand(runs: list[Path], root: Path) -> None:
    with subprocess.Popen(["sleep", "60"]) as engine:  # in our own process group, as from a script
        attempt = claim(runs[0], [])
        publish(attempt / "started.json", Started(process=identify(engine.pid), time=0.0))  # type: ignore[arg-type]
        assert "killed" in cockpit(root, "stop", "--kill", runs[0].name).stdout
        assert engine.wait(10) == -signal.SIGKILL
    assert status_of(runs[0]) == Status("stopped", "killed on request")
    assert cockpit(root, "resume", runs[0].name).exit_code == 0
    assert words(root)[0] == "queued"


def test_a_kill_leaves_the_verdict_of_an_engine_that_was_faster(runs: list[Path], root: Path) -> None:
    with subprocess.Popen(["sleep", "60"]) as engine:
        attempt = claim(runs[0], [])
        publish(attempt / "started.json", Started(process=identify(engine.pid), time=0.0))  # type: ignore[arg-type]
        publish(attempt / "ended.json", Ended(outcome="finished", exit_code=0, time=0.0))
        assert control.kill(runs[0])
    assert words(root)[0] == "finished"


def test_a_kill_that_reaches_nobody_says_so_and_asks_for_a_stop(runs: list[Path], root: Path) -> None:
    elsewhere = ProcessId(host="node17", boot="b", pid=1, start=0.0)
    publish(claim(runs[0], []) / "started.json", Started(process=elsewhere, time=0.0))
    told = cockpit(root, "stop", "--kill", runs[0].name).stdout
    assert "out of reach" in told and "killed" not in told
    assert (runs[0] / "control" / "stop").read_bytes() == STOP_NOW


def test_logs_prints_the_last_attempts_log_cleaned(
    runs: list[Path], root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    none = cockpit(root, "logs", "mixup0-seed0-epochs2")
    assert isinstance(none.exception, UserError) and "no attempt was made" in none.exception.problem
    attempt = claim(runs[3], [])
    publish(attempt / "ended.json", Ended(outcome="failed", exit_code=1, time=0.0, reason="refused: no such queue"))
    refused = cockpit(root, "logs", runs[3].name)
    assert isinstance(refused.exception, UserError) and "failed, refused: no such queue" in refused.exception.problem
    assert refused.exception.remedy == f"cockpit retry quickstart/{runs[3].name}"
    attempt = claim(runs[0], [])
    (attempt / "log.txt").write_bytes(b"one\n\x1b]0;title\x07two\n\xff\n")
    publish(attempt / "ended.json", Ended(outcome="failed", exit_code=1, time=0.0))
    told = cockpit(root, "logs", "-f", "mixup0-seed0-epochs2").stdout
    assert told.splitlines()[0] == "one" and "\x1b" not in told
    (runs[1] / "attempts").mkdir()
    at_work(runs[1])
    log = attempts(runs[1])[-1] / "log.txt"
    log.write_text("whole\nha")

    def write_on(_: float) -> None:
        log.write_text("whole\nhalf\n")
        publish(log.with_name("ended.json"), Ended(outcome="failed", exit_code=1, time=0.0))

    monkeypatch.setattr("cockpit.handling.time.sleep", write_on)
    assert cockpit(root, "logs", "-f", runs[1].name).stdout == "whole\nhalf\n"
    several = cockpit(root, "logs", "quickstart")
    assert isinstance(several.exception, UserError) and "means 4 runs" in several.exception.problem
