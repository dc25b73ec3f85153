"""The launch dialog: a preset with other settings, seeds, a backend; everything is checked while it is typed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Footer, Input, Label

from cockpit.completion import completions
from cockpit.insight.format import counted
from cockpit.plan import Plan
from cockpit.presets import Shelf
from cockpit.tui.away import Away
from cockpit.tui.keys import called
from cockpit.tui.launching import Launching
from cockpit.tui.look import Line
from cockpit.tui.order import BACKENDS, Order
from cockpit.tui.screens.dialog import Dialog
from cockpit.tui.screens.watching import cockpit_of
from cockpit.tui.widgets.changes import parted
from cockpit.tui.widgets.panel import Panel
from cockpit.tui.widgets.suggesting import Completed
from engine.contract.cleaning import clean, reason

if TYPE_CHECKING:
    from cockpit.tui.app import CockpitApp

#: Typing rests so long before it is checked, seconds.
CHECK_AFTER = 0.2
#: So many completions are told.
MOST = 12
#: Field -> its label, and what an empty one could hold.
FIELDS = {
    "settings": ("settings", "lr=0.05 epochs=10 model=resnet32"),
    "seeds": ("seeds", "how many, 5, or which, 0,3,7; empty: the preset's own"),
    "only": ("only", "names such as *-seed0; empty: all"),
    "group": ("group", "empty: the preset's name"),
    "backend": ("backend", " or ".join(BACKENDS)),
    "retries": ("retries", "failures of a run to forgive"),
    "per_gpu": ("per GPU", "runs that share one; empty: 1"),
    "priority": ("priority", "higher goes first"),
}


class LaunchScreen(Dialog[None]):
    """Fields on top, below them what would run; Enter launches what is seen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter",
            "launch",
            "launch",
            id="launch.go",
            key_display="enter",
            priority=True,
            tooltip="Launch what is shown",
        ),
        Binding("tab,down", "app.focus_next", "next", id="launch.next", key_display="tab", tooltip="The next field"),
        Binding("up", "app.focus_previous", "before", id="launch.before", show=False, tooltip="The field before"),
        Binding("escape", "leave", "back", id="launch.leave", tooltip="Leave; nothing is launched"),
    ]

    def __init__(self, shelf: Shelf) -> None:
        super().__init__()
        self._shelf = shelf
        self._plan: tuple[Order, Plan] | None = None
        self._error = ""
        self._wanted: Order | None = None
        self._launching = Launching(self)
        # A large grid takes a while to be expanded.
        self._checking = Away(self, self._check, self._tell, "It cannot be checked")

    @property
    def cockpit(self) -> CockpitApp:
        """The app, as what it is."""
        return cockpit_of(self)

    def compose(self) -> ComposeResult:
        """A line a field, what could stand next, what would run, the keys."""
        yield Panel(id="header", indent=None)
        for name, (label, hint) in FIELDS.items():
            with Horizontal(classes="field"):
                yield Label(f" {label}", markup=False)
                value = {"backend": "local", "retries": "0", "per_gpu": "1", "priority": "0"}.get(name, "")
                known = {"settings": completions, "backend": _backends}.get(name)
                yield Completed(value, known=known, id=name, placeholder=hint)
        yield Panel(id="next", indent=12)
        with VerticalScroll(id="dry"):
            yield Panel(id="told", indent=3)
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Show what it would be as it stands in its file."""
        title = self._shelf.preset.title if self._shelf.preset else "cannot be read"
        self.query_one("#header", Panel).show([((f" launch {self._shelf.name}", "title"), (f"  {title}", "dim"))])
        self.query_one("#settings").focus()
        self._checking.ask(self.order)

    @property
    def order(self) -> Order:
        """What the fields hold."""
        return Order(preset=self._shelf.path, **{name: self.query_one(f"#{name}", Input).value for name in FIELDS})

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self._plan, self._error, self._wanted = None, "", None
        found = completions(event.value) if event.input.id == "settings" else []
        more = f" and {len(found) - MOST} more" if len(found) > MOST else ""
        words = "  ".join(found[:MOST]) + more
        self.query_one("#next", Panel).show([((" tab takes  ", "dim"), (words, "busy"))] if found else [])
        typed = self.order
        self.set_timer(CHECK_AFTER, lambda: self._checking.ask(typed) if typed == self.order else None)

    def _check(self, order: Order) -> tuple[Order, tuple[Plan, list[str]] | str]:
        try:
            return order, order.shown(self.cockpit.root)
        except Exception as error:
            # The fields are no options of a command line, which is where the words are from.
            return order, re.sub(r"--(set run\.|set )?", "", reason(error))

    def _tell(self, checked: tuple[Order, tuple[Plan, list[str]] | str]) -> None:
        order, came = checked
        if order != self.order:
            return
        if isinstance(came, str):
            self._refuse(order, came)
        else:
            self._accept(order, *came)

    def _refuse(self, order: Order, error: str) -> None:
        self._error = error
        lines: list[Line] = [((f"   {text.strip()}", ""),) for text in error.splitlines()]
        if parted(order.settings)[1] and completions(order.settings):
            # A name that is being typed is no mistake yet.
            self.query_one("#told", Panel).show([*lines], ((" go on typing: this is no setting yet", "watch"),))
            return
        lines[0] = ((f" ✗ {error.splitlines()[0]}", "bad"),)
        self.query_one("#told", Panel).show(lines, ((" cannot be launched", "bad"),))

    def _accept(self, order: Order, made: Plan, told: list[str]) -> None:
        self._plan, self._error = (order, made), ""
        lines: list[Line] = [((f" {clean(line)}", "watch" if line.startswith("▲") else ""),) for line in told]
        mine = (s for s in self.cockpit.snapshots if s.group == made.runs[0].group)
        done = {s.identity for s in mine if s.status.word == "finished"}
        new = sum(run.identity not in done for run in made.runs)
        enter = called(self, "launch.go", self.BINDINGS)
        title = f" {enter} launches {counted(new, 'run')}" if new else " nothing to launch:"
        title += f"  {len(made.runs) - new} finished already" if new < len(made.runs) else ""
        self.query_one("#told", Panel).show(lines, ((title, "title"),))
        wanted, self._wanted = self._wanted, None
        if wanted == order:
            self.action_launch()

    def action_leave(self) -> None:
        """Launch nothing; what is being launched is waited for."""
        if not self._launching.busy:
            self.dismiss()

    def action_launch(self) -> None:
        """Launch what is shown, if that is what the fields ask for."""
        if self._error:
            self.notify(f"Not launched. {self._error}", severity="error", markup=False)
        elif self._plan is None or self._plan[0] != self.order:
            self._wanted = self.order  # still being checked: launched once it has passed, if it is not changed
        else:
            order, made = self._plan
            self._launching.launch(lambda: made, **order.asked())


def _backends(line: str) -> list[str]:
    return [name for name in BACKENDS if name.startswith(line)]
