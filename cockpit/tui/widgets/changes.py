"""A line on which changes to a run's settings are typed, completed as far as their names are known."""

from __future__ import annotations

import re

from cockpit.changes import CHANGEABLE
from cockpit.completion import completions, settings
from cockpit.tui.widgets.suggesting import Completed


class ChangesLine(Completed):
    """Takes `lr=0.01 mixup=0`."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(
            known=lambda line: completions(line, CHANGEABLE),
            placeholder="lr=0.01 mixup=0 epochs=60, or nothing to repeat its parent",
            id=id,
        )


def parted(value: str) -> tuple[list[str], str]:
    """The changes on the line, and the name at its end that has no value yet."""
    half = re.search(r"(?:^|\s)([\w.]+)$", value)
    whole = value[: half.start()] if half else value
    return settings(whole), half[1] if half else ""
