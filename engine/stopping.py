"""Requests to stop: a signal or a deadline (save and leave now), or control/stop in the folder (after the epoch)."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from types import FrameType


class Stop:
    """Whether somebody wants the engine to leave. `signal_name` is empty until a signal has come.

    After the first signal the next TERM or INT ends the process at once, as it would any other; schedulers repeat
    their USR1, which says nothing new then.
    """

    SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1, signal.SIGALRM)

    def __init__(self) -> None:
        self.signal_name = ""

    def listen(self) -> None:
        """Take the signals from now on, and $COCKPIT_DEADLINE, seconds from now: PBS gives no warning of its own."""
        for number in self.SIGNALS:
            signal.signal(number, self._on_signal)
        if deadline := os.environ.get("COCKPIT_DEADLINE"):
            signal.alarm(max(1, int(float(deadline))))

    def _on_signal(self, number: int, _: FrameType | None) -> None:
        self.signal_name = signal.Signals(number).name
        for each in self.SIGNALS:
            signal.signal(each, signal.SIG_DFL if each in (signal.SIGTERM, signal.SIGINT) else signal.SIG_IGN)

    def after_epoch(self, run: Path) -> bool:
        """Whether the run's owner asked it to stop once its epoch is done."""
        return (run / "control" / "stop").exists()

    def honour(self, run: Path) -> None:
        """Take the request away, so that it stops this attempt and not the next."""
        (run / "control" / "stop").unlink(missing_ok=True)
