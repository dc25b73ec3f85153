"""The comparison as it is seen: charts and the table at one side, values, settings and verdict at the other."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from msgspec import Struct
from textual.app import ComposeResult
from textual.containers import Container, VerticalScroll

from cockpit.insight import differences, epochtable, report, verdict
from cockpit.insight.compare import MEASURES, Comparison, Contender, Crossing, Measure, compare
from cockpit.insight.events import Event
from cockpit.snapshot import Snapshot
from cockpit.tui.look import Line, Look
from cockpit.tui.widgets import overlay, standings
from cockpit.tui.widgets.chart import Chart, Picture
from cockpit.tui.widgets.epochs import EpochTable
from cockpit.tui.widgets.facets import Facets
from cockpit.tui.widgets.panel import Panel
from engine.contract.cleaning import clean

Pane = Literal["chart", "table", "settings", "verdict"]
PANES: tuple[Pane, ...] = ("chart", "table", "settings", "verdict")


class Worked(Struct, frozen=True, kw_only=True):
    """Everything that is concluded from a comparison and one measure; made anew only when one of them changed."""

    comparison: Comparison
    measure: Measure
    measures: tuple[Measure, ...]
    happened: tuple[dict[int, tuple[Event, ...]], ...]
    crossed: tuple[Crossing, ...]
    stops: tuple[int, ...]
    rows: tuple[epochtable.Row, ...]
    settings: tuple[differences.Row, ...]
    said: tuple[verdict.Sentence, ...]
    #: The charts without the crosshair, which then only has to be put into them: overlaid, the one below, one by one.
    chart: Picture
    below: Picture
    apart: tuple[Picture, ...]


def worked_out(
    runs: tuple[Snapshot, ...], baseline: Path | None, wanted: str
) -> tuple[tuple[Snapshot, ...], Worked | str]:
    """These runs, and what is to be shown of them; or why nothing can be: that is said in its place."""
    try:
        return runs, _work_out(runs, baseline, wanted)
    except Exception as error:
        return runs, clean(f"{type(error).__name__}: {error}")


def _work_out(runs: Sequence[Snapshot], baseline: Path | None, wanted: str) -> Worked:
    """What is to be shown of these runs, measured against the contender that has `baseline`, or the first.

    A measure that nobody has gives way to test accuracy.
    """
    contenders = compare(runs).contenders
    comparison = Comparison(contenders, baseline_of(contenders, baseline))
    known = overlay.measures(comparison)
    measure = MEASURES[wanted] if MEASURES[wanted] in known else MEASURES["test"]
    rows = epochtable.table(comparison, measure)
    happened = epochtable.happened(comparison)
    crossed = tuple(crossing for row in rows for crossing in row.crossings)
    return Worked(
        comparison=comparison,
        measure=measure,
        measures=tuple(known) or (measure,),
        happened=happened,
        crossed=crossed,
        stops=tuple(epochtable.stops(rows)),
        rows=rows,
        settings=differences.rows(comparison),
        said=verdict.verdict(comparison),
        chart=overlay.picture(comparison, measure, happened, crossed),
        below=overlay.picture(comparison, _beside(measure, known), happened, (), labelled=False),
        apart=tuple(overlay.facets(comparison, measure)),
    )


def baseline_of(contenders: Sequence[Contender], run: Path | None) -> int:
    """The place of the contender that has this run; where none has, the first that has measured anything."""
    asked = (i for i, one in enumerate(contenders) if any(each.path == run for each in one.runs))
    return next(asked, next((i for i, one in enumerate(contenders) if one.epochs), 0))


def _beside(measure: Measure, known: Sequence[Measure]) -> Measure:
    """What the smaller chart shows: the gap, clean where it is known; where that is the large one, test."""
    gaps = [each for each in known if each.name.endswith("gap")]
    if measure in gaps or not gaps:
        return MEASURES["test" if measure.name != "test" else "lr"]
    return gaps[0]


class Board(Container):
    """Shows a comparison with one crosshair through all of it."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.worked: Worked | None = None
        #: Where the crosshair is put; None keeps it at the newest epoch that all have.
        self.cursor: int | None = None
        self.pane: Pane = "chart"
        #: Which page of charts side by side is shown; None when they are overlaid.
        self.page: int | None = None
        self.all_settings = False

    def compose(self) -> ComposeResult:
        """Who is compared on top; left what is seen over epochs, right what is said."""
        yield Panel(id="compare-who", indent=1)
        with Container(id="compare-halves"):
            with Container(id="compare-left"):
                yield Chart(id="compare-chart")
                yield Facets(id="compare-facets")
                yield Chart(id="compare-below")
                yield EpochTable(id="compare-table")
                with VerticalScroll(id="compare-settings", can_focus=False):
                    yield Panel(id="compare-every", indent=standings.SETTING + 3)
                yield Panel(id="compare-words", indent=3)
            with Container(id="compare-side"):
                yield Panel(id="compare-differs", indent=standings.SETTING + 3)
                yield Panel(id="compare-at", indent=None)
                yield Panel(id="compare-verdict", indent=3)

    @property
    def at(self) -> int | None:
        """The epoch of the crosshair."""
        if self.worked is None:
            return None
        return self.cursor or report.default_epoch(self.worked.comparison)

    @property
    def look(self) -> Look:
        """What the app's terminal can show."""
        return self.query_one("#compare-who", Panel).look

    def show(self, worked: Worked) -> None:
        """Show this from now on, with the crosshair where it is."""
        self.worked = worked
        if self.has_class("-waiting"):
            # What is hidden has no size, and what is drawn depends on it.
            self.remove_class("-waiting")
            self.call_after_refresh(self._show)
        else:
            self._show()

    def _show(self) -> None:
        worked = self.worked
        if worked is None:
            return
        differing = [row for row in worked.settings if row.differs]
        who = standings.who(worked.comparison, self.look, len(differing))
        self.query_one("#compare-who", Panel).show([who])
        self.query_one("#compare-table", EpochTable).show(worked.comparison, worked.measure, worked.rows)
        for name in ("#compare-verdict", "#compare-words"):
            self.query_one(name, Panel).show(standings.verdict(worked.said), (("verdict", "title"),))
        self.lay_out()

    def wait(self, line: Line) -> None:
        """Other sessions are to be compared: nothing is concluded of them yet, and `line` says so."""
        self.worked, self.cursor = None, None
        self.add_class("-waiting")
        self.query_one("#compare-who", Panel).show([line])

    def lay_out(self) -> None:
        """Bring the parts that are to be seen into sight, and draw them."""
        for pane in PANES:
            self.set_class(self.pane == pane, f"-{pane}")
        self.set_class(self.page is not None, "-apart")
        self._show_settings()
        self.draw_epoch()

    @property
    def charts(self) -> tuple[Chart, ...]:
        """The charts in sight, the one in hand first."""
        if self.pane != "chart":
            return ()
        chart, below = self.query_one("#compare-chart", Chart), self.query_one("#compare-below", Chart)
        return (self.query_one("#compare-facets", Facets),) if self.page is not None else (chart, below)

    def _show_settings(self) -> None:
        worked = self.worked
        if worked is None:
            return
        differing = [row for row in worked.settings if row.differs]
        side, every = self.query_one("#compare-differs", Panel), self.query_one("#compare-every", Panel)
        title: Line = (("settings that differ", "title"),)
        lost = differences.unknown(worked.comparison)
        said = f"the settings of {', '.join(lost)} are not known" if lost else "none: they are alike in every setting"
        none: list[Line] = [((f" {said}", "dim"),)]
        side.show(lambda width: standings.settings(worked.comparison, differing, width) or none, title)
        rows = worked.settings if self.all_settings else differing
        heading = (("all settings", "title"),) if self.all_settings else title
        every.show(lambda width: standings.settings(worked.comparison, rows, width) or none, heading)

    def draw_epoch(self) -> None:
        """Draw what depends on the crosshair: only the cells that changed are sent."""
        worked, at = self.worked, self.at
        if worked is None:
            return
        comparison, measure = worked.comparison, worked.measure
        if self.page is None:
            self.query_one("#compare-chart", Chart).show(overlay.at(worked.chart, at))
        else:
            whole = overlay.at(worked.chart, at)
            self.query_one("#compare-facets", Facets).show_parts(whole, worked.apart, self.page)
        self.query_one("#compare-below", Chart).show(overlay.at(worked.below, at))
        self.query_one("#compare-table", EpochTable).point_at(at)
        panel = self.query_one("#compare-at", Panel)
        if at is None:
            panel.show([((" nothing measured yet", "dim"),)])
            return
        look, height = self.look, self.screen.size.height
        panel.show(lambda width: standings.at_epoch(comparison, measure, at, width, look, height=height))

    def on_resize(self) -> None:
        """There may be room for more of the values."""
        self.draw_epoch()

    def move(self, by: int) -> None:
        """Move the crosshair over so many measured epochs; past the last it follows the newest again."""
        epochs = self.worked.comparison.epochs if self.worked else []
        at = self.at
        if not epochs or at is None:
            return
        place = bisect_left(epochs, at)
        if by > 0 and epochs[min(place, len(epochs) - 1)] > at:
            by -= 1
        self.go_to(epochs[min(max(place + by, 0), len(epochs) - 1)])

    def go_to(self, epoch: int | None) -> None:
        """Put the crosshair on an epoch; None follows the newest."""
        self.cursor = epoch
        self.draw_epoch()

    def jump(self, by: int, stops: tuple[int, ...]) -> bool:
        """Put the crosshair on the next stop, or the one before; whether there is one."""
        at = self.at
        if at is None:
            return False
        place = bisect_right(stops, at) if by > 0 else bisect_left(stops, at) - 1
        if not 0 <= place < len(stops):
            return False
        self.go_to(stops[place])
        return True
