"""The place 'Matrix': a group's runs as a table over two of its axes, live."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import ClassVar

from msgspec.structs import replace
from textual import on
from textual.binding import Binding, BindingType
from textual.widget import Widget

from cockpit.expand import Planned
from cockpit.insight.axes import Axis, Layout, layout
from cockpit.insight.format import counted, percent, points
from cockpit.insight.matrix import AMONG, METRICS, Cell, Table, table, value_of
from cockpit.insight.matrixtext import NAMES, baseline, difference, figure, markdown, spread, standing
from cockpit.plan import of_group
from cockpit.snapshot import Snapshot
from cockpit.tui.away import Away
from cockpit.tui.look import STATE_STYLES, Line, Span
from cockpit.tui.screens.pick import PickScreen
from cockpit.tui.screens.place import PlaceScreen
from cockpit.tui.view import MatrixView
from cockpit.tui.widgets.heat import Heat
from cockpit.tui.widgets.listing import Row
from cockpit.tui.widgets.panel import Panel
from engine.contract.cleaning import clean


class MatrixScreen(PlaceScreen):
    """What the table is of, the table, what stands under the cursor."""

    place = "matrix"
    first_keys = ("matrix.open", "matrix.group", "matrix.metric", "matrix.across", "matrix.axis_down", "matrix.slice")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("g", "pick_group", "group", id="matrix.group", tooltip="Another group of runs"),
        Binding("m", "next_metric", "metric", id="matrix.metric", tooltip="Last, best, clean gap, gap, epochs"),
        Binding("x", "next_axis(0)", "cols", id="matrix.across", tooltip="Another axis across"),
        Binding("d", "next_axis(1)", "rows", id="matrix.axis_down", tooltip="Another axis down"),
        Binding("t", "transpose", "turn", id="matrix.turn", show=False, tooltip="Rows and columns change places"),
        Binding("a", "slice(0)", "slice", id="matrix.slice", tooltip="A further axis: averaged, or at each value"),
        Binding("A", "slice(1)", "slice 2", id="matrix.slice_next", show=False, tooltip="The one after it, likewise"),
        Binding(
            "s", "next_shades", "shades", id="matrix.shades", show=False, tooltip="Shades over table, column or row"
        ),
        Binding("y", "copy", "copy", id="matrix.copy", tooltip="The table as Markdown into the clipboard"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._view = MatrixView()
        self._table: Table | None = None
        self._layout = Layout((), ())
        self._laid_of: tuple[object, ...] = ()
        self._plans: dict[str, tuple[Planned, ...]] = {}
        self._readers: dict[str, Away[[Sequence[Snapshot], Path], tuple[Planned, ...]]] = {}

    def body(self) -> Iterable[Widget]:
        """The table between what it is of and what stands at the cursor."""
        yield Panel(id="of", indent=None)
        yield Heat(id="heat")
        yield Panel(id="cell", indent=1)

    def on_mount(self) -> None:
        """Keys go to the table."""
        self.query_one("#heat").focus()

    def take(self, snapshots: tuple[Snapshot, ...]) -> None:
        """These are the runs now."""
        super().take(snapshots)
        groups = {run.group for run in snapshots}
        if self._group not in groups:
            kept = self.cockpit.view.matrix.group
            self._choose(kept if kept in groups else self._first_group())
        self._show()

    @property
    def _group(self) -> str:
        return self._view.group

    def _first_group(self) -> str:
        """The group of most runs: it has the most to tabulate."""
        sizes: dict[str, int] = {}
        for run in self.cockpit.snapshots:
            sizes[run.group] = sizes.get(run.group, 0) + 1
        return max(sizes, key=lambda group: sizes[group], default="")

    def _choose(self, group: str) -> None:
        """Show this group, as it was left if it was the last one shown."""
        self.query_one("#heat", Heat).reset()
        kept = self.cockpit.view.matrix
        self._view = kept if kept.group == group else MatrixView(group=group, metric=kept.metric)

    def _turn(self, **changes: object) -> None:
        """Show the table in another way, now and at the next start."""
        self._view = replace(self._view, **changes)
        self.cockpit.remember(matrix=self._view)
        self._show()

    @property
    def _runs(self) -> list[Snapshot]:
        return [run for run in self.cockpit.snapshots if run.group == self._group]

    def _read_plan(self, group: str, runs: Sequence[Snapshot]) -> None:
        """The group's preset, unless it is known: it may be long, and on a slow disk."""
        if group and group not in self._plans:
            if group not in self._readers:
                fault = f"The preset of {group} cannot be read"
                self._readers[group] = Away(self, of_group, partial(self._take_plan, group), fault)
            self._readers[group].start(runs, self.cockpit.root)

    def _take_plan(self, group: str, made: tuple[Planned, ...]) -> None:
        self._plans[group] = made
        self._show()

    def _show(self) -> None:
        runs, view = self._runs, self._view
        self._read_plan(self._group, runs)
        plan = self._plans.get(self._group, ())
        # Where runs stand follows from their settings, which hardly ever change; the figures are all that is new.
        laid_of = (self._group, len(plan), *((run.path, id(run.spec)) for run in runs))
        if laid_of != self._laid_of:
            self._laid_of, self._layout = laid_of, layout(runs, plan)
        metric = next((m for m in METRICS if m == view.metric), METRICS[0])
        self._table = (
            table(self._layout, runs, metric, view.down, view.across, view.fixed, view.among)
            if self._layout.stands
            else None
        )
        self.refresh_bindings()
        self.query_one("#of", Panel).show(self._of())
        self.query_one("#heat", Heat).show(self._table)
        self._show_cell()

    def _of(self) -> list[Line]:
        """What the table is of, in two lines."""
        made = self._table
        if made is None:
            what = "no run of it has settings to place it by" if self._group else "no runs to tabulate yet"
            return [((f" {clean(self._group)}  ", "title"), (what, "dim"))]
        first: list[Span] = [(f" {clean(self._group)}  ", "title"), (NAMES[made.metric], "")]
        if made.baseline and any(cell.difference is not None for cell in made.cells.values()):
            first.append((f"   differences to {baseline(made)}", "dim"))
        told = [f"down: {made.rows.name}"] if made.rows.name else []
        told += [f"across: {made.cols.name}"] if made.cols.name else []
        told += [f"shades over each {made.among}"] if made.among != "table" else []
        told += [f"at {name} = {value}" for name, value in made.fixed.items()]
        spread_out = any(cell.std is not None for cell in made.cells.values())
        over = ", ".join([*(axis.name for axis in made.averaged), "seeds"])
        told.append("mean ± over seeds" if spread_out and not made.averaged else f"mean over {over}")
        told += ["± over seeds"] * (spread_out and bool(made.averaged))
        told += ["no shade where values are missing"] * any(cell.partial for cell in made.cells.values())
        told += [f"{counted(self._layout.unplaced, 'run')} without settings left out"] * bool(self._layout.unplaced)
        return [tuple(first), ((f" {clean('   '.join(told))}", "dim"),)]

    @on(Heat.Moved)
    def _show_cell(self) -> None:
        """The cell under the cursor in words, and each of its runs."""
        heat, made = self.query_one("#heat", Heat), self._table
        place = heat.place
        if made is None or place is None:
            self.query_one("#cell", Panel).show([])
            return
        cell = heat.cell
        name = " · ".join(clean(value) for value in place if value) or clean(self._group)
        spans: list[Span] = [(f" {name}", "title"), (f"   {_in_words(cell, made)}", "")]
        runs = [run for run in self._runs if run.path in cell.runs]
        told = "   ".join(
            f"{_told_apart(run, runs)} {figure(value_of(run, made.metric), made.metric)}" for run in runs
        )
        self.query_one("#cell", Panel).show([tuple(spans), ((f" {clean(told)}", "dim"),)])

    @on(Heat.Chosen)
    def _open(self, message: Heat.Chosen) -> None:
        """The run of the cell, or where it has several a list of them."""
        runs = [run for run in self._runs if run.path in message.cell.runs]
        if not self.is_current:  # a doubled key
            return
        if not runs:
            self.notify("No run stands there yet.", timeout=3, markup=False)
        elif len(runs) == 1:
            self.cockpit.open_session(runs[0])
        else:
            name = " · ".join(value for value in (message.row, message.col) if value) or self._group
            rows = [Row(run.path, self._line(run, _told_apart(run, runs))) for run in runs]
            heads: Line = (
                (f"{'':2}{'state':<14}{'epoch':>9}{'last':>9}{'best':>9}{'clean gap':>11}{'gap':>9}", "dim"),
            )
            self.app.push_screen(PickScreen(f"{clean(name)}: {counted(len(runs), 'run')}", heads, rows), self._opened)

    def _opened(self, path: Hashable) -> None:
        run = next((run for run in self._runs if run.path == path), None)
        if run:
            self.cockpit.open_session(run)

    def _line(self, run: Snapshot, name: str) -> Line:
        word = run.status.word
        figures = (
            f"{f'{run.epoch}/{run.planned}':>9}{percent(value_of(run, 'last')):>9}{percent(value_of(run, 'best')):>9}"
        )
        return (
            (f"{self.cockpit.look.state(word)} {word:<14}", STATE_STYLES[word]),
            (
                f"{figures}{points(value_of(run, 'gap_clean')):>11}{points(value_of(run, 'gap')):>9}  {clean(name)}",
                "",
            ),
        )

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys that would change nothing are not offered: of axes, without any to choose; any, without a table."""
        if action == "next_axis":
            return len(self._layout.axes) > 1
        if action == "slice":
            return len(self._further) > int(str(parameters[0]))
        if action in ("next_metric", "next_shades", "transpose", "copy"):
            return self._table is not None
        return super().check_action(action, parameters)

    @property
    def _further(self) -> list[Axis]:
        """The axes that are neither down nor across."""
        made = self._table
        return [axis for axis in self._layout.axes if made and axis not in (made.rows, made.cols)]

    def action_pick_group(self) -> None:
        """A list of the groups."""
        groups: dict[str, list[Snapshot]] = {}
        for run in self.cockpit.snapshots:
            groups.setdefault(run.group, []).append(run)
        rows = [
            Row(name, ((f"{len(runs):>5}  {sum(r.status.word == 'finished' for r in runs):>8}  {clean(name)}", ""),))
            for name, runs in groups.items()
        ]
        heads: Line = ((f"{'runs':>5}  {'finished':>8}  group", "dim"),)
        self.app.push_screen(PickScreen("Which group?", heads, rows, self._group), self._picked_group)

    def _picked_group(self, group: Hashable) -> None:
        if isinstance(group, str) and group != self._group:
            self._choose(group)
            self._turn()

    def action_next_metric(self) -> None:
        """Another figure in the cells."""
        if self._table:
            place = METRICS.index(self._table.metric) + 1
            # Where nobody measured it, there is nothing to look at.
            known = (
                metric
                for metric in (*METRICS[place:], *METRICS)
                if any(value_of(run, metric) is not None for run in self._runs)
            )
            self._turn(metric=next(known, self._table.metric))

    def action_next_shades(self) -> None:
        """Shades tell a cell's place in the table, in its column, or in its row."""
        if self._table:
            self._turn(among=AMONG[(AMONG.index(self._table.among) + 1) % len(AMONG)])

    def action_next_axis(self, place: int) -> None:
        """Another axis across (0) or down (1); where it is the other one already, they change places."""
        made, names = self._table, [axis.name for axis in self._layout.axes]
        if made is None or len(names) < 2:
            self.notify("The runs differ along one axis at most.", timeout=3, markup=False)
            return
        now = [made.cols.name, made.rows.name]
        following = names[(names.index(now[place]) + 1) % len(names)] if now[place] in names else names[0]
        if following == now[1 - place]:
            now[1 - place] = now[place]
        now[place] = following
        self._turn_to(now[0], now[1])

    def action_transpose(self) -> None:
        """Rows become columns."""
        if made := self._table:
            self._turn_to(made.rows.name or None, made.cols.name or None)

    def _turn_to(self, across: str | None, down: str | None) -> None:
        fixed = {name: value for name, value in self._view.fixed.items() if name not in (across, down)}
        self._turn(across=across, down=down, fixed=fixed)

    def action_slice(self, which: int) -> None:
        """A further axis: averaged, then at each of its values, then averaged again."""
        made, free = self._table, self._further
        if made is None or which >= len(free):
            self.notify("There is no further axis to take a slice of.", timeout=3, markup=False)
            return
        axis = free[which]
        steps: list[str | None] = [None, *axis.values]
        value = steps[(steps.index(made.fixed.get(axis.name)) + 1) % len(steps)]
        fixed = {name: held for name, held in self._view.fixed.items() if name != axis.name}
        if value is not None:
            fixed[axis.name] = value
        # What is seen stays seen: the axes that were chosen by themselves would be chosen anew without this one.
        self._turn(across=made.cols.name, down=made.rows.name, fixed=fixed)

    def action_copy(self) -> None:
        """Into the clipboard of whoever looks, through whatever lies between (OSC 52)."""
        if self._table:
            self.app.copy_to_clipboard(markdown(self._table, self._group))
            self.notify("Copied as Markdown.", timeout=3, markup=False)


def _in_words(cell: Cell, made: Table) -> str:
    """A cell's figure, its runs, its difference and what was published."""
    if not cell.of:
        return "no run stands here"
    told = []
    if cell.mean is not None:
        std = f" {spread(cell.std, made.metric)}" if cell.std is not None else ""
        told.append(f"{figure(cell.mean, made.metric)}{std}{' so far' if cell.provisional else ''}")
    count = f"{counted(cell.of, 'run')} not asked for" if not cell.runs else f"n {standing(cell)}"
    told.append(count)
    if cell.partial:
        told.append("not over the values that others are")
    if cell.difference is not None and made.baseline:
        told.append(f"{difference(cell.difference, made.metric)} to {baseline(made)}")
    if cell.published is not None:
        told.append(f"published {figure(cell.published, made.metric)}")
    return "   ".join(told)


def _told_apart(run: Snapshot, runs: Sequence[Snapshot]) -> str:
    """What tells a run from the others of its cell: its seed, or its name."""
    seeds = {each.spec.seed for each in runs if each.spec}
    return f"seed {run.spec.seed}" if run.spec and len(seeds) == len(runs) else run.label
