"""The place 'Machine'."""

from __future__ import annotations

from collections.abc import Iterable

from textual.widget import Widget

from cockpit.tui.screens.place import PlaceScreen
from cockpit.tui.widgets.panel import Panel


class MachineScreen(PlaceScreen):
    """Not built yet: it says so."""

    place = "machine"

    def body(self) -> Iterable[Widget]:
        """One panel."""
        yield Panel(id="machine")

    def on_mount(self) -> None:
        """Say what there is."""
        self.query_one("#machine", Panel).show([((" Not measured yet.", "dim"),)])
