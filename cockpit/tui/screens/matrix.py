"""The place 'Matrix'."""

from __future__ import annotations

from collections.abc import Iterable

from textual.widget import Widget

from cockpit.tui.screens.place import PlaceScreen
from cockpit.tui.widgets.panel import Panel


class MatrixScreen(PlaceScreen):
    """Not built yet: it says so."""

    place = "matrix"

    def body(self) -> Iterable[Widget]:
        """One panel."""
        yield Panel(id="matrix")

    def on_mount(self) -> None:
        """Say what there is."""
        self.query_one("#matrix", Panel).show([((" Nothing to tabulate yet.", "dim"),)])
