"""Jump mode: a letter on everything that can take the focus or be opened; pressing it goes there."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.geometry import Offset
from textual.widget import Widget
from textual.widgets import Static

from cockpit.tui.screens.dialog import Dialog
from cockpit.tui.widgets.painted import Painted

#: The letters, in the order of the home row; none that leaves the mode.
LETTERS = "asdfghjklwertyuiopzxcvbnm"


class JumpScreen(Dialog[Widget | None]):
    """The letters over the screen below; it ends with the widget that was chosen, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "leave", "back", id="jump.back", tooltip="Stay where the focus was"),
    ]

    def __init__(self, targets: list[Widget]) -> None:
        super().__init__()
        self._targets = dict(zip(LETTERS, targets, strict=False))

    @classmethod
    def over(cls, app: App[None]) -> None:
        """Show it over the screen that is seen, and go where it leads."""
        below = app.screen
        opens = [widget for widget in below.query(Painted) if widget.opens and widget.region]

        def go(chosen: Widget | None) -> None:
            if isinstance(chosen, Painted) and chosen.opens:
                below.call_later(below.run_action, chosen.opens)
            elif chosen:
                chosen.focus()

        app.push_screen(cls([*(widget for widget in below.focus_chain if widget.region), *opens]), go)

    def compose(self) -> ComposeResult:
        """One small label on the upper left corner of each."""
        for letter, target in self._targets.items():
            label = Static(f" {letter} ", classes="jump", markup=False)
            label.styles.offset = Offset(target.region.x, target.region.y)
            yield label

    def on_key(self, event: events.Key) -> None:
        """A letter chooses; any other key leaves."""
        event.stop()
        self.dismiss(self._targets.get(event.key))

    def action_leave(self) -> None:
        """Choose nothing."""
        self.dismiss(None)
