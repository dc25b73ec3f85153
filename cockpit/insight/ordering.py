"""In which order runs stand: what is wrong first, or by a figure; what has none comes last either way."""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections.abc import Callable
from functools import lru_cache

from msgspec import Struct

from cockpit.epochs import column
from cockpit.insight.attention import diverged
from cockpit.insight.gap import Reading
from cockpit.snapshot import Snapshot
from cockpit.status import GLYPHS, HELD, Word

#: States that a person must see to.
WRONG: frozenset[Word] = frozenset({"failed", "out-of-memory", "lost"})
_STATES: tuple[Word, ...] = tuple(GLYPHS)
#: No moment is later, seconds since 1970: past it there is no date.
_FAR = 1e11


class Figures(Struct, frozen=True, kw_only=True):
    """What a row is sorted by: a run's own figures, or means over seeds. None where there are none.

    `started` is when it began, by the clock of its host, `took` how long its own epochs were, seconds.
    """

    state: int
    epoch: int
    test: float | None = None
    best: float | None = None
    gap: float | None = None
    clean: float | None = None
    started: float | None = None
    took: float | None = None
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
        clean=reading.gap_clean,
        started=started(run),
        took=took(run),
        lr=last.lr if last else None,
        speed=last.images_per_second if last else None,
        left=run.seconds_left if run.status.word in HELD else None,
    )


def urgency(run: Snapshot, reading: Reading) -> int:
    """0 for a run that failed or is broken, 1 for a critical gap, 2 for a wide one or warnings, 3 for the rest.

    The gap of a run that has finished is a finding, and no longer urgent; that nothing came of it still is.
    """
    if run.problem or run.status.word in WRONG:
        return 0
    if run.status.word == "finished":
        return 2 if diverged(run) else 3
    if reading.level == "critical":
        return 1
    odd = run.status.is_mute or run.status.word in ("silent", "blocked")
    return 2 if reading.level == "warn" or run.warnings or odd else 3


def started(run: Snapshot) -> float | None:
    """When a run began, seconds since 1970; None where its stream does not say."""
    time = run.started.time if run.started else 0.0
    if run.resumes and run.epochs and not run.parent:
        # The newest attempt says when it went on, and the first epoch when it was over.
        first = run.epochs[0]
        time = first.time - (first.seconds or 0.0)
    return time if 0 < time < _FAR else None


def took(run: Snapshot) -> float | None:
    """How long a run's epochs were, and what came before them, seconds; of a fork only its own."""
    start = bisect_right(column(run.epochs, "epoch"), run.parent.epoch) if run.parent else 0
    # Without a loop: this is asked for a thousand runs. An epoch that has no length adds none.
    return sum(filter(None, column(run.epochs, "seconds")[start:])) + sum(run.before) or None


#: What a list can be sorted by -> how, and whether the highest comes first unless it is turned round.
SORTS: dict[str, tuple[Callable[[Figures], float | None], bool]] = {
    "state": (lambda f: f.state, False),
    "epoch": (lambda f: f.epoch, True),
    "test": (lambda f: f.test, True),
    "best": (lambda f: f.best, True),
    "gap": (lambda f: f.gap, True),
    "clean": (lambda f: f.clean, True),
    "started": (lambda f: f.started, True),
    "took": (lambda f: f.took, True),
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
