"""The columns of the sessions table: which there are, which stay when it gets narrow, what each shows of a run."""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct
from rich.cells import cell_len, set_cell_size

from cockpit.insight import gap
from cockpit.insight.format import duration, number, percent, points
from cockpit.snapshot import Snapshot
from cockpit.status import DEPENDENT, HELD
from cockpit.tui.look import LEVEL_STYLES, STATE_STYLES, Line, Look, Span, shortened

#: Column -> (heading, width with the space before it). Text is on the left up to `bar`, then on the right.
COLUMNS: dict[str, tuple[str, int]] = {
    "glyph": ("", 2),
    "word": ("state", 9),
    "epoch": ("epoch", 8),
    "bar": ("", 11),
    "test": ("test", 7),
    "best": ("best", 7),
    "gap": ("gap", 8),
    "clean": ("clean gap", 11),
    "lr": ("lr", 10),
    "left": ("left", 7),
}
#: What leaves first when there is no room, each for a label of so many cells at most: a name cut in two tells less
#: than the rate does, but not less than the best figure.
LEAVING = {"bar": 48, "lr": 48, "gap": 40, "word": 30, "best": 20, "left": 20}
LEFT_ALIGNED = ("glyph", "word", "bar")
#: The widest label, however much room there is.
LABEL_MOST = 100
BAR = 10
_SHORT = {"out-of-memory": "memory"}


class Columns(Struct, frozen=True):
    """The columns that fit, and the width of the label before them."""

    names: tuple[str, ...]
    label: int


def fitting(width: int, labels: Sequence[str]) -> Columns:
    """All columns if the longest label fits beside them, else without those that leave first."""
    longest = max(12, max(map(cell_len, labels), default=0))
    names = list(COLUMNS)
    for leaving, most in LEAVING.items():
        if width - _width(names) < min(longest, most):
            names.remove(leaving)
    return Columns(tuple(names), max(1, min(longest, LABEL_MOST, width - _width(names))))


def _width(names: Sequence[str]) -> int:
    return sum(COLUMNS[name][1] for name in names)


def headings(columns: Columns, first: str) -> Line:
    """The line above the rows."""
    texts = [_aligned(name, COLUMNS[name][0]) for name in columns.names]
    return ((set_cell_size(first, columns.label), "dim"), *((text, "dim") for text in texts))


def line(run: Snapshot, columns: Columns, look: Look) -> Line:
    """One run's row."""
    reading = gap.read(run)
    spans: list[Span] = [(set_cell_size(shortened(run.label, columns.label), columns.label), "")]
    doing = unmeasured(run)
    if doing and not run.stage and "word" not in columns.names:
        doing = f"{run.status.word} {doing}"
    for i, name in enumerate(columns.names):
        if doing and name not in ("glyph", "word"):
            # Nothing is measured yet, so that what it does or waits for may take the figures' place.
            spans.append((set_cell_size(f" {doing}", _width(columns.names[i:])), "dim"))
            break
        text, style = _cell(name, run, reading, look)
        spans.append((_aligned(name, text), style))
    return tuple(spans)


def unmeasured(run: Snapshot) -> str:
    """What a run without an epoch does before its first, or waits for; empty where an epoch count says enough."""
    if run.epochs or run.problem:
        return ""
    return run.stage or (unhashed(run.status.reason) if run.status.word in DEPENDENT else "")


def unhashed(text: str) -> str:
    """A text without the six digits that end the names of run folders."""
    return re.sub(r"-[0-9a-f]{6}(?![\w.-])", "", text)


def _aligned(name: str, text: str) -> str:
    width = COLUMNS[name][1] - 1
    return " " + (f"{text:<{width}}" if name in LEFT_ALIGNED else f"{text:>{width}}")[:width]


def _cell(name: str, run: Snapshot, reading: gap.Reading, look: Look) -> Span:
    last, style = run.last, STATE_STYLES[run.status.word] if not run.problem else "bad"
    match name:
        case "glyph":
            return look.state(run.status.word if not run.problem else "failed"), style
        case "word":
            return "broken" if run.problem else _SHORT.get(run.status.word, run.status.word), style
        case "epoch":
            return f"{run.epoch}/{run.planned or '?'}", ""
        case "bar":
            filled = round(run.position / run.planned * BAR) if run.planned else 0
            return "━" * min(filled, BAR) + "·" * (BAR - filled), style
        case "test":
            return percent(last.test_acc if last else None), ""
        case "best":
            return percent(reading.best), ""
        case "gap":
            return points(reading.gap_trained), "dim"
        case "clean":
            return f"{look.level(reading.level)} {points(reading.gap_clean)}".strip(), LEVEL_STYLES[reading.level]
        case "lr":
            return number(last.lr if last else None), "dim"
        case _:
            return (duration(run.seconds_left) if run.status.word in HELD else "-"), ""


def natural(name: str) -> list[tuple[int, str]]:
    """A key to sort names by as people do: seed2 before seed10."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name)]
