"""One session, live: its curves, its gap in words, its settings, warnings and log."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.widgets import Footer
from textual.worker import get_current_worker

from cockpit.insight import gap
from cockpit.logs import log_of, tail
from cockpit.snapshot import Snapshot
from cockpit.tui.look import Line
from cockpit.tui.screens.run import KEYS, RunScreen
from cockpit.tui.widgets import learning, pictures, reading
from cockpit.tui.widgets.chart import Chart
from cockpit.tui.widgets.panel import Panel
from engine.contract.cleaning import clean

#: How many lines of the log are kept for the screen.
LOG_LINES = 40
#: Silence of so many epochs' length, and so many seconds more, is worth saying.
OVERDUE_EPOCHS, OVERDUE_SECONDS = 3.0, 10.0


class SessionScreen(RunScreen):
    """Charts at the left, what to make of them at the right, the log below."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "move(-1)", "epoch", id="session.left", key_display="◂ ▸", tooltip="The epoch before, after"),
        Binding(
            "right", "move(1)", "epoch", id="session.right", key_display="▸", show=False, tooltip="The epoch after"
        ),
        Binding("home", "move(-1000000)", "first", id="session.first", show=False, tooltip="The first epoch"),
        Binding("end", "move(1000000)", "newest", id="session.newest", show=False, tooltip="Follow the newest epoch"),
        *KEYS,
        Binding("escape", "app.pop_screen", "back", id="session.back", tooltip="Back to the sessions"),
    ]

    def __init__(self, run: Snapshot) -> None:
        super().__init__()
        self.run = run
        self._cursor: int | None = None
        self._gone = False
        self._log: tuple[str, ...] = ()
        self._reading = False

    def compose(self) -> ComposeResult:
        """Header, charts and panels, the values at the cursor, what is wrong, the log, the keys."""
        yield Panel(id="header", indent=None)
        with Container(id="session"):
            with Container(id="charts"):
                yield Chart(id="accuracy")
                yield Chart(id="lr")
            with Container(id="side"):
                yield Panel(id="gap", indent=reading.TEXT)
                yield Panel(id="objective", indent=learning.TEXT)
                yield Panel(id="settings", indent=17)
                yield Panel(id="warnings", indent=3)
        yield Panel(id="values", indent=None)
        yield Panel(id="strip", indent=2)
        yield Panel(id="log", indent=None, tail=True)
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Show the run, and follow its log."""
        self._show()
        self.set_interval(1.0, self._show_header)
        self._follow_log()
        self.set_interval(max(self.cockpit.interval, 0.2), self._follow_log)

    def take(self, snapshots: tuple[Snapshot, ...]) -> None:
        """The run as it is now, if it is still there."""
        now = next((s for s in snapshots if s.path == self.run.path), None)
        if now is self.run and not self._gone:
            return
        self._gone, self.run = now is None, now or self.run
        self._show()

    def _show(self) -> None:
        run, cursor = self.run, self._cursor
        at = cursor or run.epoch
        self._show_header()
        self.query_one("#accuracy", Chart).show(pictures.accuracy(run, cursor))
        self.query_one("#lr", Chart).show(pictures.learning_rate(run, at or None))
        now = gap.read(run)
        self.query_one("#gap", Panel).show(reading.gap_lines(run, now), reading.gap_title(now, self.cockpit.look))
        self.query_one("#objective", Panel).show(
            learning.lines(run, at), learning.title(run.spec) if run.spec else ()
        )
        settings = reading.settings_lines(run.spec, max(1, at)) if run.spec else []
        self.query_one("#settings", Panel).show(
            settings, ((f"settings at {max(1, at)}", "title"),) if run.spec else ()
        )
        warnings = reading.warning_lines(run)
        self.query_one("#warnings", Panel).show(warnings, (("warnings", "title"),) if warnings else ())
        self.set_class(bool(warnings), "-warned")
        self.query_one("#values", Panel).show(
            [reading.figures(run.epochs, at, self.size.width or 80)] if run.epochs else []
        )
        self._show_strip()

    def _show_header(self) -> None:
        line = reading.header(self.run, self.cockpit.look, self._overdue(), self.size.width)
        self.query_one("#header", Panel).show([line])

    def _show_strip(self) -> None:
        gone: Line = (("▲ ", "bad"), ("the run's folder is gone; this is the last that was seen of it", ""))
        line = gone if self._gone else reading.trouble(self.run)
        self.query_one("#strip", Panel).show([line] if line else [])
        bad = self.run.status.word in ("failed", "out-of-memory", "lost") or bool(self.run.problem)
        self.set_class(bad, "-wrong")

    def on_resize(self) -> None:
        """The header says more where there is room."""
        self._show_header()

    def _overdue(self) -> float | None:
        """For how long a running run has shown no epoch, seconds, when that is longer than it should be."""
        run = self.run
        if run.status.word != "running" or run.last is None or run.seconds_per_epoch is None:
            return None
        idle = self.cockpit.clock() - run.last.time
        return idle if idle > OVERDUE_EPOCHS * run.seconds_per_epoch + OVERDUE_SECONDS else None

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

    def action_move(self, by: int) -> None:
        """Move the cursor over the epochs; past the newest it follows it again."""
        epochs = [e.epoch for e in self.run.epochs]
        if not epochs:
            return
        at = (self._cursor or epochs[-1]) + by
        self._cursor = None if at > epochs[-1] else max(at, epochs[0])
        self._show()

    @property
    def in_hand(self) -> Snapshot:
        """The run that is shown."""
        return self.run
