"""The machine: GPUs, cores, memory, disks, and the queue in its order, live while it is looked at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.timer import Timer
from textual.widget import Widget

from cockpit import asking
from cockpit.machine import Gauges, Machine
from cockpit.queued import Queued
from cockpit.snapshot import Snapshot
from cockpit.status import Status
from cockpit.tui.away import Away
from cockpit.tui.screens.place import PlaceScreen
from cockpit.tui.screens.run import KEYS
from cockpit.tui.widgets import gauges
from cockpit.tui.widgets.listing import Listing
from cockpit.tui.widgets.panel import Panel
from cockpit.tui.widgets.queue import QueueList

#: How often it is looked at, seconds.
LOOK_SECONDS = 2.0
#: The keys that a queue is tended with.
FIRST_KEYS = ("list.open", "run.hold", "machine.earlier", "run.first", "run.stop", "run.resume", "run.log")
#: What the keys do that are about the run under the cursor.
_OF_A_RUN = {"step"} | {key.action.partition("(")[0] for key in KEYS if isinstance(key, Binding)}


class MachineScreen(PlaceScreen):
    """What is there and how much of it is taken; below it what wants it."""

    place = "machine"
    first_keys = FIRST_KEYS
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "left_square_bracket", "step(-1)", "move", id="machine.earlier", key_display="[ ]",
            tooltip="One place earlier in the queue",
        ),
        Binding(
            "right_square_bracket", "step(1)", "later", id="machine.later", key_display="]", show=False,
            tooltip="One place later in the queue",
        ),
        *(replace(key, show=key.id in FIRST_KEYS) if isinstance(key, Binding) else key for key in KEYS),
    ]  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self._away: Away[[Sequence[Snapshot]], Machine] | None = None
        self._timer: Timer | None = None
        self._has_run = False

    def body(self) -> Iterable[Widget]:
        """The gauges, and the queue."""
        with Container(id="gauges"):
            yield Panel(id="gpus", indent=None)
            yield Panel(id="cores", indent=None)
        yield QueueList(id="queue")

    def on_mount(self) -> None:
        """Begin to look."""
        self._away = Away(self, Gauges(self.cockpit.root).look, self._show, "The machine cannot be looked at")
        self._timer = self.set_interval(LOOK_SECONDS, self._look)
        self.queue.focus()

    def on_screen_suspend(self) -> None:
        """Another place is seen: nothing is looked at for nobody."""
        if self._timer:
            self._timer.pause()

    def on_screen_resume(self) -> None:
        """It is seen again. What every screen does then is called by Textual itself, after this."""
        if self._timer:
            self._timer.resume()
        self._look()

    @property
    def queue(self) -> QueueList:
        """The list of the queue."""
        return self.query_one("#queue", QueueList)

    def take(self, snapshots: tuple[Snapshot, ...]) -> None:
        """These are the runs now."""
        super().take(snapshots)
        self.queue.follow(snapshots)

    def _look(self) -> None:
        if self._away:
            self._away.start(self.cockpit.snapshots)

    def _show(self, machine: Machine) -> None:
        if self.app.screen is not self:
            return
        called = {run.path: f"{run.group}/{run.label}" for run in self.cockpit.snapshots}
        panel, other = self.query_one("#gpus", Panel), self.query_one("#cores", Panel)
        schedulers = gauges.scheduler_lines(machine.schedulers, self.cockpit.clock)
        panel.show(lambda width: [*gauges.gpu_lines(machine, called, width), *schedulers])
        other.show(lambda width: [*gauges.core_lines(machine, width), *gauges.disk_lines(machine.disks)])
        self.queue.take(machine.queue, machine.keeper, machine.loads)

    @on(Listing.Chosen, "#queue")
    def _open(self) -> None:
        if self.in_hand:
            self.cockpit.open_session(self.in_hand)

    @property
    def in_hand(self) -> Snapshot | None:
        """The run under the cursor."""
        return self.queue.selected

    def on_listing_moved(self) -> None:
        """Keys are offered anew where the first run came or the last one went."""
        if (self.in_hand is None) == self._has_run:
            self._has_run = not self._has_run
            self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Without a run under the cursor there is nothing that its keys could be about."""
        if action in _OF_A_RUN and self.is_mounted and self.in_hand is None:
            return False
        return super().check_action(action, parameters)

    def _move(self, *, last: bool) -> None:
        if not self._keeps_its_place():
            super()._move(last=last)

    def _keeps_its_place(self) -> bool:
        """Whether the run in hand is held, so that no key moves it; says so."""
        asked = next((each for each in self.queue.queue if self.in_hand and each.run == self.in_hand.path), None)
        held = asked is not None and asked.part == "not now" and asked.request.hold
        if held:
            self._say("It is held, and has no place in the queue: h releases it.")
        return held

    def action_step(self, by: int) -> None:
        """Change places in the queue with the run before or behind, whatever its priority."""
        if self._keeps_its_place():
            return
        due = [each for each in self.queue.queue if each.part == "next"]
        at = next((i for i, each in enumerate(due) if self.in_hand and each.run == self.in_hand.path), None)
        if at is None or not 0 <= at + by < len(due):
            self._say("There is no place to move it to: only what is next has one.")
            return
        order, priority = between(due, at + by, by)

        def ask(run: Path, status: Status) -> str:
            return asking.move(run, status, order=order, priority=priority) and f"now in place {at + by + 1}"

        self._ask_of(ask, "move", "Move {}?")

    def answered(self) -> None:
        """The queue is looked at anew."""
        if self._away:
            self._away.ask(self.cockpit.snapshots)


def between(due: list[Queued], place: int, by: int) -> tuple[float, int]:
    """The order and priority of a run that takes a place of the queue from the one that stands there."""
    there = due[place].request
    beyond = due[place + by].request if 0 <= place + by < len(due) else None
    if beyond is None or beyond.priority != there.priority:
        return there.order + by, there.priority
    return (there.order + beyond.order) / 2, there.priority
