"""Put the stand-in commands of PBS where a test finds them."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import sys
from pathlib import Path

import pytest

COMMANDS = ("qsub", "qstat", "qsig", "qdel")


class StandInPbs:
    """qsub, qstat, qsig and qdel at the head of PATH, and a folder in which their jobs live."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, *, slots: int = 2) -> None:
        self.folder = folder / "server"
        self.folder.mkdir(parents=True)
        (self.folder / "slots").write_text(str(slots))
        commands = folder / "bin"
        commands.mkdir()
        script = Path(__file__).with_name("pbs.py")
        for name in COMMANDS:
            line = shlex.join([sys.executable, "-I", "-S", str(script), str(self.folder), name])
            (commands / name).write_text(f'#!/bin/sh\nexec {line} "$@"\n')
            (commands / name).chmod(0o755)
        monkeypatch.setenv("PATH", str(commands), prepend=os.pathsep)

    def down(self, *, down: bool = True) -> None:
        """Make the server unreachable, or reachable again."""
        (self.folder / "down").touch() if down else (self.folder / "down").unlink()

    def output(self, job: str) -> str:
        """What PBS itself kept of the payload's output."""
        return (self.folder / job.partition(".")[0] / "spool").read_text()

    def exit_code(self, job: str) -> int:
        """What the payload ended with; a signal's number is negative."""
        return int((self.folder / job.partition(".")[0] / "exit").read_text())

    def stop(self) -> None:
        """End what still runs."""
        for state in self.folder.glob("*/state"):
            running = state.read_text() == "R"
            state.write_text("F")
            with contextlib.suppress(OSError, ValueError):
                if running:
                    os.killpg(int((state.parent / "pid").read_text()), signal.SIGKILL)
