"""In which order runs stand: what is wrong first, or by a figure; what has none comes last either way."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from functools import lru_cache

from msgspec import Struct

from cockpit.insight.gap import Reading
from cockpit.snapshot import Snapshot
from cockpit.status import GLYPHS, HELD, Word

#: States that a person must see to.
WRONG: frozenset[Word] = frozenset({"failed", "out-of-memory", "lost"})
_STATES: tuple[Word, ...] = tuple(GLYPHS)


class Figures(Struct, frozen=True, kw_only=True):
    """What a row is sorted by: a run's own figures, or means over seeds. None where there are none."""

    state: int
    epoch: int
    test: float | None = None
    best: float | None = None
    gap: float | None = None
    clean: float | None = None
    lr: float | None = None
    speed: float | None = None
    left: float | None = None


def figures_of(run: Snapshot, reading: Reading) -> Figures:
    """What a run is sorted by."""
    last = run.last
    return Figures(
        state=-1 if run.problem else _STATES.index(run.status.word),
        epoch=run.epoch,
        test=last.test_acc if last else None,
        best=reading.best,
        gap=reading.gap_trained,
        clean=reading.gap_clean if reading.gap_clean is not None else reading.gap_trained,
        lr=last.lr if last else None,
        speed=last.images_per_second if last else None,
        left=run.seconds_left if run.status.word in HELD else None,
    )


def urgency(run: Snapshot, reading: Reading) -> int:
    """0 for a run that failed or is broken, 1 for a critical gap, 2 for a wide one or warnings, 3 for the rest.

    The gap of a run that has finished is a finding, and no longer urgent.
    """
    if run.problem or run.status.word in WRONG:
        return 0
    if run.status.word == "finished":
        return 3
    if reading.level == "critical":
        return 1
    return 2 if reading.level == "warn" or run.warnings or run.status.word in ("silent", "blocked") else 3


#: What a list can be sorted by -> how, and whether the highest comes first unless it is turned round.
SORTS: dict[str, tuple[Callable[[Figures], float | None], bool]] = {
    "state": (lambda f: f.state, False),
    "epoch": (lambda f: f.epoch, True),
    "test": (lambda f: f.test, True),
    "best": (lambda f: f.best, True),
    "gap": (lambda f: f.gap, True),
    "clean": (lambda f: f.clean, True),
    "lr": (lambda f: f.lr, True),
    "speed": (lambda f: f.speed, True),
    "left": (lambda f: f.left, False),
}


def place(figures: Figures, by: str, *, turned: bool) -> tuple[bool, float]:
    """A key to sort by: first those that have the figure."""
    read, highest_first = SORTS[by]
    value = read(figures)
    if value is None or not math.isfinite(value):
        return True, 0.0
    return False, -value if highest_first != turned else value


@lru_cache(8192)
def natural(name: str) -> tuple[tuple[int, str], ...]:
    """A key to sort names by as people do: seed2 before seed10."""
    return tuple((int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name))
