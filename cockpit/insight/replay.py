"""A session on its time axis: how it stood at a moment, and how its moments follow one another when it is played."""

from __future__ import annotations

import statistics
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate, pairwise

from msgspec import Struct
from msgspec.structs import replace

from cockpit.snapshot import Snapshot
from cockpit.status import Status
from engine.contract.stream import Epoch

#: Nothing written for so many epochs' length, and so many seconds more, is time in which nothing trained.
IDLE_EPOCHS, IDLE_SECONDS = 10.0, 60.0


class Idle(Struct, frozen=True):
    """Time in which nothing trained, seconds, before an epoch; `resumed`: because another attempt went on there."""

    before: int
    seconds: float
    resumed: bool


class Timeline(Struct, frozen=True):
    """The epochs of a session, when each ended (seconds since 1970), and when that is in a replay, which skips idle
    time: seconds from its start."""

    began: float
    epochs: tuple[int, ...] = ()
    times: tuple[float, ...] = ()
    played: tuple[float, ...] = ()
    idle: tuple[Idle, ...] = ()

    @property
    def length(self) -> float:
        """How long the session trained, seconds."""
        return self.played[-1] if self.played else 0.0

    def done(self, played: float) -> int:
        """How many epochs were over at a moment of the replay."""
        return bisect_right(self.played, played + 1e-9)

    def clock(self, played: float) -> float:
        """What time it was at a moment of the replay, seconds since 1970."""
        done = self.done(played)
        if done == len(self.played):
            return self.times[-1] if self.times else self.began
        # Before an epoch's end by as much as the moment is before it: idle time lies at an epoch's beginning.
        return self.times[done] - (self.played[done] - played)

    def seek(self, played: float, by: int) -> float:
        """The moment at which the epoch so many before or after ended; 0 is before the first."""
        place = self.done(played) + by
        # Within an epoch, one back is to its beginning.
        if by < 0 and (done := self.done(played)) and played > self.played[done - 1] + 1e-6:
            place += 1
        return self.played[min(place, len(self.played)) - 1] if place > 0 and self.played else 0.0


def timeline(run: Snapshot) -> Timeline:
    """When each epoch of a session ended, idle time taken out. An epoch's record is written as it ends."""
    epochs: Sequence[Epoch] = tuple(run.epochs)
    if not epochs:
        return Timeline(0.0)
    steps = [max(0.0, after.time - before.time) for before, after in pairwise(epochs)]
    usual = statistics.median(steps) if steps else 0.0
    spans = [_length(epochs[0], usual)]
    idle = []
    for (before, after), step in zip(pairwise(epochs), steps, strict=True):
        length, resumed = _length(after, usual), after.attempt != before.attempt
        if step > (length if resumed else IDLE_EPOCHS * usual + IDLE_SECONDS):
            idle.append(Idle(after.epoch, step - length, resumed))
            step = length
        spans.append(step)
    played = tuple(accumulate(spans))
    times = tuple(epoch.time for epoch in epochs)
    return Timeline(times[0] - spans[0], tuple(e.epoch for e in epochs), times, played, tuple(idle))


def as_of(run: Snapshot, time: float) -> Snapshot:
    """A session as it stood at a moment, seconds since 1970; from its end on, as it is.

    Its state is not told: whatever it was, nothing is at work now.
    """
    last = run.last
    if last is None or last.time <= time:
        return run
    epochs = _until(run.epochs, time)
    at = epochs[-1].epoch if epochs else 0
    return replace(
        run,
        status=Status("finished", "replayed"),
        epochs=epochs,
        nodes={node: _until(each, time) for node, each in run.nodes.items()},
        warnings=tuple(warning for warning in run.warnings if warning.time <= time),
        resumes=tuple(epoch for epoch in run.resumes if epoch <= at),
        progress=None,
        stage="",
        problem="",
    )


def _length(epoch: Epoch, usual: float) -> float:
    return usual if epoch.seconds is None else epoch.seconds


def _until(epochs: Sequence[Epoch], time: float) -> tuple[Epoch, ...]:
    return tuple(epoch for epoch in epochs if epoch.time <= time)
