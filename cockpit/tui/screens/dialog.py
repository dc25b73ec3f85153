"""The base of what lies over a screen until it is answered."""

from __future__ import annotations

from typing import TypeVar

from textual.await_complete import AwaitComplete
from textual.screen import ModalScreen

Answer = TypeVar("Answer")


class Dialog(ModalScreen[Answer]):
    """A modal screen that is answered once: a second key of one burst finds it gone, and closes nothing below it."""

    def dismiss(self, result: Answer | None = None) -> AwaitComplete:
        """Leave it with an answer, unless it was left already."""
        return super().dismiss(result) if self.is_current else AwaitComplete()
