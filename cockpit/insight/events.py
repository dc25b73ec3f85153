"""What happened in a run, by epoch: settings that changed, the rate's falls and restarts, the best epoch, trouble."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Literal

from msgspec import Struct

from cockpit.insight.format import number, percent
from cockpit.snapshot import Snapshot
from engine.contract import schedule
from engine.contract.spec import Spec

Kind = Literal["forked", "phase", "rate", "best", "resumed", "warning", "ended"]
#: The order within one epoch: what was done first, then what came of it.
_ORDER: tuple[Kind, ...] = ("forked", "resumed", "phase", "rate", "best", "warning", "ended")
#: A rate this much above or below the epoch before has moved; less is how a float is written down.
_MOVED = 1e-6
#: Settings whose names are too long for a chart.
_SHORT = {"augmentation": "aug", "label_smoothing": "smooth", "dropout": "drop", "lr_schedule": "LR", "lr": "LR"}
_BROKEN = frozenset({"stopped", "failed", "out-of-memory", "lost"})


class Event(Struct, frozen=True, kw_only=True):
    """One thing that happened with an epoch. `short` names it where there is hardly any room."""

    epoch: int
    kind: Kind
    text: str
    short: str


def events(run: Snapshot) -> tuple[Event, ...]:
    """Everything that happened, or by the settings will, in the order of epochs."""
    best, found = run.best, [*planned(run.spec)] if run.spec else []
    if fork := run.parent:
        text = f"forked from {fork.group}/{fork.name}"
        found.append(Event(epoch=fork.epoch, kind="forked", text=text, short="forked"))
    found += [Event(epoch=epoch, kind="resumed", text="resumed", short="resumed") for epoch in run.resumes]
    found += _falls(run)
    if best:
        found.append(Event(epoch=best.epoch, kind="best", text=f"best {percent(best.test_acc)}", short="best"))
    found += [
        Event(epoch=warning.epoch or 1, kind="warning", text=warning.message, short=warning.kind)
        for warning in run.warnings
    ]
    word = run.status.word
    if word in _BROKEN and run.epoch:
        reason = f": {run.status.reason}" if word == "failed" and run.status.reason else ""
        found.append(Event(epoch=run.epoch, kind="ended", text=f"{word}{reason}", short=word))
    return tuple(sorted(found, key=lambda event: (event.epoch, _ORDER.index(event.kind))))


#: Of the specs that were asked for last, what the settings say; a spec is kept with it, so that its id stays its own.
_kept: dict[int, tuple[Spec, tuple[Event, ...]]] = {}
_MOST_KEPT = 16


def planned(spec: Spec) -> tuple[Event, ...]:
    """What the settings alone say will happen: their phases, and where the rate restarts or falls. Told once."""
    held = _kept.get(id(spec))
    if held is None:
        if len(_kept) >= _MOST_KEPT:
            _kept.clear()
        held = _kept[id(spec)] = spec, tuple(_planned(spec))
    return held[1]


def _planned(spec: Spec) -> Iterator[Event]:
    changes = schedule.transitions(spec)
    for epoch, changed in changes.items():
        for name, (before, now) in changed.items():
            text = f"{spoken(name)} {worded(name, before)} > {worded(name, now)}"
            yield Event(epoch=epoch, kind="phase", text=text, short=_SHORT.get(name, spoken(name)))
    if not _schedules(spec) & {"cosine_restarts", "step"}:
        return
    for epoch in _turns(spec):
        held = schedule.at(spec, epoch)
        if held.lr_schedule not in ("cosine_restarts", "step") or {"lr", "lr_schedule"} & set(changes.get(epoch, ())):
            continue
        # The first step of either epoch: within a cycle the rate only falls, so that a rise is a restart.
        before, now = schedule.lr(spec, epoch - 2), schedule.lr(spec, epoch - 1)
        if held.lr_schedule == "cosine_restarts" and now > before * (1 + _MOVED) and epoch > spec.warmup_epochs + 1:
            yield Event(epoch=epoch, kind="rate", text=f"lr restarts at {number(now)}", short="restart")
        elif held.lr_schedule == "step" and now < before * (1 - _MOVED):
            yield _fall(epoch, before, now)


def _turns(spec: Spec) -> list[int]:
    """Every epoch after warm-up at which the rate may fall in a step or restart, and perhaps others."""
    first = max(2, spec.warmup_epochs + 1)
    starts = [1, *(phase["from_epoch"] for phase in spec.phases)]
    found = {first, *starts}
    for held in (schedule.at(spec, start) for start in starts):
        for start in starts:
            if held.lr_schedule == "step":
                found.update(start + after for after in held.lr_milestones)
            elif held.lr_schedule == "cosine_restarts":
                length, epoch = held.lr_cycle_epochs, start + held.lr_cycle_epochs
                while epoch <= spec.epochs:
                    found.add(epoch)
                    length *= held.lr_cycle_growth
                    epoch += length
    return sorted(epoch for epoch in found if first <= epoch <= spec.epochs)


def _schedules(spec: Spec) -> set[str]:
    """Every schedule of the rate that a run has at some time."""
    return {spec.lr_schedule, *(phase["lr_schedule"] for phase in spec.phases if "lr_schedule" in phase)}


def _falls(run: Snapshot) -> Iterator[Event]:
    """Where plateau lowered the rate, which only the records can tell."""
    before: float | None = None
    if run.spec is None or "plateau" not in _schedules(run.spec):
        return
    for record in run.epochs:
        now = record.lr
        if now is not None and math.isfinite(now):
            plateau = schedule.at(run.spec, record.epoch).lr_schedule == "plateau"
            if plateau and before is not None and now < before * (1 - _MOVED):
                yield _fall(record.epoch, before, now)
            before = now


def _fall(epoch: int, before: float, now: float) -> Event:
    return Event(epoch=epoch, kind="rate", text=f"lr {number(before)} > {number(now)}", short="LR drop")


#: Settings whose zero means that they are not in use.
_OFF_AT_ZERO = frozenset(
    {"mixup", "cutmix", "dropout", "label_smoothing", "clip_norm", "ema", "weight_decay", "early_stop_patience"}
)


def spoken(name: str) -> str:
    """A setting's name as people say it."""
    return "max lr" if name == "lr" else name.replace("_", " ")


def worded(name: str, value: Any) -> str:
    """A setting's value as people say it."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not value and name in _OFF_AT_ZERO:
        return "off"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, (tuple, list)):
        return " ".join(str(each) for each in value) or "none"
    return str(value) or "none"
