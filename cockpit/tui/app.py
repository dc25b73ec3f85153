"""The app: it owns the poller, what was last polled, what is marked, and how it is shown."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import msgspec
from textual import work
from textual.binding import Binding, BindingType
from textual.screen import Screen

from cockpit.config import config
from cockpit.snapshot import Snapshot
from cockpit.tui import places, view
from cockpit.tui.hangup import leave_with_the_terminal
from cockpit.tui.launched import Launched
from cockpit.tui.leading import Leading
from cockpit.tui.look import THEMES, terminal_look, worn
from cockpit.tui.poller import Poller, PollFailed, RunsChanged
from cockpit.tui.saying import Saying
from cockpit.tui.screens.watching import Watching
from cockpit.tui.widgets.painted import Painted


class CockpitApp(Leading, Saying):
    """The cockpit on one runs folder. With `group` it opens on that group's sessions."""

    CSS_PATH = "cockpit.tcss"
    TITLE = "cockpit"
    MODES = places.MODES  # type: ignore[assignment]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark", "help", "help", id="app.help", key_display="?", tooltip="The keys that work here"),
        Binding("q", "quit", "quit", id="app.quit", tooltip="Leave; what runs goes on running"),
        *places.KEYS,
        Binding(
            "ctrl+p", "command_palette", "commands", id="app.palette", show=False, tooltip="Find what can be done"
        ),
        Binding(
            "ctrl+o", "jump", "jump", id="app.jump", show=False, tooltip="Go to a part of the screen by a letter"
        ),
        Binding("ctrl+t", "next_theme", "theme", id="app.theme", show=False, tooltip="The next theme"),
    ]

    def __init__(
        self,
        root: Path,
        *,
        group: str | None = None,
        clock: Callable[[], float] = time.time,
        interval: float = 0.5,
    ) -> None:
        self.view = view.load(root)
        named = self.view.place if self.view.place in places.MODES else "presets"
        # It starts in the place that was left: to go there from Textual's own empty one has all styles read again.
        self.DEFAULT_MODE = "sessions" if group else named  # type: ignore[misc]
        # Left as it is, the terminal's own colour cannot be turned into black on black by NO_COLOR's filter.
        super().__init__(ansi_color=True)
        # The terminal's own colours: few bytes, and legible.
        self.set_reactive(CockpitApp.theme, "ansi-dark")
        self.root, self.clock, self.interval, self.root_exists = root, clock, interval, root.is_dir()
        self.group = group  # that the sessions are to show when they are next seen
        self.awaited: Path | None = None  # the run on which their cursor is to be then
        self.keymap = config()[1].keys
        self.look, self._keeper = worn(terminal_look(), self.view.theme), view.Keeper(root)
        self.snapshots: tuple[Snapshot, ...] = ()
        self.unread: int | None = None  # how many runs are still being read; None before anything was
        #: Runs that were marked, in that order.
        self.marks: tuple[Path, ...] = tuple(root / name for name in self.view.marks)
        #: Runs that are compared without being marked: a group, or a session beside the marked.
        self.compared: tuple[Path, ...] = ()
        #: How busy the machine is, for the masthead; and why the runs cannot be read, when they cannot.
        self.load_text, self.problem = "", ""
        self.opening: Screen[None] | None = None  # to be opened on top of the place
        self._poller, self._launched = Poller(root, interval, self.post_message), Launched(root)

    def on_mount(self) -> None:
        """Start to watch."""
        self.set_class(not self.look.unicode, "-ascii")
        self.set_keymap(self.keymap)
        if self.opening:
            self.call_after_refresh(self.push_screen, self.opening)
        self.call_after_refresh(self._poll)
        self.set_interval(self.interval, self._tell_of_queues)
        if not self.is_headless:
            self.set_interval(1.0, leave_with_the_terminal)

    def on_unmount(self) -> None:
        """Let the poller's thread end, so that the process can, and keep how everything was left."""
        self._poller.stop()
        self._keeper.save()

    @work(thread=True, group="poll")
    def _poll(self) -> None:
        self._poller.run()

    def on_runs_changed(self, message: RunsChanged) -> None:
        """Hand the runs to the screen that is seen: what changes below it would have everything sent again."""
        self.snapshots, self.root_exists, self.problem = message.snapshots, message.exists, ""
        self.unread, self.load_text = message.unread, message.load
        there = {run.path for run in self.snapshots}
        # A run that is gone is marked no more; where all are, the folder may only be out of reach for a moment.
        if there and not message.unread and not there.issuperset(self.marks):
            self._mark(tuple(mark for mark in self.marks if mark in there))
        self.catch_up()

    def on_poll_failed(self, message: PollFailed) -> None:
        """Say so; the screens keep what they last had."""
        self.problem = message.error
        self.catch_up()
        self.notify(f"The runs cannot be read: {message.error}", severity="error", markup=False)

    def catch_up(self) -> None:
        """Have the screen that is seen show what is known now."""
        seen = self.screen_stack[-1] if self.screen_stack else None
        if isinstance(seen, Watching) and seen.is_there:
            seen.take(self.snapshots)

    def remember(self, **changes: object) -> None:
        """Keep how something is shown, now and for the next start."""
        if (changed := msgspec.structs.replace(self.view, **changes)) != self.view:
            self.view = changed
            self._keeper.keep(changed)

    def mark(self, marks: tuple[Path, ...]) -> None:
        """These runs are marked from now on."""
        self._mark(marks)
        self.catch_up()

    def _mark(self, marks: tuple[Path, ...]) -> None:
        self.marks, self.compared = marks, ()
        self.remember(marks=tuple(view.named(self.root, mark) for mark in marks))

    def go_to_place(self, name: str) -> None:
        """Show a place, as it was left."""
        self.remember(place=name)
        self.switch_mode(name)

    def action_go_to_place(self, name: str) -> None:
        """Show a place; where one is in it already, its first screen. What was said in another is over."""
        self.clear_notifications()
        if self.current_mode == name:
            while len(self.screen_stack) > 1:
                self.pop_screen()
        self.go_to_place(name)

    def open_session(self, run: Snapshot) -> None:
        """Show one session, on top of what is seen."""
        from cockpit.tui.screens.session import SessionScreen

        if not (isinstance(self.screen, SessionScreen) and self.screen.run.path == run.path):  # a doubled key
            self.push_screen(SessionScreen(run))

    def look_after(self, queue: subprocess.Popen[bytes] | None) -> None:
        """Tell if this queue's process comes to nothing."""
        self._launched.look_after(queue)

    def launched(
        self, by: Screen[None], group: str, queue: subprocess.Popen[bytes] | None, run: Path | None = None
    ) -> None:
        """Something was launched: to its group's sessions, and to the run if it was one, unless `by` was left."""
        self.look_after(queue)
        if by is not self.screen:
            self.notify(f"Launched: {group}.", markup=False)
            return
        self.group, self.awaited = group, run
        while len(self.screen_stack) > 1:
            self.pop_screen()
        self.go_to_place("sessions")
        while len(self.screen_stack) > 1:
            self.pop_screen()
        self.catch_up()

    def _tell_of_queues(self) -> None:
        for complaint in self._launched.complaints():
            self.notify(complaint, severity="error", timeout=30, markup=False)

    def wear(self, theme: str) -> None:
        """Draw in this theme from now on; one that is not known is the terminal's own."""
        self.look = worn(self.look, theme)
        self.remember(theme=self.look.theme)
        for widget in self.screen.query(Painted):
            widget.repaint()

    def action_next_theme(self) -> None:
        """The theme after this one, and its name."""
        names = list(THEMES)
        self.wear(names[(names.index(self.look.theme) + 1) % len(names)])
        self.notify(f"{self.look.theme}: {THEMES[self.look.theme].about}", timeout=2, markup=False)

    def get_key_display(self, binding: Binding) -> str:
        """A key's name, as this terminal can show it."""
        shown = super().get_key_display(binding)
        # `<` and `>` are keys themselves.
        return shown if self.look.unicode else self.look.shown(shown.replace("◂", "<-").replace("▸", "->"))
