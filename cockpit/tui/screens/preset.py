"""A preset: what it is, the runs it stands for, their schedule; enter launches them."""

from __future__ import annotations

import subprocess
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.widgets import Footer

from cockpit.insight.format import counted
from cockpit.plan import Plan, plan
from cockpit.presets import Shelf
from cockpit.snapshot import Snapshot
from cockpit.tui.look import STATE_STYLES, Line
from cockpit.tui.screens.watching import Watching
from cockpit.tui.widgets.chart import Chart
from cockpit.tui.widgets.panel import Panel
from cockpit.tui.widgets.pictures import planned
from cockpit.tui.widgets.planlist import PlanList
from engine.contract import schedule
from engine.contract.cleaning import clean


class PresetScreen(Watching):
    """What Enter would do, before it does it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter", "launch", "launch", id="preset.launch", key_display="enter", priority=True,
            tooltip="Start every run of this preset that is not finished; they go on when you leave",
        ),
        Binding("escape", "app.pop_screen", "back", id="preset.back", tooltip="Back to the presets and sessions"),
    ]  # fmt: skip

    def __init__(self, shelf: Shelf) -> None:
        super().__init__()
        self._shelf = shelf
        self._plan: Plan | None = None
        self._error = shelf.error
        self._launching = False

    def compose(self) -> ComposeResult:
        """Title and description above, the runs at the left, the schedule at the right."""
        yield Panel(id="header", indent=None)
        yield Panel(id="about", indent=1)
        with Container(id="plan"):
            yield PlanList(id="planned")
            with Container(id="schedule"):
                yield Chart(id="lr")
                yield Panel(id="phases", indent=3)
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Show what the file says, and have it expanded."""
        self._show()
        self._expand()

    def take(self, snapshots: tuple[Snapshot, ...]) -> None:
        """These are the runs now."""
        self.query_one("#planned", PlanList).take(snapshots)

    @work(thread=True, exclusive=True, group="plan")
    def _expand(self) -> None:
        """A large grid takes a while, and data sets are looked for on disks that may be slow."""
        try:
            made: Plan | Exception = plan(str(self._shelf.path), root=self.cockpit.root)
        except Exception as error:
            made = error
        self.app.call_from_thread(self._planned, made)

    def _planned(self, made: Plan | Exception) -> None:
        if isinstance(made, Exception):
            self._error = clean(str(made))
        else:
            self._plan, self._error = made, ""
            self.query_one("#planned", PlanList).show(made)
            self.query_one("#lr", Chart).show(planned([run.spec for run in made.runs]))
            self.query_one("#phases", Panel).show(_phases(made), (("phases", "title"),))
        self._show()

    def _show(self) -> None:
        preset = self._shelf.preset
        title = preset.title if preset else "cannot be read"
        self.query_one("#header", Panel).show([((f" {self._shelf.name}", "title"), (f"  {title}", ""))])
        lines: list[Line] = []
        if preset and preset.description:
            lines.append(((f" {' '.join(preset.description.split())}", ""),))
        lines += [((f" {text}", "bad" if i == 0 else ""),) for i, text in enumerate(self._error.splitlines())]
        if self._plan:
            lines += [((f" {self._facts(self._plan)}", "dim"),)]
            lines += [((" ▲ ", "watch"), (clean(caution), "")) for caution in self._plan.cautions]
        self.query_one("#about", Panel).show(lines)

    def _facts(self, made: Plan) -> str:
        specs = [run.spec for run in made.runs]
        models = dict.fromkeys(model for spec in specs for model in spec.models)
        lengths = dict.fromkeys(str(spec.epochs) for spec in specs)
        data = dict.fromkeys(spec.data for spec in specs)
        return f"{counted(len(specs), 'run')} · {', '.join(data)} · {', '.join(models)} · {', '.join(lengths)} epochs"

    def action_launch(self) -> None:
        """Start it, unless something is wrong with it."""
        if self._plan is None:
            text = "Not launched. " + self._error if self._error else "Still being expanded; press enter again."
            self.notify(text, severity="error" if self._error else "information", markup=False)
        elif self._all_finished(self._plan):
            self.notify("Nothing to launch: every run of this preset is finished.", timeout=3, markup=False)
        elif not self._launching:
            self._launching = True
            self._launch(str(self._shelf.path))

    def _all_finished(self, made: Plan) -> bool:
        mine = (s for s in self.cockpit.snapshots if s.group == made.runs[0].group)
        done = {s.identity for s in mine if s.status.word == "finished"}
        return all(run.identity in done for run in made.runs)

    @work(thread=True, group="launch")
    def _launch(self, preset: str) -> None:
        """Run folders are written on disks that may be slow."""
        from cockpit.launch.begin import begin

        made: subprocess.Popen[bytes] | str | None
        try:
            made = begin(plan(preset, root=self.cockpit.root), self.cockpit.root)
        except Exception as error:
            made = clean(str(error))
        self.app.call_from_thread(self._launched, made)

    def _launched(self, made: subprocess.Popen[bytes] | str | None) -> None:
        self._launching = False
        if isinstance(made, str):
            self.notify(f"Not launched. {made}", severity="error", markup=False)
        elif self._plan:
            self.cockpit.launched(self._plan.runs[0].group, made)


def _phases(made: Plan) -> list[Line]:
    """Of the first run, in words; the grid may change other settings, a phase holds for all."""
    lines: list[Line] = []
    for epoch, changes in schedule.in_words(made.runs[0].spec).items():
        lines.append(((f" from epoch {epoch}: ", STATE_STYLES["running"]), (clean(", ".join(changes)), "")))
    return lines or [((" none: every setting holds from first to last epoch", "dim"),)]
