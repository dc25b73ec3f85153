"""Requests to stop: a signal (save and leave now) or control/stop in the run's folder (after the epoch)."""

from __future__ import annotations

import signal
from pathlib import Path
from types import FrameType


class Stop:
    """Whether somebody wants the engine to leave. `signal_name` is empty until a signal has come.

    After the first signal the next one ends the process at once, as it would any other.
    """

    SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1)

    def __init__(self) -> None:
        self.signal_name = ""

    def listen(self) -> None:
        """Take the signals from now on."""
        for number in self.SIGNALS:
            signal.signal(number, self._on_signal)

    def _on_signal(self, number: int, _: FrameType | None) -> None:
        self.signal_name = signal.Signals(number).name
        for each in self.SIGNALS:
            signal.signal(each, signal.SIG_DFL)

    def after_epoch(self, run: Path) -> bool:
        """Whether the run's owner asked it to stop once its epoch is done."""
        return (run / "control" / "stop").exists()

    def honour(self, run: Path) -> None:
        """Take the request away, so that it stops this attempt and not the next."""
        (run / "control" / "stop").unlink(missing_ok=True)
