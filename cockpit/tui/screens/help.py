"""The keys that work where one is, made from the bindings themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

from cockpit.tui.look import Line
from cockpit.tui.widgets.panel import Panel


class HelpScreen(ModalScreen[None]):
    """A list of keys and what they do."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,enter,q", "dismiss", "back", id="help.back", tooltip="Close this help"),
    ]

    def __init__(self, place: str, keys: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self._place, self._keys = place, keys

    def compose(self) -> ComposeResult:
        """One panel."""
        yield Panel(id="help", indent=15)

    def on_mount(self) -> None:
        """One line a key."""
        lines: list[Line] = [((f" {key:<13} ", "bold"), (text, "")) for key, text in self._keys]
        lines += [(), ((" esc closes this", "dim"),)]
        self.query_one(Panel).show(lines, ((f" keys: {self._place}", "title"),))
