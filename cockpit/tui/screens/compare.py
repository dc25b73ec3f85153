"""The place to compare: the marked sessions over one axis of epochs, with one crosshair through charts and tables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widget import Widget

from cockpit.insight.compare import MEASURES
from cockpit.insight.format import counted
from cockpit.insight.report import markdown
from cockpit.snapshot import Snapshot
from cockpit.tui import view
from cockpit.tui.away import Away
from cockpit.tui.keys import called
from cockpit.tui.look import Line
from cockpit.tui.screens.place import PlaceScreen
from cockpit.tui.screens.run import KEYS
from cockpit.tui.screens.writing import WritingScreen
from cockpit.tui.widgets.board import PANES, Board, Worked, baseline_of, worked_out
from cockpit.tui.widgets.chart import Chart
from cockpit.tui.widgets.chartkeys import CHART_KEYS, ChartKeys
from cockpit.tui.widgets.epochs import EpochTable
from cockpit.tui.widgets.facets import Facets
from cockpit.tui.widgets.groups import GroupList
from cockpit.tui.widgets.listing import Listing
from cockpit.tui.widgets.panel import Panel
from engine.contract.cleaning import clean

#: How far H and L move, and a page.
STRIDE = 10
#: So many names go into the proposed name of a report.
MOST_NAMES = 3
FAR = 1_000_000
#: From this width on the verdict is always in sight.
WIDE = 100


def _key(key: str, action: str, word: str, id: str, about: str, *, show: bool = False, display: str = "") -> Binding:
    return Binding(key, action, word, id=f"compare.{id}", tooltip=about, show=show, key_display=display or None)


class CompareScreen(ChartKeys, PlaceScreen):
    """The marked sessions; without any, how to mark them, and the groups that can be compared as they are."""

    place = "compare"
    first_keys = (
        "compare.left", "compare.event_before", "compare.crossing", "compare.measure", "compare.settings",
        "compare.copy", "compare.write", "compare.table", "compare.apart", "compare.baseline", "compare.back",
    )  # fmt: skip
    #: What takes the focus, if anything, depends on the marks.
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        _key("left", "move(-1)", "epoch", "left", "The epoch before", show=True, display="◂ ▸"),
        _key("right", "move(1)", "epoch", "right", "The epoch after"),
        _key("H", f"move(-{STRIDE})", "far left", "far_left", "Ten epochs before"),
        _key("L", f"move({STRIDE})", "far right", "far_right", "Ten epochs after"),
        _key("home", f"move(-{FAR})", "first", "first", "The first epoch"),
        _key("end", "newest", "newest", "newest", "Follow the newest epoch that all have"),
        _key(
            "left_square_bracket", "jump(-1)", "events", "event_before", "The event before", show=True, display="[ ]"
        ),
        _key("right_square_bracket", "jump(1)", "events", "event_after", "The next event or crossing", display="]"),
        _key("x", "cross(1)", "cross", "crossing", "The next epoch at which curves have crossed", show=True),
        _key("X", "cross(-1)", "crossing before", "crossing_before", "The crossing before"),
        _key("up,k", "row(-1)", "row up", "row_up", "The row of the table before"),
        _key("down,j", "row(1)", "row down", "row_down", "The next row of the table"),
        _key("t", "measure(1)", "measure", "measure", "Chart the next measure: test, gap, loss, lr", show=True),
        _key("T", "pane('table')", "table", "table", "The table of epochs alone, or the charts again", show=True),
        _key("tab", "next_pane", "part", "part", "The next part: charts, table, settings, verdict"),
        _key("y", "copy", "copy", "copy", "Copy the comparison as Markdown (OSC 52)", show=True),
        _key("w", "write", "write", "write", "Write the comparison to a Markdown file", show=True),
        _key("v", "apart", "apart", "apart", "Overlaid, or side by side", show=True),
        _key("b", "baseline", "baseline", "baseline", "Measure against the next session", show=True),
        _key("d", "all_settings", "settings", "settings", "Settings that differ, all, or the charts", show=True),
        _key("pageup", "page(-1)", "page up", "page_up", "Ten epochs before, or the settings a page up"),
        _key("pagedown", "page(1)", "page down", "page_down", "Ten epochs after, or the settings a page down"),
        _key("escape", "back", "back", "back", "Back to the sessions", show=True),
        # Their words would push those out of the line of keys that only this place has; they stand in the help.
        *(replace(binding, show=False) for binding in CHART_KEYS),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._runs: tuple[Snapshot, ...] = ()
        self._baseline: Path | None = None
        self._measure = "test"
        # Of runs of thousands of epochs that takes a second: no key waits for it.
        self._working = Away(self, worked_out, self._show_worked, "They cannot be compared")

    def body(self) -> Iterable[Widget]:
        """How to begin, or the comparison."""
        yield Panel(id="compare-begin", indent=1)
        yield GroupList(id="compare-groups")
        yield Board(id="compare-board")

    def on_mount(self) -> None:
        """Show it as it was left."""
        kept = self.cockpit.view.compare
        self._measure = kept.measure if kept.measure in MEASURES else self._measure
        self._baseline = self.cockpit.root / kept.baseline if kept.baseline else None
        self.board.pane = next((pane for pane in PANES if pane == kept.part), self.board.pane)

    def _keep(self) -> None:
        """For the next start."""
        baseline = view.named(self.cockpit.root, self._baseline) if self._baseline else ""
        self.cockpit.remember(
            compare=view.CompareView(measure=self._measure, part=self.board.pane, baseline=baseline)
        )

    @property
    def board(self) -> Board:
        """The comparison as it is seen."""
        return self.query_one("#compare-board", Board)

    @property
    def charts(self) -> Sequence[Chart]:
        """The charts that zooming is about."""
        return self.board.charts

    def take(self, snapshots: tuple[Snapshot, ...]) -> None:
        """These are the runs now."""
        super().take(snapshots)
        known = {run.path: run for run in snapshots}
        runs = tuple(known[path] for path in self.cockpit.compared or self.cockpit.marks if path in known)
        ready = len(runs) > 1
        if ready != self.has_class("-compared") or (not ready and self.focused is None):
            self.set_class(ready, "-compared")
            self.refresh_bindings()
            self.set_focus(None if ready else self.query_one(GroupList))
        if not ready:
            self._runs = runs
            self._begin(snapshots)
        elif len(runs) != len(self._runs) or any(a is not b for a, b in zip(runs, self._runs, strict=True)):
            if {run.path for run in runs} != {run.path for run in self._runs}:
                self.board.wait(((f" comparing {counted(len(runs), 'session')}", "dim"),))
                self._show_strip(())
            self._runs = runs
            self._work_out()

    def _begin(self, snapshots: Sequence[Snapshot]) -> None:
        """Say how to mark, and offer the groups."""
        groups = self.query_one(GroupList)
        self.query_one("#compare-begin", Panel).show(
            [groups.invitation(self._runs, called(self, "run.compare", KEYS))]
        )
        groups.take(snapshots)
        self._show_strip(())

    @on(Listing.Chosen, "#compare-groups")
    def _compare_group(self) -> None:
        groups = self.query_one(GroupList)
        self.cockpit.compared = tuple(run.path for run in groups.groups.get(str(groups.cursor), ()))
        self.cockpit.catch_up()

    def _work_out(self) -> None:
        self._working.ask(self._runs, self._baseline, self._measure)

    def _show_worked(self, came: tuple[tuple[Snapshot, ...], Worked | str]) -> None:
        runs, worked = came
        same = [run.path for run in runs] == [run.path for run in self._runs]
        # Not of sessions that are compared no more; what these have trained since is worked out next.
        if not (self.has_class("-compared") and same):
            return
        if isinstance(worked, str):
            self.board.wait(((f" ✗ they cannot be compared: {worked}", "bad"),))
        else:
            self.board.show(worked)
            self._follow()

    def _follow(self) -> None:
        """The strip says what happened with the epoch of the crosshair."""
        worked, at = self.board.worked, self.board.at
        if worked is None or at is None:
            return
        told = [
            f"{one.letter} {', '.join(event.text for event in found[at])}"
            for one, found in zip(worked.comparison.contenders, worked.happened, strict=True)
            if at in found
        ]
        names = [one.letter for one in worked.comparison.contenders]
        told += [
            f"{names[each.above]} crosses above {names[each.below]} at {each.position:.1f}"
            for each in worked.crossed
            if each.epoch == at
        ]
        text = clean("; ".join(told)) or "nothing happened here"
        self._show_strip(((f"epoch {at}  ", "bold"), (text, "" if told else "dim")))

    def _show_strip(self, line: Line) -> None:
        if self.cockpit.problem:
            line = (("▲ ", "bad"), (f"the runs cannot be read: {self.cockpit.problem}", ""))
        self.query_one("#strip", Panel).show([line] if line else [])

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys of a comparison are no keys where there is none."""
        owns = any(f"action_{action}" in vars(kind) for kind in (CompareScreen, ChartKeys)) and action != "back"
        return self.has_class("-compared") if owns else super().check_action(action, parameters)

    def _worked(self) -> Worked | None:
        """What a key is about; where there is nothing yet, that is said."""
        if self.board.worked is None:
            self.notify("Nothing is compared yet.", timeout=2)
        return self.board.worked

    def action_move(self, by: int) -> None:
        """Move the crosshair over measured epochs."""
        self.board.move(by)
        self._follow()

    def action_newest(self) -> None:
        """The newest epoch that all have, now and as it moves on."""
        self.board.go_to(None)
        self._follow()

    def action_jump(self, by: int) -> None:
        """To the next event or crossing, or the one before."""
        worked = self._worked()
        if worked and not self.board.jump(by, worked.stops):
            self.notify("No event or crossing further that way.", timeout=2)
        self._follow()

    def action_cross(self, by: int) -> None:
        """To the next crossing; past the last to the first again."""
        if (worked := self._worked()) is None:
            return
        crossed = tuple(sorted({each.epoch for each in worked.crossed}))
        if not crossed:
            self.notify("These curves do not cross.", timeout=2)
        elif not self.board.jump(by, crossed):
            self.board.go_to(crossed[0 if by > 0 else -1])
        self._follow()

    def action_row(self, by: int) -> None:
        """To the epoch of another row of the table."""
        epoch = self.query_one(EpochTable).step(by) if self.board.worked else None
        if epoch is not None:
            self.board.go_to(epoch)
            self._follow()

    def action_measure(self, by: int) -> None:
        """Chart and rank by the next measure there is."""
        worked = self._worked()
        if worked:
            names = [measure.name for measure in worked.measures]
            # What was asked for last: it may still be worked out.
            here = self._measure if self._measure in names else worked.measure.name
            place = names.index(here) if here in names else -1
            self._measure = names[(place + by) % len(names)]
            if self.board.pane not in ("chart", "table"):
                self.action_pane(self.board.pane)  # what shows no measure gives way to what does
            self._work_out()
            self._keep()

    def action_apart(self) -> None:
        """Side by side, page by page, then overlaid again."""
        board = self.board
        pages = self.query_one(Facets).pages() if board.page is not None else 1
        held = board.charts
        board.page = 0 if board.page is None else None if board.page + 1 >= pages else board.page + 1
        board.pane = "chart"
        for chart in board.charts[:1] if held else ():
            chart.lens = held[0].lens
        board.lay_out()
        self._keep()

    def action_pane(self, pane: str) -> None:
        """This part, or the charts again."""
        board = self.board
        board.pane = "chart" if board.pane == pane else next(each for each in PANES if each == pane)
        board.all_settings = False
        board.lay_out()
        self._keep()

    def action_next_pane(self) -> None:
        """The next part."""
        board = self.board
        board.pane = PANES[(PANES.index(board.pane) + 1) % len(PANES)]
        board.all_settings = False
        board.lay_out()
        self._keep()

    def action_all_settings(self) -> None:
        """Those that differ, where they are not always in sight; then all; then the charts again."""
        board = self.board
        here = board.pane == "settings"
        board.all_settings = not board.all_settings if here else not self.has_class("-narrow")
        board.pane = "chart" if here and not board.all_settings else "settings"
        board.lay_out()
        self._keep()

    def action_page(self, pages: int) -> None:
        """Scroll the settings where they are seen; else move the crosshair as far as on a session's screen."""
        if self.board.pane == "settings":
            self.query_one("#compare-settings", VerticalScroll).scroll_relative(y=pages * 10, animate=False)
        else:
            self.action_move(pages * STRIDE)

    def action_baseline(self) -> None:
        """Measure against the next session."""
        worked = self._worked()
        if worked:
            contenders = worked.comparison.contenders
            place = (baseline_of(contenders, self._baseline) + 1) % len(contenders)
            self._baseline = contenders[place].runs[0].path
            self._work_out()
            self._keep()

    def action_copy(self) -> None:
        """To the clipboard of whoever sits before the terminal."""
        if (worked := self._worked()) is None:
            return
        text = markdown(worked.comparison, self.board.at, worked.measure)
        self.app.copy_to_clipboard(text)
        self.notify(f"Copied as Markdown: {len(text.splitlines())} lines, if the terminal takes OSC 52.", timeout=3)

    def action_write(self) -> None:
        """Ask for a file, and write it there."""
        if (worked := self._worked()) is None:
            return
        names = [one.label for one in worked.comparison.contenders]
        more = f"-and-{len(names) - MOST_NAMES + 1}-more" if len(names) > MOST_NAMES else ""
        told = "-".join(names[: MOST_NAMES - 1] if more else names) + more
        name = re.sub(r"[^\w.]+", "-", f"compare-{told}")[:100]

        def written(path: Path | None) -> None:
            if path:
                self.notify(f"Written: {clean(str(path))}", timeout=4, markup=False)

        report = markdown(worked.comparison, self.board.at, worked.measure)
        self.app.push_screen(WritingScreen(report, self.cockpit.root / f"{name}.md"), written)

    def action_back(self) -> None:
        """To the sessions, with the marks as they are."""
        self.cockpit.go_to_place("sessions")
