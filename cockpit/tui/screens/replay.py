"""A session played again on its time axis, through the same screen that shows it live."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import ClassVar

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from cockpit.insight.format import duration
from cockpit.insight.replay import Idle, as_of, timeline
from cockpit.snapshot import Snapshot
from cockpit.tui.look import Line, shortened
from cockpit.tui.screens.run import KEYS
from cockpit.tui.screens.session import SessionScreen
from cockpit.tui.widgets.keyline import KeyLine
from cockpit.tui.widgets.panel import Panel

#: How many seconds of the session pass in one, to choose from.
SPEEDS = (1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200)
#: Without a speed of a person's choice the whole takes about so long, seconds.
WHOLE_SECONDS = 30.0
#: How often the moment moves on, seconds.
TICK = 0.2
FIRST_KEYS = ("replay.pause", "replay.back", "replay.slower", "replay.leave", "session.left", "session.chart")
#: What a run can be asked; a replay asks nothing of it.
_ASKING = frozenset(("replay", *(b.action.partition("(")[0] for b in KEYS if isinstance(b, Binding))))


class ReplayScreen(SessionScreen):
    """The session screen, fed with how the run stood at a moment; below it where on the time axis that is."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "pause", "pause", id="replay.pause", tooltip="Halt, and go on"),
        Binding(
            "comma",
            "seek(-1)",
            "epoch",
            id="replay.back",
            key_display=", .",
            tooltip="To the end of the epoch before",
        ),
        Binding("full_stop", "seek(1)", "epoch", id="replay.on", show=False, tooltip="To the end of the next epoch"),
        Binding("less_than_sign", "speed(-1)", "speed", id="replay.slower", key_display="< >", tooltip="Slower"),
        Binding("greater_than_sign", "speed(1)", "speed", id="replay.faster", show=False, tooltip="Faster"),
        Binding("home", "go(0)", "start", id="replay.start", show=False, tooltip="To its start"),
        Binding("end", "go(1)", "end", id="replay.end", show=False, tooltip="To its end"),
        Binding("escape", "leave", "back", id="replay.leave", tooltip="Leave the replay"),
    ]

    def __init__(
        self, run: Snapshot, speed: float | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`speed` is how many seconds of the session pass in one; the clock is one that is never set."""
        self._whole, self._line, self._clock = run, timeline(run), clock
        # At the first moment there is nothing to see: an empty session, as it was.
        super().__init__(as_of(run, self._line.began - 1.0))
        self._speed = speed or next((s for s in SPEEDS if s * WHOLE_SECONDS >= self._line.length), SPEEDS[-1])
        self._played, self._paused, self._before = 0.0, False, clock()

    def compose(self) -> ComposeResult:
        """The session's screen, and the time axis above the keys."""
        for widget in super().compose():
            if not isinstance(widget, KeyLine):
                yield widget
        yield Panel(id="time", indent=None)
        yield KeyLine(FIRST_KEYS, id="keys")

    def on_mount(self) -> None:
        """Begin to play. The session's own on_mount is called by Textual itself, after this one."""
        self._before = self._clock()
        self.set_interval(TICK, self._tick)
        self._go(0.0)

    def take(self, snapshots: tuple[Snapshot, ...]) -> None:
        """Whatever becomes of the run meanwhile, this is as it was."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Nothing that asks something of the run: it is not at work here."""
        return False if action in _ASKING else super().check_action(action, parameters)

    def _tick(self) -> None:
        now = self._clock()
        passed, self._before = now - self._before, now
        if not self._paused and self._played < self._line.length:
            self._go(self._played + passed * self._speed)

    def _go(self, played: float) -> None:
        """To a moment, seconds of the replay; what is shown changes only where an epoch ended in between."""
        self._played = min(max(0.0, played), self._line.length)
        now = as_of(self._whole, self._line.clock(self._played))
        if len(now.epochs) != len(self.run.epochs) or now is self._whole:
            super().take((now,))
        self._show_time()

    def _show_time(self) -> None:
        self._show_header()
        self.query_one("#time", Panel).show([self._time_line(self.size.width or 80)])

    def _time_line(self, width: int) -> Line:
        """Whether it plays and how fast, a bar of the time since the start, what idle time was left out."""
        line = self._line
        over = self._played >= line.length
        state = "end" if over else "paused" if self._paused else "playing"
        left = f" {state:<7} {duration(self._played)} of {duration(line.length)} "
        clock = datetime.fromtimestamp(line.clock(self._played)).strftime("%Y-%m-%d %H:%M:%S")
        right = f" x{self._speed:g}  {clock}"
        skipped = self._skipped()
        room = width - cell_len(left) - cell_len(right) - 1
        told = shortened(skipped, max(0, room - 12)) if room >= 30 else ""
        bar = max(4, room - cell_len(told) - (2 if told else 0))
        filled = round(bar * self._played / line.length) if line.length else bar
        return (
            (left, "bold"),
            ("━" * filled, "busy"),
            ("─" * (bar - filled), "dim"),
            (right, ""),
            (f"  {told}" if told else "", "watch"),
        )

    def _skipped(self) -> str:
        """The idle time that was left out of what has been played, in words."""
        done = set(self._line.epochs[: self._line.done(self._played) + 1])
        idle: list[Idle] = [each for each in self._line.idle if each.before in done]
        if not idle:
            return ""
        last = idle[-1]
        why = "resumed" if last.resumed else "silent"
        more = f" and {len(idle) - 1} more" if len(idle) > 1 else ""
        return f"skipped {duration(last.seconds)} before epoch {last.before}, {why}{more}"

    def _show_header(self) -> None:
        """What is played. Never a state: nothing is at work."""
        run = self._whole
        planned = f"/{run.planned}" if run.planned else ""
        spans: Line = ((f" {run.group} / {run.label}  ", "title"), (f"replay  epoch {self.run.epoch}{planned}", ""))
        ended = f"  {run.status.word}" if self.run is run else ""
        self.query_one("#header", Panel).show([(*spans, (ended, "dim"))])

    def _follow_log(self) -> None:
        """The log is of the run's end, and no line of it says when it was written."""

    def _follow_load(self) -> None:
        """Nothing is at work."""

    def action_pause(self) -> None:
        """Halt, or go on; at the end, from the start."""
        if self._played >= self._line.length and not self._paused:
            self._go(0.0)
            return
        self._paused = not self._paused
        self._show_time()

    def action_seek(self, by: int) -> None:
        """To the end of another epoch."""
        self._go(self._line.seek(self._played, by))

    def action_go(self, share: float) -> None:
        """To its start or end."""
        self._go(share * self._line.length)

    def action_speed(self, by: int) -> None:
        """The next speed of those there are."""
        faster = [speed for speed in SPEEDS if speed > self._speed]
        slower = [speed for speed in SPEEDS if speed < self._speed]
        beyond = faster[:1] if by > 0 else slower[-1:]
        self._speed = beyond[0] if beyond else self._speed
        self._show_time()

    def action_leave(self) -> None:
        """Back to where one came from."""
        self.app.pop_screen()
