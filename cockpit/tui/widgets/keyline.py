"""The keys that work here, in one line: as many as there is room for, and always those that lead back and to all."""

from __future__ import annotations

from collections.abc import Sequence

from textual.screen import Screen

from cockpit.tui.look import Line
from cockpit.tui.widgets.painted import Painted

#: The keys that are shown however little room there is: back, and where all others are listed.
_ALWAYS = (".back", "app.help")


class KeyLine(Painted):
    """Reads the screen's bindings; others than those of `Footer` it leaves out whole, the last first."""

    def on_mount(self) -> None:
        """Follow the keys as the focus moves."""
        self.screen.bindings_updated_signal.subscribe(self, self._changed)

    def _changed(self, _: Screen[object]) -> None:
        self.repaint()

    def draw(self, width: int, height: int) -> Sequence[Line]:
        """One line."""
        told: dict[str, tuple[str, str]] = {}
        for active in self.screen.active_bindings.values():
            binding = active.binding
            if binding.show and active.enabled:
                told.setdefault(
                    binding.id or binding.action, (self.app.get_key_display(binding), binding.description)
                )
        kept = {id: len(key) + len(word) + 3 for id, (key, word) in told.items()}
        for id in [id for id in reversed(kept) if not id.endswith(_ALWAYS)]:
            if sum(kept.values()) > width:
                del kept[id]
        return [tuple(span for id in kept for span in ((f" {told[id][0]}", "bold"), (f" {told[id][1]} ", "dim")))]
