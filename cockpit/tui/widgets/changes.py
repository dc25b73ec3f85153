"""A line on which changes to a run's settings are typed, completed as far as their names are known."""

from __future__ import annotations

import re
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import Input

from cockpit.changes import CHANGEABLE
from cockpit.completion import completions, settings
from cockpit.tui.widgets.suggesting import Suggesting


class ChangesLine(Input):
    """Takes `lr=0.01 mixup=0`; tab completes the word that is being typed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "tab", "complete", "complete", id="changes.complete",
            tooltip="Complete the setting's name, or its value where that is one of several words",
        ),
    ]  # fmt: skip

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(
            placeholder="lr=0.01 mixup=0 epochs=60, or nothing to repeat its parent",
            suggester=Suggesting(lambda line: completions(line, CHANGEABLE)),
            compact=True,
            id=id,
        )
        self.cursor_blink = False

    def action_complete(self) -> None:
        """Take what is suggested."""
        self.action_end()
        self.action_cursor_right()


def parted(value: str) -> tuple[list[str], str]:
    """The changes on the line, and the name at its end that has no value yet."""
    half = re.search(r"(?:^|\s)([\w.]+)$", value)
    whole = value[: half.start()] if half else value
    return settings(whole), half[1] if half else ""
