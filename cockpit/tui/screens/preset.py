"""A preset: what it is, the runs it stands for, their schedule; enter launches them."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.widgets import Footer

from cockpit.insight import wording
from cockpit.overrides import overrides_of
from cockpit.plan import Plan, check_data, missing, plan
from cockpit.presets import Shelf
from cockpit.snapshot import Snapshot
from cockpit.tui.away import Away
from cockpit.tui.keys import called
from cockpit.tui.launching import Launching
from cockpit.tui.look import STATE_STYLES, Line
from cockpit.tui.screens.scrolling import ScrollKeys
from cockpit.tui.screens.watching import Watching
from cockpit.tui.widgets import learning
from cockpit.tui.widgets.chart import Chart
from cockpit.tui.widgets.listing import Listing
from cockpit.tui.widgets.panel import Panel
from cockpit.tui.widgets.pictures import planned
from cockpit.tui.widgets.planlist import PlanList
from cockpit.tui.widgets.scrolled import Scrolled
from engine.contract.cleaning import clean, reason
from engine.contract.errors import UserError


class PresetScreen(ScrollKeys, Watching):
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
        #: Why it cannot be launched; where only data are missing there is a plan all the same.
        self._error = shelf.error
        self._launching = Launching(self)
        # A large grid takes a while, and data sets are looked for on disks that may be slow.
        self._expanding = Away(self, self._expand, self._show_plan, "It cannot be expanded")

    def compose(self) -> ComposeResult:
        """Title, what is wrong, facts, description; the runs at the left, the schedule and one run at the right."""
        yield Panel(id="header", indent=None)
        yield Panel(id="about", indent=3)
        yield Panel(id="description", indent=1)
        with Container(id="plan"):
            yield PlanList(id="planned")
            with Scrolled(id="schedule"):
                yield Chart(id="lr")
                yield Panel(id="phases", indent=3)
                # Last, so that nothing moves while the cursor does.
                yield Panel(id="picked", indent=learning.TEXT)
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Show what the file says, and have it expanded."""
        self._show()
        self._expanding.start()

    def take(self, snapshots: tuple[Snapshot, ...]) -> None:
        """These are the runs now."""
        self.query_one("#planned", PlanList).take(snapshots)

    def _expand(self) -> tuple[Plan | None, str]:
        try:
            made = plan(str(self._shelf.path), overrides_of(), needs_data=False, root=self.cockpit.root)
            return made, _data_error(made)
        except Exception as failure:
            return None, reason(failure)

    def _show_plan(self, expanded: tuple[Plan | None, str]) -> None:
        made, _ = self._plan, self._error = expanded
        self.query_one("#planned", PlanList).show(made)
        if made:
            phases = _phases(made)
            self.query_one("#lr", Chart).show(planned([run.spec for run in made.runs]))
            self.query_one("#phases", Panel).show(phases, (("phases", "title"),) if phases else ())
        self._show()

    @on(Listing.Moved)
    def _show_picked(self) -> None:
        run = self.query_one("#planned", PlanList).selected
        if run:
            self.query_one("#picked", Panel).show(learning.planned(run), ((f"{run.label}", "title"),))

    def _show(self) -> None:
        preset = self._shelf.preset
        title = preset.title if preset else "cannot be read"
        self.query_one("#header", Panel).show([((f" {self._shelf.name}", "title"), (f"  {title}", ""))])
        # What must not be missed comes first: where there is little room, the last lines are cut.
        lines: list[Line] = [
            ((f"   {text.strip()}", ""),) if text.startswith("  ") else ((f" ✗ {text}", "bad"),)
            for text in self._error.splitlines()
        ]
        if self._plan:
            lines += [((" ▲ ", "watch"), (clean(caution), "")) for caution in self._plan.cautions]
            lines.append(((f" {learning.facts([run.spec for run in self._plan.runs])}", "dim"),))
            teaching = "; ".join(learning.teaching(self._plan.runs))
            lines += [((f" {clean(teaching)}", "busy"),)] if teaching else []
        self.query_one("#about", Panel).show(lines)
        about = " ".join(preset.description.split()) if preset else ""
        self.query_one("#description", Panel).show([((f" {clean(about)}", ""),)] if about else [])

    def action_launch(self) -> None:
        """Start it, unless something is wrong with it."""
        if self._plan is None:
            again = f"Still being expanded; press {called(self, 'preset.launch', self.BINDINGS)} again."
            text = "Not launched. " + self._error if self._error else again
            self.notify(text, severity="error" if self._error else "information", markup=False)
        elif self._all_finished(self._plan):
            self.notify("Nothing to launch: every run of this preset is finished.", timeout=3, markup=False)
        else:
            preset, root = str(self._shelf.path), self.cockpit.root
            self._launching.launch(lambda: plan(preset, overrides_of(), root=root))

    def _all_finished(self, made: Plan) -> bool:
        mine = (s for s in self.cockpit.snapshots if s.group == made.runs[0].group)
        done = {s.identity for s in mine if s.status.word == "finished"}
        return all(run.identity in done for run in made.runs)


def _data_error(made: Plan) -> str:
    """Why a plan cannot be launched yet: the data sets that are not there, each with its remedy; empty if it can."""
    if absent := missing(made):
        return clean("\n".join(absent))
    try:
        check_data(made.runs, made.path)
    except UserError as error:
        return clean(str(error))
    return ""


def _phases(made: Plan) -> list[Line]:
    """What changes while the runs train, in words, and in how many of them where not in all."""
    changes: dict[str, list[str]] = {}
    for told in wording.phases([run.spec for run in made.runs]):
        start, _, change = told.partition(": ")
        changes.setdefault(start, []).append(change)
    return [((f" {start}: ", STATE_STYLES["running"]), (clean(", ".join(c)), "")) for start, c in changes.items()]
