"""One session, live: its curves, its gap in words, its networks, settings, load, warnings and log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, VerticalScroll

from cockpit.insight import gap
from cockpit.insight.events import Event, events
from cockpit.insight.fork import Branch, branch
from cockpit.snapshot import Snapshot
from cockpit.tui.look import Line
from cockpit.tui.screens.following import Following
from cockpit.tui.screens.run import KEYS
from cockpit.tui.widgets import brought, lanes, learning, reading, settings, values
from cockpit.tui.widgets.chart import Chart
from cockpit.tui.widgets.chartkeys import CHART_KEYS, ChartKeys
from cockpit.tui.widgets.keyline import KeyLine
from cockpit.tui.widgets.panel import Panel
from cockpit.tui.widgets.picture import WEIGHTS, Lens, Picture
from cockpit.tui.widgets.pictures import CHARTS

#: How far a page is, epochs; and further than any run is long.
STRIDE, FAR = 10, 1_000_000
#: From so many rows of the screen on, so many charts are seen.
ROOM = ((48, 4), (32, 3), (14, 2), (0, 1))
#: Which charts are seen beside the chosen one, the first first.
BESIDE = ("accuracy", "lr", "gaps", "loss")
#: The keys shown first where there is no room for all.
FIRST_KEYS = (
    "session.left", "session.event_before", "session.back", "session.chart", "run.stop", "run.fork", "run.compare",
    "session.settings", "chart.zoom_in", "chart.smooth", "chart.log",
)  # fmt: skip
#: Silence of so many epochs' length, and so many seconds more, is worth saying.
OVERDUE_EPOCHS, OVERDUE_SECONDS = 3.0, 10.0


def _key(key: str, action: str, word: str, id: str, about: str, *, show: bool = False, display: str = "") -> Binding:
    return Binding(key, action, word, id=f"session.{id}", tooltip=about, show=show, key_display=display or None)


#: What of a run its charts and panels are made of; how far it is within an epoch only the header tells.
_DRAWN = tuple(name for name in Snapshot.__struct_fields__ if name not in ("progress", "read"))


def _drawn_alike(a: Snapshot, b: Snapshot) -> bool:
    """Whether two snapshots of a run look the same but for their header: what did not change is the very same."""
    return all(getattr(a, name) is getattr(b, name) for name in _DRAWN)


class SessionScreen(ChartKeys, Following):
    """Charts at the left, what to make of them at the right, the values at the cursor and the log below."""

    # The list of all settings takes the arrows for itself when it has the focus: only while it is seen.
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        _key("left", "move(-1)", "epoch", "left", "The epoch before", show=True, display="◂ ▸"),
        _key("right", "move(1)", "epoch", "right", "The epoch after", display="▸"),
        _key("pageup", f"move(-{STRIDE})", "far left", "far_left", "Ten epochs before"),
        _key("pagedown", f"move({STRIDE})", "far right", "far_right", "Ten epochs after"),
        _key("home", f"move(-{FAR})", "first", "first", "The first epoch"),
        _key("end", f"move({FAR})", "newest", "newest", "Follow the newest epoch"),
        _key(
            "left_square_bracket", "jump(-1)", "events", "event_before", "The event before", show=True, display="[ ]"
        ),
        _key("right_square_bracket", "jump(1)", "events", "event_after", "The next event", display="]"),
        _key("t", "next_chart", "chart", "chart", "The next chart: accuracy, loss, gap, learning rate", show=True),
        _key("tab", "next_chart", "chart", "chart_too", "The next chart, too"),
        _key("e", "every", "settings", "settings", "All settings and where each came from, or the charts", show=True),
        _key("p", "replay", "replay", "replay", "Play it again on its time axis"),
        *KEYS,
        *CHART_KEYS,
        _key("escape", "back", "back", "back", "Back to the sessions", show=True, display="esc"),
    ]

    def __init__(self, run: Snapshot) -> None:
        super().__init__(run)
        self._happened: tuple[Event, ...] = ()
        #: Where it left its parent's curve, if it is a fork.
        self._left: Branch | None = None
        self._pictures: dict[str, Picture] = {}
        self._cursor: int | None = None
        self._chosen = next(iter(CHARTS))
        self._gone = False

    def compose(self) -> ComposeResult:
        """Header, charts and panels, the values at the cursor, what is wrong, the log, the keys."""
        yield Panel(id="header", indent=None)
        with Container(id="session"):
            with Container(id="charts"):
                for name in CHARTS:
                    yield Chart(id=name)
            with Container(id="side"):
                yield Panel(id="gap", indent=reading.TEXT)
                yield Panel(id="objective", indent=learning.TEXT)
                yield Panel(id="lanes", indent=None)
                yield Panel(id="load", indent=reading.TEXT)
                yield Panel(id="settings", indent=settings.TEXT)
                yield Panel(id="warnings", indent=3)
        with VerticalScroll(id="every"):
            yield Panel(id="every-setting", indent=settings.VALUE)
        yield Panel(id="values", indent=None)
        yield Panel(id="strip", indent=2)
        yield Panel(id="log", indent=None, tail=True)
        yield KeyLine(FIRST_KEYS, id="keys")

    def on_mount(self) -> None:
        """Show the run, and follow its log and its process."""
        kept = self.cockpit.view
        self._left = branch(self.run, self.cockpit.snapshots)
        self._chosen = kept.chart if kept.chart in CHARTS else self._chosen
        for chart in self.charts:
            chart.look_through(Lens(weight=kept.smoothing if kept.smoothing in WEIGHTS else 0.0))
        for name in CHARTS:
            self.query_one(f"#{name}", Chart).opens = f"choose_chart('{name}')"
        for id, action in (("settings", "every"), ("log", "log")):
            self.query_one(f"#{id}", Panel).opens = action
        self._work_out()
        self._arrange()
        self.set_interval(1.0, self._show_header)
        self.follow()

    def take(self, snapshots: tuple[Snapshot, ...]) -> None:
        """The run as it is now, if it is still there."""
        now = next((s for s in snapshots if s.path == self.run.path), None)
        # Its parent may train on while the fork stands still.
        before, self._left = self._left, branch(now or self.run, snapshots)
        gone, run = now is None, now or self.run
        alike = gone == self._gone and self._left == before and _drawn_alike(run, self.run)
        self._gone, self.run = gone, run
        if alike:
            self._show_header()
        else:
            self._work_out()

    def _work_out(self) -> None:
        """What hangs on the run alone, so that a moved cursor has little to do."""
        self._happened = events(self.run)
        self._pictures = {name: draw(self.run, self._happened, self._left) for name, draw in CHARTS.items()}
        now = gap.read(self.run)
        told = reading.gap_lines(self.run, now, self.narrow)
        self.panel("gap", told, reading.gap_title(self.run, now, self.cockpit.look))
        warnings = reading.warning_lines(self.run)
        self.panel("warnings", warnings, (("warnings", "title"),) if warnings else ())
        self.set_class(bool(warnings), "-warned")
        self._show_header()
        self._show_strip()
        self.offer_anew()
        self._show_epoch()

    def _show_epoch(self) -> None:
        """What hangs on the epoch of the cursor, or on the newest."""
        run, at = self.run, self.at
        for name, picture in self._pictures.items():
            self.query_one(f"#{name}", Chart).show(replace(picture, cursor=self._cursor))
        self.panel("objective", learning.lines(run, at), learning.title(run.spec) if run.spec else ())
        drawn = lanes.lanes(run, at, self.size.width * 3 // 8 - 1)
        self.panel("lanes", drawn)
        self.set_class(bool(drawn), "-several")
        epoch = max(1, at)
        told = settings.lines(run.spec, epoch) if run.spec else brought.lines(run)
        self.panel("settings", told, ((f"settings at {epoch}" if run.spec else "imported", "title"),) if told else ())
        if self.has_class("-every"):
            self.panel("every-setting", settings.every(run, epoch), ((f"all settings at {epoch}", "title"),))
        self._show_values()

    def _show_values(self) -> None:
        told = [values.line(self.run, self._happened, self.at, self.size.width or 80)]
        self.panel("values", told if self.run.epochs or self._cursor else [])

    def _arrange(self) -> None:
        """Show as many charts as there is height for, the chosen one largest."""
        count = next(count for height, count in ROOM if self.size.height >= height)
        others = [name for name in BESIDE if name != self._chosen]
        seen = {self._chosen, *others[: count - 1]}
        for name in CHARTS:
            chart = self.query_one(f"#{name}", Chart)
            chart.display = name in seen
            chart.set_class(name == self._chosen, "-chosen")
            # One axis of epochs with its numbers is enough for charts that stand one above the other.
            last = name == max(seen, key=list(CHARTS).index)
            chart.among(numbered=last, labelled=name == self._chosen)

    @property
    def targets(self) -> list[Snapshot]:
        """The run, as long as it is there."""
        return [] if self._gone else [self.run]

    @property
    def at(self) -> int:
        """The epoch that is read: the cursor's, or the newest."""
        return self._cursor or self.run.epoch

    @property
    def epoch_in_hand(self) -> int:
        """Where a fork is offered: at the cursor, or at the newest epoch."""
        return min(self.at, self.run.epoch)

    @property
    def charts(self) -> Sequence[Chart]:
        """All, those that are hidden too, so that they show the same epochs when they are seen; the chosen first."""
        return [self.query_one(f"#{name}", Chart) for name in sorted(CHARTS, key=lambda name: name != self._chosen)]

    def _show_header(self) -> None:
        idle = None if self._gone else self._overdue()
        line = reading.header(self.run, self.cockpit.look, idle, self.size.width, gone=self._gone)
        self.query_one("#header", Panel).show([line])

    def _show_strip(self) -> None:
        gone: Line = (("▲ ", "bad"), ("the run's folder is gone; this is the last that was seen of it", ""))
        line = gone if self._gone else reading.trouble(self.run)
        self.query_one("#strip", Panel).show([line] if line else [])
        bad = self.run.status.word in ("failed", "out-of-memory", "lost") or bool(self.run.problem)
        self.set_class(bad, "-wrong")

    def on_resize(self) -> None:
        """More is told where there is room."""
        if self.is_mounted:
            self._arrange()
            self._work_out()

    def _overdue(self) -> float | None:
        """For how long a running run has shown no epoch, seconds, when that is longer than it should be."""
        run = self.run
        if run.status.word != "running" or run.last is None or run.seconds_per_epoch is None:
            return None
        # A resumed one has had since its start: the epoch before is of another attempt, perhaps of another day.
        idle = self.cockpit.clock() - max(run.last.time, run.started.time if run.started else 0.0)
        # In steps: a run that is silent must not have a line sent each second.
        return idle // 10 * 10 if idle > OVERDUE_EPOCHS * run.seconds_per_epoch + OVERDUE_SECONDS else None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys of the charts are no keys while all settings stand in their place."""
        charts = action.startswith("chart_") or action == "next_chart"
        return False if charts and self.has_class("-every") else super().check_action(action, parameters)

    def action_move(self, by: int) -> None:
        """Move the cursor over the epochs; past the newest it follows it again."""
        newest = self.run.epoch
        if not newest:
            return
        at = self.at + by
        # From an event that is still to come one can go on to the last planned epoch.
        ahead = self._cursor is not None and self._cursor > newest and by < FAR
        self._cursor = max(1, min(at, max(newest, self.run.planned))) if ahead or at <= newest else None
        self._show_epoch()

    def action_jump(self, way: int) -> None:
        """To the next or last epoch at which something happened or will; the values line tells what."""
        epochs = [event.epoch for event in self._happened]
        beyond = [epoch for epoch in epochs if (epoch - self.at) * way > 0]
        if beyond:
            self._cursor = min(beyond) if way > 0 else max(beyond)
            self._show_epoch()
        else:
            self.notify("No event further that way.", timeout=2)

    def action_next_chart(self) -> None:
        """The next chart is the large one."""
        names = list(CHARTS)
        self.action_choose_chart(names[(names.index(self._chosen) + 1) % len(names)])

    def action_choose_chart(self, name: str) -> None:
        """This chart is the large one."""
        self._chosen = name
        self.cockpit.remember(chart=name)
        self._arrange()

    def action_chart_smooth(self) -> None:
        """The next smoothing, kept for the sessions opened later."""
        super().action_chart_smooth()
        self.cockpit.remember(smoothing=self.charts[0].lens.weight)

    def action_chart_reset(self) -> None:
        """Everything as measured, in the sessions opened later too."""
        super().action_chart_reset()
        self.cockpit.remember(smoothing=0.0)

    def action_every(self) -> None:
        """All settings in the place of the charts, or the charts again."""
        self.toggle_class("-every")
        if self.has_class("-every"):
            self.query_one("#every").focus()
        else:
            self.set_focus(None)
        self.refresh_bindings()
        self._show_epoch()

    def action_replay(self) -> None:
        """The same screen, fed with how the run stood at each moment."""
        from cockpit.tui.screens.replay import ReplayScreen

        if self.run.epochs:
            self.app.push_screen(ReplayScreen(self.run))
        else:
            self.notify("Nothing to play: it has no epoch.", timeout=2)

    def action_back(self) -> None:
        """From all settings to the charts, from the charts to where one came from."""
        if self.has_class("-every"):
            self.action_every()
        else:
            self.app.pop_screen()
