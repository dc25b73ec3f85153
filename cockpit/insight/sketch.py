"""The learning rate over the epochs, drawn in a few lines of text."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from engine.contract import schedule
from engine.contract.spec import Spec

#: How many lines a curve has.
HEIGHT = 4
#: The widest that still helps.
MOST_COLUMNS = 72
_BLOCKS = " ▁▂▃▄▅▆▇█"


def rates(spec: Spec, columns: int, *, ascii_only: bool = False) -> list[str]:
    """The curve and below it the epochs: the first, the last, and those at which a phase begins.

    A column stands for the highest rate of its epochs, so that no spike is lost; any rate above 0 is seen.
    """
    curve = [schedule.lr(spec, epoch) for epoch in range(spec.epochs)]
    # On a scale to the rate that is set, which the first step of no epoch need reach.
    top = max(spec.lr, *(phase.get("lr", 0.0) for phase in spec.phases), 0.0)
    return drawn(curve, list(schedule.transitions(spec)), columns, ascii_only=ascii_only, top=top)


def drawn(
    curve: Sequence[float],
    marks: Sequence[int],
    columns: int,
    *,
    ascii_only: bool = False,
    top: float = 0.0,
    length: int = 0,
) -> list[str]:
    """A rate an epoch, drawn: its highest on a scale to `top` or its own, on an axis of `length` epochs or its own.

    `marks` are the epochs that are written below it, where there is room, the first before the others.
    """
    top, length = max(top, *curve), max(length, len(curve))
    scale = [f"{top:.3g}", "0"]
    margin = max(map(len, scale)) + 1
    width = max(8, min(columns - margin, MOST_COLUMNS))
    heights = [max(curve[a:b], default=0.0) / top for a, b in _parts(length, width)] if top else [0.0] * width
    rows = [
        "".join(_cell(height, line, ascii_only) for height in heights).rstrip() for line in reversed(range(HEIGHT))
    ]
    labels = [scale[0], *[""] * (HEIGHT - 2), scale[1]]
    lines = [f"{label:>{margin - 1}} {row}".rstrip() for label, row in zip(labels, rows, strict=True)]
    return [*lines, " " * margin + _epochs(length, marks, width)]


def _parts(epochs: int, width: int) -> list[tuple[int, int]]:
    """Each column's epochs, as a slice that is never empty."""
    starts = [column * epochs // width for column in range(width + 1)]
    return [(start, max(start + 1, end)) for start, end in pairwise(starts)]


def _cell(height: float, line: int, ascii_only: bool) -> str:
    eighths = height * HEIGHT * 8
    if line == 0 and height > 0:
        eighths = max(eighths, 1.0)
    filled = min(8, max(0, round(eighths) - line * 8))
    return " #"[filled > 3 or (line == 0 and filled > 0)] if ascii_only else _BLOCKS[filled]


def _epochs(epochs: int, marks: Sequence[int], width: int) -> str:
    """The axis: a number below the column it begins at; where two are in one another's way, the later is left out."""
    ends = {0: "1", max(2, width - len(str(epochs))): str(epochs)} if epochs > 1 else {0: "1"}
    taken = [range(start - 1, start + len(text) + 1) for start, text in ends.items()]
    for epoch in marks:
        start, text = (epoch - 1) * width // epochs, str(epoch)
        if epoch < epochs and all(start >= each.stop or start + len(text) <= each.start for each in taken):
            ends[start] = text
            taken.append(range(start - 1, start + len(text) + 1))
    line = ""
    for start, text in sorted(ends.items()):
        line = line.ljust(start) + text
    return line
