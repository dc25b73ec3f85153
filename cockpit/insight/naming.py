"""Runs by what they differ in: of each name only the parts that tell it from those beside it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import takewhile
from pathlib import Path

from msgspec import Struct
from msgspec.structs import asdict, replace

from cockpit.snapshot import Snapshot


class Name(Struct, frozen=True):
    """What a run is called among those beside it, without its seed, which stands apart; empty where none is known."""

    text: str
    seed: str


def names(runs: Sequence[Snapshot]) -> dict[Path, Name]:
    """The names of runs that stand together: of one group, or of what is shown of it.

    A label is made of parts joined by dashes. Parts that all labels begin or end with tell nothing and are left out.
    A fork is called as its parent, with the epoch and what it changes: `mixup0 fork@149 lr0.01`. Where two runs of
    one seed are then called the same, the settings in which they differ are told, or their hashes.
    """
    parts = {run.path: _parts(run) for run in runs}
    head = _common(list(parts.values()))
    tail = _common([each[head:][::-1] for each in parts.values()])
    called = {}
    for run in runs:
        own = parts[run.path]
        told = "-".join(own[head : len(own) - tail]) or "-".join(own) or run.label
        called[run.path] = Name(told + _branching(run), str(run.spec.seed) if run.spec else "")
    return _told_apart(runs, called)


def _parts(run: Snapshot) -> list[str]:
    """The parts of a label, of a fork its parent's, without its seed. A dash within 1e-4 joins nothing."""
    parts = re.split(r"(?<!\de)-", run.parent.name.rpartition("-")[0] if run.parent else run.label)
    seed = f"seed{run.spec.seed}" if run.spec else ""
    return [part for part in parts if part != seed] if len(parts) > 1 else parts


def _branching(run: Snapshot) -> str:
    """Where a fork left its parent, and by its label what it changes or what else it was named."""
    if run.parent is None:
        return ""
    at = f"fork{run.parent.epoch}"
    _, named, changes = run.label.rpartition(at)
    told = changes.strip("-") if named else run.label
    return f" fork@{run.parent.epoch}" + (f" {told}" if told else "")


def _common(lists: Sequence[Sequence[str]]) -> int:
    """How many parts all lists begin with; none where there is nothing to tell apart."""
    if len({tuple(each) for each in lists}) < 2:
        return 0
    columns = zip(*lists, strict=False)
    return sum(1 for _ in takewhile(lambda column: len(set(column)) == 1, columns))


def _told_apart(runs: Sequence[Snapshot], called: dict[Path, Name]) -> dict[Path, Name]:
    same: dict[Name, list[Snapshot]] = {}
    for run in runs:
        same.setdefault(called[run.path], []).append(run)
    for name, twins in same.items():
        if len(twins) < 2:
            continue
        differing = differences(twin for twin in twins)
        for twin in twins:
            told = [f"{key} {_value(getattr(twin.spec, key))}" for key in differing[:2]] if twin.spec else []
            apart = ", ".join(told) or twin.name.rpartition("-")[2]
            called[twin.path] = replace(name, text=f"{name.text} {apart}")
    return called


def differences(runs: Iterable[Snapshot]) -> list[str]:
    """The settings in which runs differ, of those whose settings can be read; in the order of the settings."""
    specs = [asdict(run.spec) for run in runs if run.spec]
    return [key for key in (specs[0] if specs else {}) if any(spec[key] != specs[0][key] for spec in specs)]


def _value(value: object) -> str:
    return f"{len(value)}" if isinstance(value, (tuple, list)) else str(value)
