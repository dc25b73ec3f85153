"""A question before something that cannot be taken back, or that is asked of many runs at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from cockpit.tui.keys import called
from cockpit.tui.look import Line
from cockpit.tui.screens.dialog import Dialog
from cockpit.tui.widgets.panel import Panel

#: How many of the things in question are named.
NAMED = 8


class ConfirmScreen(Dialog[bool]):
    """Yes is one key, everything else is no."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "dismiss(True)", "yes", id="confirm.yes", tooltip="Do it"),
        Binding("n,escape,q,enter", "dismiss(False)", "no", id="confirm.no", tooltip="Leave everything as it is"),
    ]

    def __init__(self, question: str, about: Sequence[str]) -> None:
        super().__init__()
        self._question, self._about = question, about

    def compose(self) -> ComposeResult:
        """One panel."""
        yield Panel(id="confirm", indent=3)

    def on_mount(self) -> None:
        """The question, what it is about, the keys."""
        named: list[Line] = [((f"   {name}", ""),) for name in self._about[:NAMED]]
        if len(self._about) > NAMED:
            named.append(((f"   and {len(self._about) - NAMED} more", "dim"),))
        yes, no = (called(self, id, self.BINDINGS) for id in ("confirm.yes", "confirm.no"))
        keys: Line = ((f" {yes}", "bold"), (" yes    ", "dim"), (no, "bold"), (" no", "dim"))
        self.query_one(Panel).show([*named, (), keys], ((f" {self._question}", "title"),))
