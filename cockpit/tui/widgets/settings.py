"""A run's settings in words: those that matter in an epoch, or all of them with where each came from."""

from __future__ import annotations

from typing import Any

from msgspec.structs import asdict, fields

from cockpit.insight.events import spoken, worded
from cockpit.snapshot import Snapshot
from cockpit.tui.look import Line
from engine.contract import schedule
from engine.contract.cleaning import clean
from engine.contract.spec import Settings, Spec

#: Where a setting's value begins.
TEXT = 17
#: Where it begins among all settings, and where what is said of it does.
VALUE, ABOUT = 24, 46
#: Settings that are shown even when they stand at their default.
_ALWAYS = frozenset({"lr", "lr_schedule", "weight_decay", "augmentation", "mixup", "label_smoothing"})


_DEFAULTS = {field.name: field.default for field in fields(Spec)}


def held(spec: Spec, epoch: int) -> dict[str, tuple[Any, int, tuple[int, Any] | None]]:
    """Setting -> its value in an epoch, the epoch since which, and when it becomes what next."""
    changes = schedule.transitions(spec)
    now = schedule.at(spec, max(1, epoch))
    result = {}
    for name in Settings.__struct_fields__:
        since = max((e for e, changed in changes.items() if e <= epoch and name in changed), default=1)
        later = [(e, changed[name][1]) for e, changed in sorted(changes.items()) if e > epoch and name in changed]
        result[name] = getattr(now, name), since, later[0] if later else None
    return result


def lines(spec: Spec, epoch: int) -> list[Line]:
    """What holds in an epoch; what changes on the way is told with its epochs, what is not in use is left out."""
    told: list[Line] = []
    defaults = asdict(Settings())
    for name, (value, since, later) in held(spec, epoch).items():
        if name in _ALWAYS or value != defaults[name] or since > 1 or later:
            text = _with_epochs(name, value, since, later)
            told.append(((f" {spoken(name):<{TEXT - 1}}", "dim"), (clean(text), "")))
    return told


def every(run: Snapshot, epoch: int) -> list[Line]:
    """All settings there are, in an epoch: the value and where it came from. Those of phases come first."""
    if run.spec is None or run.file is None:
        return []
    changing = held(run.spec, epoch)
    names = [*changing, *(n for n in Spec.__struct_fields__ if n not in changing and n != "phases")]
    told: list[Line] = []
    for name in names:
        value, since, later = changing.get(name, (getattr(run.spec, name), 1, None))
        text = clean(_with_epochs(name, value, since, later))
        source = clean(run.file.sources.get(f"run.{name}", ""))
        default = value == _DEFAULTS[name] and since == 1 and not later
        gap = " " * max(2, ABOUT - VALUE - len(text))
        told.append(
            (
                (f" {name:<{VALUE - 1}}", "dim" if default else ""),
                (text, "dim" if default else "bold"),
                (f"{gap}{source}", "dim"),
            )
        )
    return told


def _with_epochs(name: str, value: Any, since: int, later: tuple[int, Any] | None) -> str:
    text = worded(name, value) + (f" since {since}" if since > 1 else "")
    return text + (f", {worded(name, later[1])} at {later[0]}" if later else "")
