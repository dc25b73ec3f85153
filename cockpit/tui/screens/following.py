"""What a session's screen reads for itself, away from its own thread: the log's end, and its engine's load."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cockpit.load import Load, Meter
from cockpit.logs import log_of, tail
from cockpit.snapshot import Snapshot
from cockpit.tui.away import Away
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
        self._end = Away(self, self._read_log, self._show_log, "The log cannot be read")
        self._load = Away(self, Meter(run.path).read, self._show_load, "The engine cannot be looked at")

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

    def _follow_log(self) -> None:
        self._end.start()

    def _follow_load(self) -> None:
        self._load.start()

    def panel(self, id: str, lines: Sequence[Line], title: Line = ()) -> None:
        """Show these lines; without any the panel takes no room."""
        panel = self.query_one(f"#{id}", Panel)
        panel.set_class(not lines and not title, "-empty")
        panel.show(lines, title)

    def _read_log(self) -> tuple[tuple[str, ...], Path | None]:
        path = log_of(self.run.path)
        return tail(path, LOG_LINES) if path else (), path

    def _show_log(self, read: tuple[tuple[str, ...], Path | None]) -> None:
        lines, path = read
        if lines == self._log:
            return
        self._log = lines
        attempt = clean(path.parent.name) if path else ""
        title: Line = (("log", "title"), (f"  attempt {attempt}", "dim"))
        self.query_one("#log", Panel).show([((f" {line}", ""),) for line in lines], title)

    def _show_load(self, load: Load) -> None:
        self.panel("load", reading.load_lines(load, self.narrow), () if self.narrow else (("engine", "title"),))
