"""One of several, picked from a list that lies over what is seen."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import ClassVar

from rich.cells import set_cell_size
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container

from cockpit.tui.keys import called
from cockpit.tui.look import Line
from cockpit.tui.screens.dialog import Dialog
from cockpit.tui.widgets.listing import Listing, Row
from cockpit.tui.widgets.panel import Panel


class Choices(Listing):
    """The lines to pick from, under what their columns are."""

    def __init__(self, rows: Sequence[Row], heads: Line, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._choices, self._heads = list(rows), heads

    def rows(self, width: int) -> list[Row]:
        """All of them."""
        return self._choices

    def top(self, width: int, seen: str) -> Line:
        """The columns, and which part is seen."""
        told = "".join(text for text, _ in self._heads)
        return ((set_cell_size(f" {told}", max(0, width - len(seen) - 1)), "dim"), (seen, "dim"))


class PickScreen(Dialog[Hashable]):
    """A title and a list; it is left with the key of the line that was chosen, or with None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "back", id="pick.back", tooltip="Pick none"),
    ]

    def __init__(self, title: str, heads: Line, rows: Sequence[Row], at: Hashable = None) -> None:
        super().__init__()
        self._title, self._heads, self._rows, self._begin = title, heads, rows, at

    def compose(self) -> ComposeResult:
        """Title and list."""
        with Container(id="pick"):
            yield Panel(id="pick-title", indent=None)
            yield Choices(self._rows, self._heads, id="pick-list")

    def on_mount(self) -> None:
        """Begin where the person is."""
        opens, back = called(self, "list.open", Choices.BINDINGS), called(self, "pick.back", self.BINDINGS)
        self.query_one("#pick-title", Panel).show(
            [((self._title, "title"), (f"   {opens} opens, {back} goes back", "dim"))]
        )
        listing = self.query_one("#pick-list", Choices)
        listing.cursor = self._begin
        listing.reload()
        listing.focus()

    @on(Listing.Chosen)
    def _picked(self, message: Listing.Chosen) -> None:
        self.dismiss(message.key)
