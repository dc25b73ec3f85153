"""The place 'Compare'."""

from __future__ import annotations

from collections.abc import Iterable

from textual.widget import Widget

from cockpit.tui.screens.place import PlaceScreen
from cockpit.tui.widgets.panel import Panel


class CompareScreen(PlaceScreen):
    """Not built yet: it says so."""

    place = "compare"

    def body(self) -> Iterable[Widget]:
        """One panel."""
        yield Panel(id="compare")

    def on_mount(self) -> None:
        """Say what there is."""
        self.query_one("#compare", Panel).show([((" Nothing is marked to compare.", "dim"),)])
