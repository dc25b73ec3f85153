"""The queue in its order: what is at work, then what is due, then what waits, is blocked or held."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal

from msgspec import Struct

from cockpit.request import Request
from cockpit.status import ENDED, HELD, Status

Part = Literal["at work", "next", "not now"]


class Queued(Struct, frozen=True, kw_only=True):
    """One run that is asked for and not done. `place` counts those that are due, from 1."""

    run: Path
    request: Request
    status: Status
    part: Part
    place: int | None = None

    @property
    def name(self) -> str:
        """GROUP/NAME."""
        return f"{self.run.parent.name}/{self.run.name}"


def arranged(asked: Iterable[tuple[Path, Request, Status]], refused: Mapping[str, str]) -> list[Queued]:
    """Runs with what is asked of them, in the order in which they will be done; those that have ended left out.

    `refused` says of runs, by GROUP/NAME, why this machine could not start them.
    """
    found: dict[Part, list[Queued]] = {"at work": [], "next": [], "not now": []}
    for run, request, status in sorted(asked, key=lambda each: each[1].rank):
        if status.word in ENDED:
            continue
        why = refused.get(f"{run.parent.name}/{run.name}") if status.word == "queued" else None
        due = status.word == "queued" and not request.hold and why is None
        part: Part = "at work" if status.word in HELD else "next" if due else "not now"
        place = len(found["next"]) + 1 if due else None
        told = status if why is None else Status(status.word, why)
        found[part].append(Queued(run=run, request=request, status=told, part=part, place=place))
    return [each for part in found.values() for each in part]
