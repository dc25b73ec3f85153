"""How many runs are in each state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from cockpit.snapshot import Snapshot
from cockpit.status import GLYPHS, Word
from cockpit.tui.look import STATE_STYLES, Line, Look, Span


def counts(runs: Sequence[Snapshot], look: Look, *, words: bool) -> Line:
    """How many runs are in each state, with its glyph, and its word where there is room.

    One that cannot be read is broken, whatever its folder says of its state. Without words states that share a glyph
    are one.
    """
    numbers: Counter[str] = Counter("broken" if run.problem else run.status.word for run in runs)
    told: dict[str, tuple[int, str, str]] = {}
    states: list[tuple[str, Word]] = [*((word, word) for word in GLYPHS), ("broken", "failed")]
    for name, state in states:
        if number := numbers[name]:
            glyph = look.state(state)
            key = name if words else glyph
            told[key] = told.get(key, (0, "", ""))[0] + number, glyph, STATE_STYLES[state]
    spans: list[Span] = []
    for name, (number, glyph, style) in told.items():
        spans += [(f"{glyph} {number}{f' {name}' if words else ''}", style), (" ", "")]
    return tuple(spans[:-1])
