"""The two keys that scroll what stands beside a list, whatever has the focus."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.screen import Screen

from cockpit.tui.widgets.scrolled import Scrolled


class ScrollKeys(Screen[None]):
    """A screen with one such column."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "J,shift+down", "scroll_beside(1)", "scroll", id="beside.down", key_display="J K",
            tooltip="Scroll what stands beside the list",
        ),
        Binding("K,shift+up", "scroll_beside(-1)", "up", id="beside.up", show=False, tooltip="Scroll it up again"),
    ]  # fmt: skip

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The keys are told where there is more than can be seen."""
        if action == "scroll_beside":
            return self.is_mounted and self.query_one(Scrolled).is_longer
        return super().check_action(action, parameters)

    def action_scroll_beside(self, way: int) -> None:
        """Down or up."""
        self.query_one(Scrolled).turn(way)
