"""That runs have ended is told: in words, by the terminal, by a command of the user's own."""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cockpit import notify
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
