"""The app: it owns the poller, what was last polled, and the queues it started."""

from __future__ import annotations

import os
import subprocess
import termios
import time
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.app import App
from textual.binding import Binding, BindingType

from cockpit.launch.supervisor import STEPPED_BACK, log_of_queue
from cockpit.logs import tail
from cockpit.snapshot import Snapshot
from cockpit.tui.look import terminal_look
from cockpit.tui.poller import Poller, PollFailed, RunsChanged
from cockpit.tui.screens.help import HelpScreen
from cockpit.tui.screens.home import HomeScreen
from cockpit.tui.screens.watching import Watching

#: How many lines of a failed launch's log are told.
TOLD_LINES = 6


class CockpitApp(App[None]):
    """The cockpit on one runs folder. With `group` it opens on that group's sessions."""

    CSS_PATH = "cockpit.tcss"
    TITLE = "cockpit"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark", "help", "help", id="app.help", key_display="?", tooltip="The keys that work here"),
        Binding("q", "quit", "quit", id="app.quit", tooltip="Leave; what runs goes on running"),
    ]

    def __init__(
        self,
        root: Path,
        *,
        group: str | None = None,
        clock: Callable[[], float] = time.time,
        interval: float = 0.5,
    ) -> None:
        # Left as it is, the terminal's own colour cannot be turned into black on black by NO_COLOR's filter.
        super().__init__(ansi_color=True)
        self.root, self.clock, self.interval = root, clock, interval
        self.look = terminal_look()
        self.snapshots: tuple[Snapshot, ...] = ()
        self.root_exists = root.is_dir()
        self._home = HomeScreen(group)
        self._poller = Poller(root, interval, self.post_message)
        self._queues: list[subprocess.Popen[bytes]] = []

    def on_mount(self) -> None:
        """Open the home screen and start to watch."""
        # The terminal's own colours: few bytes a change, and legible where the terminal's owner can read.
        self.theme = "ansi-dark"
        self.set_class(not self.look.unicode, "-ascii")
        self.push_screen(self._home)
        self._poll()
        self.set_interval(self.interval, self._look_after_queues)
        if not self.is_headless:
            self.set_interval(1.0, _leave_with_the_terminal)

    def on_unmount(self) -> None:
        """Let the poller's thread end, so that the process can."""
        self._poller.stop()

    @work(thread=True, group="poll")
    def _poll(self) -> None:
        self._poller.run()

    def on_runs_changed(self, message: RunsChanged) -> None:
        """Hand the runs to the screen that is seen: what changes below it would have everything sent again."""
        self.snapshots, self.root_exists = message.snapshots, message.exists
        if isinstance(self.screen, Watching):
            self.screen.take(message.snapshots)

    def on_poll_failed(self, message: PollFailed) -> None:
        """Say so; the screens keep what they last had."""
        self._home.complain(message.error)
        if self.screen is not self._home:
            self.notify(f"The runs cannot be read: {message.error}", severity="error", markup=False)

    def look_after(self, queue: subprocess.Popen[bytes] | None) -> None:
        """Tell if this queue's process comes to nothing."""
        if queue:
            self._queues.append(queue)

    def launched(self, group: str, queue: subprocess.Popen[bytes] | None) -> None:
        """A preset was launched: back home, to its group's sessions."""
        self.look_after(queue)
        while self.screen is not self._home and len(self.screen_stack) > 1:
            self.pop_screen()
        self._home.go_to(group)

    def _look_after_queues(self) -> None:
        """Tell of a queue that ended badly. One that ended well, or stepped back for another, is told by its runs."""
        for queue in list(self._queues):
            code = queue.poll()
            if code is None:
                continue
            self._queues.remove(queue)
            if code not in (0, STEPPED_BACK):
                last = "\n".join(tail(log_of_queue(self.root), TOLD_LINES))
                text = f"the queue's process ended with code {code}\n{last}"
                self.notify(text, severity="error", timeout=30, markup=False)

    def get_key_display(self, binding: Binding) -> str:
        """A key's name, as this terminal can show it."""
        return self.look.shown(super().get_key_display(binding))

    def action_help(self) -> None:
        """The keys that work where the focus is."""
        rows: dict[str, str] = {}
        shown: dict[str, list[str]] = {}
        for active in self.screen.active_bindings.values():
            binding = active.binding
            if binding.id is None or not active.enabled:
                continue
            shown.setdefault(binding.id, []).append(self.get_key_display(binding))
            rows[binding.id] = binding.tooltip or binding.description
        focused = self.focused.id if self.focused and self.focused.id else self.screen.__class__.__name__
        place = focused.removesuffix("Screen").lower()
        self.push_screen(HelpScreen(place, [(" ".join(keys), rows[id]) for id, keys in shown.items()]))


def _leave_with_the_terminal() -> None:
    """End at once when the terminal is gone.

    A hang-up ends a process by itself, unless hang-ups are ignored (nohup, some job runners): then the app
    would go on for ever, drawing for nobody. It has nothing to save; whatever it launched lives apart from it.
    """
    try:
        termios.tcgetattr(0)
    except termios.error:
        os._exit(129)


def run(
    root: Path, group: str | None = None, mouse: bool = True, started: subprocess.Popen[bytes] | None = None
) -> int:
    """Open the app, stay in it until it is left, and return its exit code.

    Without `mouse` the terminal keeps its own selection. `started` is a queue's process to look after.
    """
    app = CockpitApp(root, group=group)
    app.look_after(started)
    app.run(mouse=mouse)
    return app.return_code or 0
