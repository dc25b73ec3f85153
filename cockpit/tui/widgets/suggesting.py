"""The suggester of the lines on which settings are typed: the whole line with its last word completed."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from textual.suggester import Suggester


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
