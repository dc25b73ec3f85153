"""A comparison as a table of epochs: each one's figure, the differences to the baseline, and what happened."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

from msgspec import Struct

from cockpit.insight.compare import TEST, Comparison, Crossing, Measure, Standing, crossings, standings
from cockpit.insight.events import Event, events

#: Up to so many measured epochs each has a row; of more, every so many.
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


def table(comparison: Comparison, measure: Measure = TEST) -> tuple[Row, ...]:
    """Every so many epochs, the first and the last, and every one with an event or behind a crossing."""
    measured = comparison.epochs
    crossed: dict[int, list[Crossing]] = {}
    for crossing in crossings(comparison, measure):
        crossed.setdefault(crossing.epoch, []).append(crossing)
    told = happened(comparison)
    # What is planned for epochs to come is no row of figures yet.
    wanted = set(_regular(measured)) | set(crossed) | {e for each in told for e in each if _within(e, measured)}
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


def _within(epoch: int, measured: list[int]) -> bool:
    return bool(measured) and measured[0] <= epoch <= measured[-1]


def _regular(measured: list[int]) -> list[int]:
    """The first, the last, and those between at a round distance that leaves few enough."""
    if len(measured) <= MOST_ROWS:
        return measured
    rounds = (factor * 10**power for power in count() for factor in (1, 2, 5))
    step = next(step for step in rounds if sum(epoch % step == 0 for epoch in measured) <= MOST_ROWS - 2)
    return [epoch for epoch in measured if epoch % step == 0 or epoch in (measured[0], measured[-1])]
