"""The networks of a run that has several, a lane each: test accuracy in an epoch, the best, and how it came there."""

from __future__ import annotations

from collections.abc import Sequence

from cockpit.epochs import column, record_at
from cockpit.insight.format import percent
from cockpit.snapshot import Snapshot, best_of
from cockpit.tui.look import Line
from cockpit.tui.widgets.sparkline import sparkline
from engine.contract.cleaning import clean
from engine.contract.stream import Epoch

#: So many networks have a lane; what more there are is counted.
MOST = 12
#: The widest curve that still tells more than a narrower one.
CURVE = 12


def lanes(run: Snapshot, at: int, width: int) -> list[Line]:
    """One line a network: its number, its model where they differ, its accuracies, its curve; none for one alone."""
    if len(run.nodes) < 2:
        return []
    models = run.spec.models if run.spec else ()
    longest = max(map(len, models), default=0) if len(set(models)) > 1 else 0
    figures = len(" 12  72.31  ★ 72.52@150")
    room = width - figures
    named = longest if 0 < longest <= room - 1 else 0
    curve = max(0, min(CURVE, room - (named + 1 if named else 0) - 2))
    over = named + bool(named) + len("12   72.31") - 3
    told: list[Line] = [(("each", "title"), (f"{'test':>{over}}  ★ best", "dim"))]
    for node, records in list(run.nodes.items())[:MOST]:
        name = f"{clean(models[node]):<{named}} " if named and node < len(models) else ""
        drawn = f"  {sparkline(column(records, 'test_acc'), run.planned, curve)}" if curve > 3 else ""
        told.append(
            (
                (f" {node + 1:>2} ", "dim"),
                (name, ""),
                (f" {percent(_at(records, at)):>6}  ", ""),
                (f"★ {_best(records):<10}", "dim"),
                (drawn, "test"),
            )
        )
    if len(run.nodes) > MOST:
        told.append(((f" and {len(run.nodes) - MOST} more", "dim"),))
    return told


def _at(records: Sequence[Epoch], epoch: int) -> float | None:
    found = record_at(records, epoch)
    return found.test_acc if found else None


def _best(records: Sequence[Epoch]) -> str:
    best = best_of(records)
    return f"{percent(best.test_acc)}@{best.epoch}" if best else "-"
