"""Where the app opens: the presets and the sessions."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from rich.cells import cell_len
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.widgets import Footer

from cockpit.snapshot import Snapshot
from cockpit.tui.look import Line
from cockpit.tui.screens.preset import PresetScreen
from cockpit.tui.screens.run import KEYS, RunScreen
from cockpit.tui.screens.session import SessionScreen
from cockpit.tui.widgets.listing import Listing
from cockpit.tui.widgets.panel import Panel
from cockpit.tui.widgets.presets import PresetList
from cockpit.tui.widgets.reading import trouble
from cockpit.tui.widgets.sessions import SessionsTable, counts
from engine.contract.cleaning import clean


class HomeScreen(RunScreen):
    """Presets on one side, sessions on the other, and a strip that says what the cursor stands on."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "app.focus_next", "switch", id="home.switch", tooltip="Between presets and sessions"),
        *KEYS,
    ]

    def __init__(self, group: str | None) -> None:
        super().__init__()
        self._group = group
        self._problem = ""

    def compose(self) -> ComposeResult:
        """Header, the two lists, the strip, the keys."""
        yield Panel(id="header", indent=None)
        with Container(id="home"):
            yield PresetList(id="presets")
            yield SessionsTable(self._group, id="sessions")
        yield Panel(id="strip", indent=2)
        yield Footer(show_command_palette=False)

    @property
    def sessions(self) -> SessionsTable:
        """The sessions table."""
        return self.query_one("#sessions", SessionsTable)

    def on_mount(self) -> None:
        """Begin where the person wants to be."""
        self.query_one("#sessions" if self._group else "#presets").focus()

    def take(self, snapshots: tuple[Snapshot, ...]) -> None:
        """These are the runs now."""
        self._problem = ""
        self.query_one("#presets", PresetList).take(snapshots)
        self.sessions.take(snapshots)
        self._show_header()

    def complain(self, error: str) -> None:
        """The runs cannot be read at the moment."""
        self._problem = error
        self._show_header()
        self._show_strip()

    def go_to(self, group: str) -> None:
        """The sessions of a group, now or as soon as there are any."""
        self.sessions.await_group(group)
        self.sessions.focus()

    def on_resize(self) -> None:
        """The header says more where there is room."""
        self._show_header()

    @on(Listing.Moved)
    def _show_strip(self) -> None:
        line = self._strip()
        self.query_one("#strip", Panel).show([line] if line else [])

    def _strip(self) -> Line:
        if self._problem:
            return (("▲ ", "bad"), (f"the runs cannot be read: {self._problem}", ""))
        presets = self.query_one("#presets", PresetList)
        if not presets.has_focus:
            return trouble(self.sessions.selected) if self.sessions.selected else ()
        shelf = presets.selected
        if shelf is None:
            return (("no presets", "dim"),)
        if shelf.preset is None:
            error = " ".join(shelf.error.replace(f"{shelf.path.parent}/", "").split())
            return (("✗ ", "bad"), (error, ""))
        return ((shelf.preset.title, "dim"),)

    def _show_header(self) -> None:
        width = self.size.width
        tally = self._tally(width)
        room = width - sum(cell_len(t) for t, _ in tally) - len(" cockpit  ") - 3
        root = _shortened(self.cockpit.root, room)
        left: Line = ((" cockpit", "title"), (f"  {root}", "dim"))
        gap = max(2, width - 1 - sum(cell_len(t) for t, _ in (*left, *tally)))
        self.query_one("#header", Panel).show([(*left, (" " * gap, ""), *tally)])

    def _tally(self, width: int) -> Line:
        app = self.cockpit
        if self._problem:
            return (("▲ the runs cannot be read", "bad"),)
        if not app.snapshots:
            return (("no runs yet" if app.root_exists else "no runs yet: the folder does not exist", "dim"),)
        full = counts(app.snapshots, app.look, words=True)
        return (
            full if sum(cell_len(t) for t, _ in full) < width - 30 else counts(app.snapshots, app.look, words=False)
        )

    @on(Listing.Chosen, "#presets")
    def _open_preset(self) -> None:
        shelf = self.query_one("#presets", PresetList).selected
        if shelf:
            self.app.push_screen(PresetScreen(shelf))

    @on(Listing.Chosen, "#sessions")
    def _open_session(self) -> None:
        run = self.sessions.selected
        if run:
            self.app.push_screen(SessionScreen(run))

    @property
    def in_hand(self) -> Snapshot | None:
        """The session under the cursor, while the sessions have the focus."""
        return self.sessions.selected if self.sessions.has_focus else None


def _shortened(root: Path, room: int) -> str:
    """The folder with ~ for the home folder, cut at its left when it is too long."""
    path, home = clean(str(root.absolute())), str(Path.home())
    path = "~" + path.removeprefix(home) if path == home or path.startswith(home + "/") else path
    return path if len(path) <= max(4, room) else "…" + path[-(max(4, room) - 1) :]
