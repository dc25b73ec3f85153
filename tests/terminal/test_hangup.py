"""A closed terminal takes nothing along: real pseudo-terminals, really hung up."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cockpit.runs import RunsFolder

COMMAND = [sys.executable, "-P", "-m", "cockpit.cli", "run", "quickstart", "--set", "run.epochs=12"]


def under_a_terminal(
    *arguments: str, root: Path, hangup: signal.Handlers = signal.SIG_DFL, cores: int = 2
) -> tuple[subprocess.Popen[bytes], int]:
    """The command as the leader of a session whose controlling terminal we hold the other end of.

    `hangup` is what it inherits for SIGHUP: under nohup, and under some job runners, that is to ignore it.
    """
    ours, theirs = pty.openpty()
    command = [*COMMAND, *arguments, "--runs", str(root)]

    def take_the_terminal() -> None:
        import fcntl
        import termios

        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        signal.signal(signal.SIGHUP, hangup)
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-cores:])

    process = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True, preexec_fn=take_the_terminal
    )
    os.close(theirs)
    return process, ours


def wait(root: Path, *words: str, count: int, seconds: float = 90.0) -> list[str]:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        states = [s.status.word for s in RunsFolder(root).poll()]
        if sum(state in words for state in states) >= count:
            return states
        time.sleep(0.1)
    raise AssertionError(f"{states} after {seconds} s")


@pytest.mark.slow
@pytest.mark.parametrize("hangup", [signal.SIG_DFL, signal.SIG_IGN])
def test_a_headless_run_goes_on_to_its_end_when_its_terminal_is_closed(root: Path, hangup: signal.Handlers) -> None:
    # On one core there is one slot: the second run starts when nobody is there any more.
    process, terminal = under_a_terminal("--headless", "--only", "*-seed0*", root=root, hangup=hangup, cores=1)
    assert wait(root, "running", count=1).count("queued") == 1
    os.close(terminal)
    assert process.wait(120) == 0
    assert [s.status.word for s in RunsFolder(root).poll()] == ["finished", "finished"]
    assert "mixup0.2-seed0" in (root / "quickstart" / "launch.log").read_text()


def test_interrupting_a_headless_run_saves_its_runs_and_the_same_command_goes_on(root: Path) -> None:
    process, terminal = under_a_terminal("--headless", "--only", "mixup0-seed0*", root=root)
    wait(root, "running", count=1)
    time.sleep(2)
    os.write(terminal, b"\x03")
    assert process.wait(60) == 130
    printed = b""
    try:
        while chunk := os.read(terminal, 4096):
            printed += chunk
    except OSError:
        pass
    os.close(terminal)
    assert b"the same command goes on" in printed
    assert b"Traceback" not in printed
    assert [s.status.word for s in RunsFolder(root).poll()] == ["stopped"]


@pytest.mark.slow
@pytest.mark.parametrize("hangup", [signal.SIG_DFL, signal.SIG_IGN])
def test_the_apps_runs_go_on_when_its_terminal_is_closed(root: Path, hangup: signal.Handlers) -> None:
    process, terminal = under_a_terminal("--only", "mixup0-seed0*", root=root, hangup=hangup)
    wait(root, "running", count=1)
    os.close(terminal)
    process.wait(30)  # the app itself ends with its terminal
    wait(root, "finished", count=1)


@pytest.mark.slow
def test_eight_runs_and_their_queue_go_on_and_a_new_cockpit_shows_them_right_within_a_second(root: Path) -> None:
    process, terminal = under_a_terminal("--headless", "--seeds", "4", root=root)
    assert wait(root, "running", count=1).count("queued") >= 6
    os.close(terminal)
    began = time.monotonic()
    states = [s.status.word for s in RunsFolder(root).poll()]
    assert time.monotonic() - began < 1
    assert len(states) == 8 and "lost" not in states and "failed" not in states
    process.send_signal(signal.SIGKILL)  # whoever watched is gone altogether, and the queue goes on
    process.wait()
    wait(root, "finished", count=8, seconds=240)
