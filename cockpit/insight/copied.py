"""Runs as a Markdown table, to be pasted into notes and issues."""

from __future__ import annotations

from collections.abc import Sequence

from cockpit.insight import gap
from cockpit.insight.format import number, percent, points
from cockpit.snapshot import Snapshot

_HEADINGS = ("group", "run", "seed", "state", "epoch", "test %", "best %", "gap", "clean gap", "lr", "note")
_ON_THE_RIGHT = ("seed", "epoch", "test %", "best %", "gap", "clean gap", "lr")


def markdown(runs: Sequence[Snapshot]) -> str:
    """A row a run. `best` is selected on the test set; gaps are points, as trained and clean."""
    rules = ["---:" if name in _ON_THE_RIGHT else "---" for name in _HEADINGS]
    rows = [_HEADINGS, rules, *map(_row, runs)]
    return "".join(f"| {' | '.join(map(_cell, row))} |\n" for row in rows)


def _row(run: Snapshot) -> tuple[str, ...]:
    reading, last = gap.read(run), run.last
    return (
        run.group,
        run.label,
        str(run.spec.seed) if run.spec else "-",
        "broken" if run.problem else run.status.word,
        f"{run.epoch}/{run.planned or '?'}",
        percent(last.test_acc if last else None),
        percent(reading.best),
        points(reading.gap_trained),
        points(reading.gap_clean),
        number(last.lr if last else None),
        run.note.strip(),
    )


def _cell(text: str) -> str:
    """A text that breaks no table."""
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ")
