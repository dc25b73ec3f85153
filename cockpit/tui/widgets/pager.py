"""Lines of text to scroll through, which follows their end until somebody scrolls up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType

from cockpit.tui.look import Line
from cockpit.tui.widgets.painted import Painted


class Pager(Painted, can_focus=True):
    """Shows lines that are safe to show; long ones go on to the right."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "scroll(-1)", "up", id="pager.up", show=False, tooltip="One line up"),
        Binding("down,j", "scroll(1)", "down", id="pager.down", show=False, tooltip="One line down"),
        Binding("pageup,b", "page(-1)", "page up", id="pager.page_up", tooltip="One page up"),
        Binding("pagedown,space", "page(1)", "page down", id="pager.page_down", tooltip="A page down"),
        Binding("home,g", "scroll(-100000000)", "first", id="pager.first", tooltip="To the first line"),
        Binding("end,G", "scroll(100000000)", "follow", id="pager.last", tooltip="To the last line, and follow it"),
        Binding("left,h", "shift(-20)", "left", id="pager.left", show=False, tooltip="To the left"),
        Binding("right,l", "shift(20)", "right", id="pager.right", show=False, tooltip="To the right"),
    ]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: Sequence[str] = ()
        self._top = 0
        self._left = 0
        self.following = True

    def show(self, lines: Sequence[str]) -> None:
        """Show these from now on; where the end was seen, the new end is."""
        self._lines = lines
        self.repaint()

    @property
    def seen(self) -> str:
        """Which lines are on the screen."""
        last = min(len(self._lines), self._top + self.size.height)
        return f"{min(self._top + 1, last)}-{last} of {len(self._lines)}"

    def draw(self, width: int, height: int) -> Sequence[Line]:
        """As many lines as fit."""
        end = max(0, len(self._lines) - height)
        self._top = end if self.following else min(self._top, end)
        return [((line[self._left :], ""),) for line in self._lines[self._top : self._top + height]]

    def action_scroll(self, by: int) -> None:
        """So many lines; at the end it follows."""
        end = max(0, len(self._lines) - self.size.height)
        self._top = min(max(self._top + by, 0), end)
        self.following = self._top == end
        self.repaint()

    def action_page(self, pages: int) -> None:
        """So many screens."""
        self.action_scroll(pages * max(1, self.size.height - 1))

    def action_shift(self, by: int) -> None:
        """So many cells to the side."""
        widest = max((len(line) for line in self._lines), default=0)
        self._left = min(max(self._left + by, 0), max(0, widest - 20))
        self.repaint()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The wheel scrolls."""
        self.action_scroll(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The wheel scrolls."""
        self.action_scroll(-3)
