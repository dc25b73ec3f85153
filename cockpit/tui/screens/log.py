"""The whole log of a run's last attempt, while it is written."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from cockpit.followed import changed_at
from cockpit.logs import log_of, tail
from cockpit.snapshot import Snapshot
from cockpit.tui.away import Away
from cockpit.tui.screens.watching import Watching
from cockpit.tui.widgets.keyline import KeyLine
from cockpit.tui.widgets.pager import Pager
from cockpit.tui.widgets.panel import Panel
from engine.contract.cleaning import clean

#: How much of a log's end is read, bytes, and how many lines of that are kept.
END, LINES = 4_000_000, 50_000


class LogScreen(Watching):
    """The log, and which part of it is seen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,L", "app.pop_screen", "back", id="log.back", key_display="esc", tooltip="Back"),
    ]

    def __init__(self, run: Snapshot) -> None:
        super().__init__()
        self.run = run
        self._seen: tuple[Path | None, int] = (None, -1)
        self._away = Away(self, self._read, self._show, "The log cannot be read")

    def compose(self) -> ComposeResult:
        """Whose log, the lines, the keys."""
        yield Panel(id="header", indent=None)
        yield Pager(id="pager")
        yield KeyLine(id="keys")

    def on_mount(self) -> None:
        """Read it, and go on reading."""
        self.query_one(Pager).focus()
        self._follow()
        self.set_interval(max(self.cockpit.interval, 0.2), self._follow)

    def take(self, snapshots: tuple[Snapshot, ...]) -> None:
        """The run as it is now."""
        self.run = next((s for s in snapshots if s.path == self.run.path), self.run)
        self._show_header()

    def _follow(self) -> None:
        self._show_header()
        self._away.start()

    def _read(self) -> tuple[tuple[str, ...], tuple[Path | None, int]] | None:
        """The lines, and of when they are; None where nothing has changed: that is not read again."""
        path = log_of(self.run.path)
        now = path, changed_at(path) if path else 0
        if now == self._seen:
            return None
        return tail(path, LINES, END) if path else (), now

    def _show(self, read: tuple[tuple[str, ...], tuple[Path | None, int]] | None) -> None:
        if read is None:
            return
        lines, self._seen = read
        path = self._seen[0]
        none = "no log yet: no attempt was made"
        if not self.run.path.is_dir():
            none = "the run's folder is gone, and its log with it"
        elif path:
            none = f"nothing was written to the log of attempt {clean(path.parent.name)}"
        self.query_one(Pager).show(lines or (none,))
        self._show_header()

    def _show_header(self) -> None:
        path, pager = self._seen[0], self.query_one(Pager)
        attempt = f"attempt {clean(path.parent.name)}" if path else ""
        told = f"{pager.seen}{', following' if pager.following else ''}"
        name = f" {self.run.group} / {self.run.label}"
        spans = ((name, "title"), (f"  log  {attempt}  {self.run.status.word}  {told}", "dim"))
        self.query_one("#header", Panel).show([spans])
