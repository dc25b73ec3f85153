"""Where a run's note is written."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.widgets import TextArea

from cockpit.tui.keys import called
from cockpit.tui.screens.dialog import Dialog
from cockpit.tui.widgets.panel import Panel


class NoteScreen(Dialog[str | None]):
    """A small text. It is dismissed with the new text, or None when nothing is to change."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "save", "save", id="note.save", priority=True, tooltip="Keep the note, none if empty"),
        Binding("escape", "leave", "leave", id="note.leave", priority=True, tooltip="Leave; twice to lose changes"),
    ]

    def __init__(self, name: str, text: str) -> None:
        super().__init__()
        self._name, self._text = name, text
        self._warned = False

    def compose(self) -> ComposeResult:
        """Whose note, the text, the keys."""
        with Container(id="note"):
            yield Panel(id="note-title", indent=None)
            yield TextArea(self._text, id="note-text", compact=True)
            yield Panel(id="note-keys", indent=None)

    def on_mount(self) -> None:
        """Write at its end."""
        self.query_one("#note-title", Panel).show([((f" note on {self._name}", "title"),)])
        self._show_keys("leaves")
        area = self.query_one(TextArea)
        area.move_cursor(area.document.end)
        area.focus()

    def action_save(self) -> None:
        """Hand the text back; where it is the same, there is nothing to write."""
        text = self.query_one(TextArea).text
        self.dismiss(None if text == self._text else text)

    def action_leave(self) -> None:
        """Without a change; where there is one, the second time."""
        if self._warned or self.query_one(TextArea).text == self._text:
            self.dismiss(None)
        else:
            self._warned = True
            self._show_keys("again loses what is not saved")

    def _show_keys(self, leaving: str) -> None:
        save, leave = (called(self, id, self.BINDINGS) for id in ("note.save", "note.leave"))
        keys = ((f" {save}", "bold"), (" saves   ", "dim"), (leave, "bold"), (f" {leaving}", "dim"))
        self.query_one("#note-keys", Panel).show([keys])
