"""How far train accuracy has run away from test accuracy, and what that means, for one run at one moment."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from cockpit.epochs import column
from cockpit.insight import wording
from cockpit.snapshot import Snapshot
from cockpit.status import ENDED
from engine.contract.folder import Gap
from engine.contract.stream import Epoch

Level = Literal["ok", "watch", "warn", "critical", "unknown"]

#: The epochs that a slope is taken over.
SLOPE_EPOCHS = 8
#: Train accuracy that gains less than this an epoch does not climb (fractions of 1).
CLIMBING = 0.0005
#: Test accuracy this far below its best has fallen, rather than wavered (fractions of 1).
FALLEN = 0.01


class Reading(Struct, frozen=True, kw_only=True):
    """What is to be said of a run's gap. Accuracies and gaps are fractions of 1, the slope is per epoch.

    `slope` is of the gap the level is judged by, over the last `slope_epochs` epochs. `drop` is the newest
    test accuracy less the best one. `sentence` says in words why it looks as it does.
    """

    level: Level = "unknown"
    gap_clean: float | None = None
    gap_trained: float | None = None
    slope: float | None = None
    slope_epochs: int = 0
    best: float | None = None
    best_epoch: int | None = None
    since_best: int | None = None
    drop: float | None = None
    sentence: str = "waiting for the first epoch"


def read(snapshot: Snapshot) -> Reading:
    """The reading of a run as it is now."""
    last, best = snapshot.last, snapshot.best
    if last is None:
        broken = snapshot.problem or snapshot.status.word in ENDED
        return Reading(sentence="no epoch to read it from") if broken else Reading()
    gaps = _recent(snapshot, "gap_clean" if last.gap_clean is not None else "gap")
    figures = Reading(
        level=level_of(snapshot),
        gap_clean=last.gap_clean,
        gap_trained=last.gap,
        slope=slope(gaps),
        slope_epochs=sum(value is not None and math.isfinite(value) for _, value in gaps),
        best=best.test_acc if best else None,
        best_epoch=best.epoch if best else None,
        since_best=last.epoch - best.epoch if best else None,
        drop=_difference(last.test_acc, best.test_acc) if best else None,
    )
    return _with_sentence(figures, snapshot, last)


def level_of(snapshot: Snapshot) -> Level:
    """How serious a run's gap is now: the clean one, or where that was not measured the one as trained."""
    last = snapshot.last
    if last is None:
        return "unknown"
    judged = last.gap if last.gap_clean is None else last.gap_clean
    return level(judged, snapshot.file.gap if snapshot.file else Gap())


def level(gap: float | None, thresholds: Gap) -> Level:
    """How serious a gap is by the run's own thresholds."""
    if gap is None or not math.isfinite(gap):
        return "unknown"
    if gap >= thresholds.critical:
        return "critical"
    if gap >= thresholds.warn:
        return "warn"
    return "watch" if gap >= thresholds.watch else "ok"


def slope(points: Sequence[tuple[int, float | None]]) -> float | None:
    """The least-squares change per epoch of the finite points; None when there are fewer than three."""
    held = [(x, y) for x, y in points if y is not None and math.isfinite(y)]
    if len(held) < 3:
        return None
    middle_x = sum(x for x, _ in held) / len(held)
    middle_y = sum(y for _, y in held) / len(held)
    spread = sum((x - middle_x) ** 2 for x, _ in held)
    return sum((x - middle_x) * (y - middle_y) for x, y in held) / spread if spread else None


def _difference(a: float | None, b: float | None) -> float | None:
    return None if a is None or b is None else a - b


def _with_sentence(reading: Reading, snapshot: Snapshot, last: Epoch) -> Reading:
    return replace(reading, sentence=_sentence(reading, snapshot, last))


def _sentence(reading: Reading, snapshot: Snapshot, last: Epoch) -> str:
    """The one thing most worth knowing, the most serious first."""
    if last.test_acc is None or not math.isfinite(last.test_acc):
        return "test accuracy is not a number" if last.test_acc is not None else "no test accuracy was measured"
    if reading.drop is not None and reading.drop <= -FALLEN and reading.since_best:
        return f"test has fallen {-reading.drop * 100:.2f} points since its best at epoch {reading.best_epoch}"
    stale = (reading.since_best or 0) >= SLOPE_EPOCHS
    if stale and (_train_slope(snapshot) or 0.0) > CLIMBING:
        return f"train still climbs while test has been flat since {reading.best_epoch}"
    if reading.level in ("warn", "critical") and (reading.slope or 0.0) > CLIMBING:
        return "train climbs faster than test"
    mixing = wording.mixing(snapshot.spec, last.epoch) if snapshot.spec else ""
    if mixing and (reading.gap_trained or 0.0) < (reading.gap_clean or 0.0):
        return f"train accuracy is counted under {mixing}"
    if reading.level in ("warn", "critical"):
        return "the gap is wide and steady"
    if stale:
        return f"test has been flat since {reading.best_epoch}"
    if reading.gap_clean is None and reading.gap_trained is None:
        return "no train accuracy was measured"
    return "train and test move together"


def _train_slope(snapshot: Snapshot) -> float | None:
    clean = snapshot.epochs[-1].train_acc_clean is not None
    return slope(_recent(snapshot, "train_acc_clean" if clean else "train_acc"))


def _recent(snapshot: Snapshot, name: str) -> list[tuple[int, float | None]]:
    """A number of each of the epochs that a slope is taken over, with the epoch's own."""
    epochs, values = (column(snapshot.epochs, each, SLOPE_EPOCHS) for each in ("epoch", name))
    return list(zip(epochs, values, strict=True))
