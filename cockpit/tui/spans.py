"""What is sent of a line when some of its cells change: those cells, and nothing before them.

Textual 8.2 knows the cells, and still begins each line at the edge of its widget: of a table's row everything left of
the change is sent once more, which is most of it.
"""

from __future__ import annotations

from rich.console import Console
from rich.control import Control
from textual._compositor import ChopsUpdate, Compositor


class Spans(Compositor):
    """Textual's compositor, sparing with what it sends."""

    def render_partial_update(self) -> ChopsUpdate | None:
        """What has changed since the last time; None when nothing has."""
        update = super().render_partial_update()
        return _SpansUpdate(update.chops, update.spans, update.chop_ends) if update else None


class _SpansUpdate(ChopsUpdate):
    """Lines in parts, each cut to what changed of it."""

    def render_segments(self, console: Console) -> str:
        """What to send."""
        sent: list[str] = []
        for y, start, stop in self.spans:
            for end, (x, strip) in zip(self.chop_ends[y], self.chops[y].items(), strict=False):
                first, last = max(x, start), min(end, stop)
                if strip is not None and first < last:
                    sent.append(Control.move_to(first, y).segment.text)
                    sent.append(strip.crop(first - x, last - x).render(console))
        return "".join(sent)
