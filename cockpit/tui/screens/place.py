"""The base of the five places: masthead, what the place is for, a strip of what to know, the keys."""

from __future__ import annotations

from collections.abc import Iterable

from textual.app import ComposeResult
from textual.widget import Widget

from cockpit.snapshot import Snapshot
from cockpit.tui.screens.run import RunScreen
from cockpit.tui.widgets.keyline import KeyLine
from cockpit.tui.widgets.masthead import Masthead, Standing
from cockpit.tui.widgets.panel import Panel


class PlaceScreen(RunScreen):
    """Subclasses say what stands between the masthead and the strip, and what the strip says."""

    #: Its name in places.PLACES.
    place = ""
    #: Ids of the bindings that the line of keys names first; what comes later may not fit.
    first_keys: tuple[str, ...] = ()

    def compose(self) -> ComposeResult:
        """Masthead, the place, strip, keys."""
        yield Masthead(id="masthead")
        yield from self.body()
        yield Panel(id="strip", indent=2)
        yield KeyLine(self.first_keys, id="keys")

    def body(self) -> Iterable[Widget]:
        """What the place is for."""
        raise NotImplementedError

    def take(self, snapshots: tuple[Snapshot, ...]) -> None:
        """These are the runs now."""
        self.show_masthead()

    def wait_for_runs(self) -> None:
        """The masthead says so."""
        self.show_masthead()

    def show_masthead(self) -> None:
        """Bring the lines on top up to date."""
        app = self.cockpit
        standing = Standing(
            root=app.root,
            exists=app.root_exists,
            snapshots=app.snapshots,
            place=self.place,
            marked=len(app.marks),
            load=app.load_text,
            problem=app.problem,
            unread=app.unread,
        )
        self.query_one("#masthead", Masthead).show(standing)

    @property
    def in_hand(self) -> Snapshot | None:
        """The run that the keys are about."""
        return None
