"""A preset's grid as a small table: the states of its runs over two axes, a glyph a run."""

from __future__ import annotations

from collections.abc import Sequence

from cockpit.grid import Axis
from cockpit.insight import outlook
from cockpit.snapshot import Snapshot
from cockpit.tui.look import STATE_STYLES, Line, Look, Span, shortened
from cockpit.tui.sheets import Sheet

#: The widest name of a row, and the narrowest column.
NAME, COLUMN = 20, 6
NEW = "·"


def lines(sheet: Sheet, snapshots: Sequence[Snapshot], width: int, look: Look, indent: int) -> list[Line]:
    """The states over the two longest axes, seeds being last; nothing without two, or without the room."""
    found = [axis for axis in sheet.axes if len(axis.values) > 1]
    if not sheet.at or len(found) < 2:
        return []
    by_size = sorted(found, key=lambda axis: (axis.name == "run.seed", -len(axis.values)))
    across, down = sorted(by_size[:2], key=lambda axis: (axis.name != "run.seed", len(axis.values)))
    cells = _cells(sheet, snapshots, across, down, look)
    columns = [outlook.told(value) for value in across.values]
    label = min(NAME, max(len(outlook.told(value)) for value in down.values)) + 2
    least = max(map(len, cells.values())) + 1
    wanted = max(COLUMN, least, max(map(len, columns)) + 2)
    column = min(wanted, (width - indent - label) // len(columns))
    if column < max(COLUMN, least):
        return []
    heads = "".join(f"{shortened(name, column - 1):<{column}}" for name in columns)
    rows: list[Line] = [((" " * (indent + label), ""), (heads, "dim"))]
    for value in map(outlook.told, down.values):
        row: list[Span] = [(" " * indent + f"{shortened(value, label - 2):<{label}}", "dim")]
        for name in columns:
            held = cells.get((value, name), [])
            row += [*held, (" " * (column - len(held)), "")]
        rows.append(tuple(row))
    return rows


def _cells(
    sheet: Sheet, snapshots: Sequence[Snapshot], across: Axis, down: Axis, look: Look
) -> dict[tuple[str, str], list[Span]]:
    states = states_of(sheet, snapshots)
    cells: dict[tuple[str, str], list[Span]] = {}
    for at, run in zip(sheet.at, sheet.runs, strict=True):
        held = states[run.name]
        glyph = (look.state(held.status.word), STATE_STYLES[held.status.word]) if held else (NEW, "dim")
        cells.setdefault((outlook.told(at[down.name]), outlook.told(at[across.name])), []).append(glyph)
    return cells


def states_of(sheet: Sheet, snapshots: Sequence[Snapshot]) -> dict[str, Snapshot | None]:
    """Each run of a sheet and the session it is, whatever that is called; None where there is none yet."""
    known = {s.name.rpartition("-")[2]: s for s in snapshots if s.group == sheet.shelf.name}
    return {run.name: known.get(run.name.rpartition("-")[2]) for run in sheet.runs}
