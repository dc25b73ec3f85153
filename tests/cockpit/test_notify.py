"""That runs have ended is told: in words, by the terminal, by a command of the user's own."""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cockpit import cli, notify
from cockpit.doctor import findings
from cockpit.launch import control
from cockpit.launch.supervisor import Supervisor
from engine.contract.folder import Ended, claim, publish


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_is_rung_and_told_and_a_pipe_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    for out, told in ((Terminal(), "\x1b]9;cockpit: kd: 2 finished, 1 failed\x07\x07"), (io.StringIO(), "")):
        monkeypatch.setattr(sys, "stdout", out)
        notify.ring("kd", ["finished", "failed", "finished"])
        assert out.getvalue() == told


def test_a_groups_name_brings_no_escape_into_the_notification() -> None:
    assert "\x1b" not in notify.in_words("kd\x1b]0;x", ["finished"])


def test_the_supervisor_calls_the_users_command_once_when_nothing_of_a_group_is_left(
    tmp_path: Path, root: Path, make_runs: Callable[..., list[Path]], monkeypatch: pytest.MonkeyPatch
) -> None:
    told = tmp_path / "told"
    config = tmp_path / "config.toml"
    config.write_text(f'[notify]\nbell = false\ncommand = ["sh", "-c", "echo \\"$0\\" >> {told}"]\n')
    monkeypatch.setenv("COCKPIT_CONFIG", str(config))
    runs = make_runs()
    control.ask(runs)
    supervisor = Supervisor(root)
    monkeypatch.setattr(supervisor, "_start", lambda run, place: False)
    supervisor.tick()
    for run, outcome in zip(runs, ("finished", "finished", "failed", "finished"), strict=True):
        publish(claim(run, []) / "ended.json", Ended(outcome=outcome, exit_code=0, time=0.0))  # type: ignore[arg-type]
    supervisor.tick()
    supervisor.tick()
    end = time.monotonic() + 10
    while not told.exists() and time.monotonic() < end:
        time.sleep(0.02)
    time.sleep(0.2)
    assert told.read_text() == "quickstart: 3 finished, 1 failed\n"


@pytest.mark.parametrize(
    ("text", "why"),
    [('[notify]\ncommand = ["no-such-program"]\n', "no-such-program"), ("[notify]\nbel = 1\n", "bel")],
)
def test_who_cannot_be_told_is_one_line_of_the_queues_log(
    text: str,
    why: str,
    tmp_path: Path,
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "config.toml").write_text(text)
    monkeypatch.setenv("COCKPIT_CONFIG", str(tmp_path / "config.toml"))
    Supervisor(root)._tell("kd")
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "nobody was told that kd has ended" in said and why in said


def test_a_command_that_is_not_there_is_told_before_anything_runs(
    tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config.toml").write_text('[notify]\ncommand = ["no-such-program"]\n')
    monkeypatch.setenv("COCKPIT_CONFIG", str(tmp_path / "config.toml"))
    told = CliRunner().invoke(cli.app, ["--runs", str(root), "run", "quickstart", "--dry-run"])
    assert "warning: " in told.stderr and "no program 'no-such-program' is found" in told.stderr
    assert "notification" in [f.subject for f in findings(None, root) if f.level == "warning"]
