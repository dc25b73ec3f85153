"""How many runs are in each state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from cockpit.snapshot import Snapshot
from cockpit.status import GLYPHS
from cockpit.tui.look import STATE_STYLES, Line, Look, Span


def counts(runs: Sequence[Snapshot], look: Look, *, words: bool) -> Line:
    """How many runs are in each state, with its glyph, and its word where there is room."""
    spans: list[Span] = []
    numbers = Counter(run.status.word for run in runs)
    for word in GLYPHS:
        if number := numbers[word]:
            spans.append((f"{look.state(word)} {number}{f' {word}' if words else ''}", STATE_STYLES[word]))
            spans.append((" ", ""))
    return tuple(spans[:-1])
