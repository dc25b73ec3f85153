"""What a session's screen reads for itself, away from its own thread: the log's end, and its engine's load."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from textual import work
from textual.worker import get_current_worker

from cockpit.load import Load, Meter
from cockpit.logs import log_of, tail
from cockpit.snapshot import Snapshot
from cockpit.tui.look import Line
from cockpit.tui.screens.run import RunScreen
from cockpit.tui.widgets import reading
from cockpit.tui.widgets.panel import Panel
from engine.contract.cleaning import clean

#: How often the engine's process is looked at, seconds.
LOAD_SECONDS = 2.0
#: How many lines of the log are kept for the screen.
LOG_LINES = 40


class Following(RunScreen):
    """A screen of one run, with a panel `log` and a panel `load` that keep up with it."""

    def __init__(self, run: Snapshot) -> None:
        super().__init__()
        self.run = run
        self._log: tuple[str, ...] = ()
        self._reading = self._measuring = False
        self._meter = Meter(run.path)

    @property
    def in_hand(self) -> Snapshot:
        """The run that is shown."""
        return self.run

    @property
    def narrow(self) -> bool:
        """Whether there is little room beside the charts."""
        return self.size.width < 100

    def follow(self) -> None:
        """Keep up from now on."""
        self._follow_log()
        self.set_interval(max(self.cockpit.interval, 0.2), self._follow_log)
        self._follow_load()
        self.set_interval(max(self.cockpit.interval, LOAD_SECONDS), self._follow_load)

    def panel(self, id: str, lines: Sequence[Line], title: Line = ()) -> None:
        """Show these lines; without any the panel takes no room."""
        panel = self.query_one(f"#{id}", Panel)
        panel.set_class(not lines and not title, "-empty")
        panel.show(lines, title)

    def _follow_log(self) -> None:
        """Read the log's end, unless that is still being done: on a slow disk readers would pile up."""
        if not self._reading:
            self._reading = True
            self._read_log()

    @work(thread=True, group="log")
    def _read_log(self) -> None:
        """Read away from the screen's thread: the disk may be a slow one, and shared."""
        worker = get_current_worker()
        path = log_of(self.run.path)
        try:
            lines = tail(path, LOG_LINES) if path else ()
        finally:
            self._reading = False
        if lines != self._log and not worker.is_cancelled:
            self.app.call_from_thread(self._show_log, lines, path)

    def _show_log(self, lines: tuple[str, ...], path: Path | None) -> None:
        self._log = lines
        attempt = clean(path.parent.name) if path else ""
        title: Line = (("log", "title"), (f"  attempt {attempt}", "dim"))
        if self.is_mounted:
            self.query_one("#log", Panel).show([((f" {line}", ""),) for line in lines], title)

    def _follow_load(self) -> None:
        if not self._measuring:
            self._measuring = True
            self._read_load()

    @work(thread=True, group="load")
    def _read_load(self) -> None:
        """Read away from the screen's thread: the GPU's driver may take its time."""
        worker = get_current_worker()
        try:
            load = self._meter.read()
        finally:
            self._measuring = False
        if not worker.is_cancelled:
            self.app.call_from_thread(self._show_load, load)

    def _show_load(self, load: Load) -> None:
        if self.is_mounted:
            self.panel("load", reading.load_lines(load, self.narrow), () if self.narrow else (("engine", "title"),))
