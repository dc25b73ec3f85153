"""One line to type a filter into; it shows only while it is open or holds something."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input


class FilterLine(Input):
    """Enter keeps what was typed and leaves the line, Escape empties and leaves it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "clear_and_leave", "clear", id="filter.clear", tooltip="Empty the filter, and leave it"),
        Binding("enter,down", "leave", "keep", id="filter.keep", tooltip="Keep the filter, and go back to the list"),
    ]

    class Left(Message):
        """The line was left, with what it holds in force."""

    def __init__(self, *, id: str | None = None, placeholder: str = "") -> None:
        super().__init__(id=id, placeholder=placeholder, compact=True, select_on_focus=False)

    def action_clear_and_leave(self) -> None:
        """Filter nothing."""
        self.value = ""
        self.post_message(self.Left())

    def action_leave(self) -> None:
        """Back to the list."""
        self.post_message(self.Left())
