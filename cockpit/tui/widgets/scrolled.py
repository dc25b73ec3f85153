"""What stands beside a list and may be longer than its room."""

from __future__ import annotations

from textual.containers import Container
from textual.geometry import Size


class Scrolled(Container):
    """A column without a scroll bar, whose glyphs not every terminal has: the line of keys tells that one scrolls."""

    @property
    def is_longer(self) -> bool:
        """Whether not all of it can be seen at once."""
        return self.max_scroll_y > 0

    def watch_virtual_size(self, before: Size, now: Size) -> None:
        """Where there is another length, other keys may work."""
        if before.height != now.height:
            self.screen.refresh_bindings()

    def turn(self, way: int) -> None:
        """Half of its height down or up."""
        self.scroll_relative(y=way * max(1, self.size.height // 2), animate=False)
