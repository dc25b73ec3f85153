"""The presets: what can be launched."""

from __future__ import annotations

from collections.abc import Iterable

from textual import on
from textual.widget import Widget

from cockpit.snapshot import Snapshot
from cockpit.tui.look import Line
from cockpit.tui.screens.place import PlaceScreen
from cockpit.tui.screens.preset import PresetScreen
from cockpit.tui.widgets.listing import Listing
from cockpit.tui.widgets.panel import Panel
from cockpit.tui.widgets.presets import PresetList


class PresetsScreen(PlaceScreen):
    """The presets by kind, each with how its runs stand."""

    place = "presets"

    def body(self) -> Iterable[Widget]:
        """The list."""
        yield PresetList(id="presets")

    def take(self, snapshots: tuple[Snapshot, ...]) -> None:
        """These are the runs now."""
        super().take(snapshots)
        self.query_one("#presets", PresetList).take(snapshots)

    @on(Listing.Moved)
    def _show_strip(self) -> None:
        self.query_one("#strip", Panel).show([self._strip()])

    def _strip(self) -> Line:
        shelf = self.query_one("#presets", PresetList).selected
        if shelf is None:
            return (("no presets", "dim"),)
        if shelf.preset is None:
            error = " ".join(shelf.error.replace(f"{shelf.path.parent}/", "").split())
            return (("✗ ", "bad"), (error, ""))
        return ((shelf.preset.title, "dim"),)

    @on(Listing.Chosen, "#presets")
    def _open_preset(self) -> None:
        shelf = self.query_one("#presets", PresetList).selected
        if shelf:
            self.app.push_screen(PresetScreen(shelf))
