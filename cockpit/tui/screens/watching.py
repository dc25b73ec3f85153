"""The base of screens that follow the runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.dom import DOMNode
from textual.screen import Screen

from cockpit.snapshot import Snapshot
from cockpit.tui.away import is_there
from cockpit.tui.spans import Spans
from cockpit.tui.widgets.painted import Painted

if TYPE_CHECKING:
    from cockpit.tui.app import CockpitApp


def cockpit_of(node: DOMNode) -> CockpitApp:
    """The app that a screen or widget is of, as what it is."""
    from cockpit.tui.app import CockpitApp

    app = node.app
    assert isinstance(app, CockpitApp)
    return app


class Watching(Screen[None]):
    """A screen that is handed the runs when it comes into sight, and whenever one of them changed while it is."""

    # Textual declares these as instance variables, so a ClassVar would contradict it.
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-low"), (30, "-high"), (48, "-tall")]  # noqa: RUF012

    def __init__(self) -> None:
        super().__init__()
        self._compositor = Spans()
        # It is dressed as it is mounted. Textual would have all styles read twice more when a place is first seen.
        self._css_update_count = 0

    @property
    def cockpit(self) -> CockpitApp:
        """The app, as what it is."""
        return cockpit_of(self)

    @property
    def is_there(self) -> bool:
        """Whether it can be drawn on: what it is made of is there already, and still."""
        return self.is_mounted and is_there(self)

    def take(self, snapshots: tuple[Snapshot, ...]) -> None:
        """These are the runs now."""
        raise NotImplementedError

    def wait_for_runs(self) -> None:
        """Nothing has been read yet: claim nothing of the runs."""

    def on_screen_resume(self) -> None:
        """It is seen, for the first time or again: catch up, in the theme that is worn now."""
        if self.cockpit.unread is not None:
            self.take(self.cockpit.snapshots)
        else:
            self.wait_for_runs()
        for widget in self.query(Painted):
            widget.repaint()
