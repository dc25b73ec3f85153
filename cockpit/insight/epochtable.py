"""A comparison as a table of epochs: each one's figure, the differences to the baseline, and what happened."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from cockpit.insight.compare import TEST, Comparison, Crossing, Measure, Standing, crossings, standings
from cockpit.insight.events import Event, events

#: Up to so many measured epochs each has a row; of more, every so many, unless there is room for more rows.
MOST_ROWS = 24


class Row(Struct, frozen=True, kw_only=True):
    """One epoch: how each stands, what happened in each, and which curves have crossed just before it."""

    epoch: int
    standings: tuple[Standing, ...]
    events: tuple[tuple[Event, ...], ...]
    crossings: tuple[Crossing, ...] = ()


def happened(comparison: Comparison) -> tuple[dict[int, tuple[Event, ...]], ...]:
    """For each contender what happened by epoch; what happened alike in all its seeds is told once."""
    told = []
    for one in comparison.contenders:
        by_epoch: dict[int, dict[str, Event]] = {}
        for run in one.runs:
            for event in events(run):
                # A mean has no best epoch: each of its seeds has its own.
                if len(one.runs) == 1 or event.kind != "best":
                    by_epoch.setdefault(event.epoch, {}).setdefault(event.text, event)
        told.append({epoch: tuple(found.values()) for epoch, found in sorted(by_epoch.items())})
    return tuple(told)


def table(comparison: Comparison, measure: Measure = TEST, room: int = 0) -> tuple[Row, ...]:
    """Every so many epochs, the first and the last, and every one with an event or behind a crossing.

    Of `room` for so many rows none stays empty while epochs are left out.
    """
    measured = comparison.epochs
    crossed: dict[int, list[Crossing]] = {}
    for crossing in crossings(comparison, measure):
        crossed.setdefault(crossing.epoch, []).append(crossing)
    told = happened(comparison)
    # What is planned for epochs to come is no row of figures yet.
    happenings = set(crossed) | {e for each in told for e in each if _within(e, measured)}
    wanted = _regular(measured, _step(measured, happenings, room)) | happenings
    return tuple(
        Row(
            epoch=epoch,
            standings=standings(comparison, measure, epoch),
            events=tuple(each.get(epoch, ()) for each in told),
            crossings=tuple(crossed.get(epoch, ())),
        )
        for epoch in sorted(wanted)
    )


def stops(rows: Sequence[Row]) -> list[int]:
    """The epochs worth jumping to: where something happened, or curves have crossed."""
    return [row.epoch for row in rows if row.crossings or any(row.events)]


def skipping(comparison: Comparison, rows: Sequence[Row], room: int = 0) -> str:
    """Which epochs have a row, where not all have, as in `every 2nd`; `room` is that of the table they are of."""
    step = _step(comparison.epochs, set(stops(rows)), room)
    return "" if step == 1 else f"every {step}{'nd' if step == 2 else 'th'}"


def _within(epoch: int, measured: list[int]) -> bool:
    return bool(measured) and measured[0] <= epoch <= measured[-1]


def _regular(measured: list[int], step: int) -> set[int]:
    """The first, the last, and those between at a distance."""
    return {epoch for epoch in measured if epoch % step == 0 or epoch in (measured[0], measured[-1])}


def _step(measured: list[int], happenings: set[int], room: int) -> int:
    """The round distance that leaves few enough rows; a finer one where that would leave some of the room empty."""
    if len(measured) <= max(MOST_ROWS, room):
        return 1
    rounds = [1]
    while sum(epoch % rounds[-1] == 0 for epoch in measured) > MOST_ROWS - 2:
        factor = 2.5 if str(rounds[-1])[0] == "2" else 2
        rounds.append(int(rounds[-1] * factor))
    filled = (step for step in reversed(rounds) if len(_regular(measured, step) | happenings) >= room)
    return next(filled, 1)
