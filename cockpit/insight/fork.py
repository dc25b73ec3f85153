"""Forks in words and drawn: what a planned one changes, and where one that is there left its parent's curve."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from cockpit.changes import WHOLE, Change
from cockpit.insight.format import counted, number, percent
from cockpit.insight.sketch import drawn
from cockpit.snapshot import Snapshot
from engine.contract import schedule
from engine.contract.spec import Spec
from engine.contract.stream import Epoch


class Branch(Struct, frozen=True):
    """Where a fork's curve left another: after `epoch`, of the run that is called `parent`.

    `beyond` is the parent's own curve from `epoch` on, that epoch included, so that it joins the fork's; empty when
    the parent is gone. The epochs before are the fork's own records, copies of the parent's.
    """

    epoch: int
    parent: str
    beyond: tuple[Epoch, ...] = ()


def branch(run: Snapshot, others: Sequence[Snapshot]) -> Branch | None:
    """Where a run left its parent's curve, the parent being sought among `others`; None when it is no fork.

    The parent is known by what it is, so that one that was given another label or group is found; the digits at the
    end of a run's name say which could be it, for to tell an identity takes its time.
    """
    fork = run.parent
    if fork is None:
        return None
    digits = fork.identity[:6]
    found = next((o for o in others if o.name.endswith(digits) and o.identity == fork.identity), None)
    if found is None:
        return Branch(fork.epoch, f"{fork.group}/{fork.name}")
    return Branch(fork.epoch, found.label, tuple(e for e in found.epochs if e.epoch >= fork.epoch))


def in_words(change: Change) -> list[str]:
    """What a planned fork goes on from, what it does from there on, and what that makes of the learning rate."""
    epoch, made = change.epoch, change.spec
    left = made.epochs - epoch
    which = f"{epoch + 1} to {made.epochs}" if left > 1 else str(made.epochs)
    told = [
        f"goes on after epoch {epoch} (test {percent(change.before.test_acc)} %), "
        f"with {counted(left, 'epoch')} to train, {which}"
    ]
    told += _changes(change.parent, made, epoch) or ["nothing is changed: it repeats its parent"]
    return [*told, *_rate(change)]


def _changes(parent: Spec, made: Spec, epoch: int) -> list[str]:
    """What differs from the parent: for the whole run, then from epoch to epoch."""
    whole = [
        f"{name} {getattr(parent, name)} > {getattr(made, name)}"
        for name in WHOLE
        if name != "phases" and getattr(parent, name) != getattr(made, name)
    ]
    theirs, ours = (
        {
            (start, text)
            for start, told in schedule.in_words(spec).items()
            if start > epoch
            for text in [*told, *_restart(spec, start, told)]
        }
        for spec in (parent, made)
    )
    first = epoch + 1
    if restart := _restart(made, first, []):
        ours |= {(first, text) for text in restart}
    gone = [f"no longer from epoch {start}: {text}" for start, text in sorted(theirs - ours)]
    return [*whole, *(f"from epoch {start}: {text}" for start, text in sorted(ours - theirs)), *gone]


def _restart(spec: Spec, start: int, told: Sequence[str]) -> list[str]:
    """A schedule that is named once more begins anew, which no difference of settings tells."""
    named = any(phase["from_epoch"] == start and "lr_schedule" in phase for phase in spec.phases)
    if not named or any(text.startswith("lr_schedule ") for text in told):
        return []
    if start > 1 and schedule.at(spec, start - 1).lr_schedule != schedule.at(spec, start).lr_schedule:
        return []
    return [f"lr_schedule {schedule.at(spec, start).lr_schedule} begins anew"]


def _rate(change: Change) -> list[str]:
    """The learning rate in the last epoch that both share, and in the next as the fork and as its parent have it."""
    scale, epoch = fallen(change), change.epoch
    ours = schedule.lr(change.spec, epoch) * scale
    told = f"learning rate {number(change.before.lr)} in epoch {epoch}, {number(ours)} in epoch {epoch + 1}"
    if epoch < change.parent.epochs:
        theirs = schedule.lr(change.parent, epoch) * scale
        told += ", as its parent's" if theirs == ours else f" (its parent's: {number(theirs)})"
    if scale != 1.0:
        told += f"; plateau has multiplied it by {number(scale)}, which stays"
    return [told]


def fallen(change: Change) -> float:
    """What a plateau schedule has multiplied the rate by before the last shared epoch; the checkpoint's state has it.

    A fall at the very end of that epoch is not seen here, for its record tells the rate that it was trained with.
    """
    starts = [1, *(p["from_epoch"] for p in change.parent.phases if p["from_epoch"] <= change.epoch)]
    if all(schedule.at(change.parent, start).lr_schedule != "plateau" for start in starts):
        return 1.0
    planned, told = schedule.lr(change.parent, change.epoch - 1), change.before.lr
    return round(told / planned, 12) if told is not None and planned > 0 else 1.0


def rates(change: Change, columns: int, *, ascii_only: bool = False) -> tuple[list[str], list[str]]:
    """The learning rate drawn as the parent has it, and as the fork does, on one scale and one axis.

    Up to the fork it is the parent's in both, whatever the fork's own settings would make of those epochs.
    """
    scale, first = fallen(change), change.epoch
    theirs = [schedule.lr(change.parent, epoch) for epoch in range(change.parent.epochs)]
    theirs = [rate * (scale if epoch >= first else 1.0) for epoch, rate in enumerate(theirs)]
    ours = theirs[: change.epoch] + [
        schedule.lr(change.spec, e) * scale for e in range(change.epoch, change.spec.epochs)
    ]
    top, length = max(*theirs, *ours), max(len(theirs), len(ours))
    marks = [first + 1]

    def draw(curve: list[float], spec: Spec) -> list[str]:
        starts = [*marks, *schedule.transitions(spec)]
        return drawn(curve, starts, columns, ascii_only=ascii_only, top=top, length=length)

    return draw(theirs, change.parent), draw(ours, change.spec)
