"""The lines on which settings are typed: the last word of one is completed as far as it is known."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.suggester import Suggester
from textual.widgets import Input


def last(value: str) -> str:
    """The word that is being typed: none after a space that ends one."""
    return re.split(r"\s", value)[-1]


class Suggesting(Suggester):
    """Suggests the first of the words that the last one can become. `found` tells them of a line, each whole."""

    def __init__(self, found: Callable[[str], Sequence[str]]) -> None:
        # What is known changes with the data sets that are there, so nothing is kept.
        super().__init__(use_cache=False, case_sensitive=True)
        self._found = found

    async def get_suggestion(self, value: str) -> str | None:
        """The whole line with its last word completed; None where nothing is known."""
        found = self._found(value)
        return value[: len(value) - len(last(value))] + found[0] if found else None


class Completed(Input):
    """A line of which tab completes the last word; where there is nothing to complete it leads on."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "tab", "complete", "complete", id="line.complete",
            tooltip="Complete the word, where it can become several the first; else go to the next field",
        ),
    ]  # fmt: skip

    def __init__(
        self, value: str = "", *, known: Callable[[str], Sequence[str]] | None, id: str | None, placeholder: str
    ) -> None:
        suggester = Suggesting(known) if known else None
        super().__init__(
            value, id=id, placeholder=placeholder, compact=True, suggester=suggester, select_on_focus=False
        )
        self.cursor_blink = False
        self._known = known

    def action_complete(self) -> None:
        """Take the first of what the last word can become, or go on to the next field."""
        found = self._known(self.value) if self._known else ()
        whole = self.value[: len(self.value) - len(last(self.value))] + found[0] if found else self.value
        if whole != self.value:
            self.value = whole
            self.cursor_position = len(whole)
        else:
            self.screen.focus_next()
