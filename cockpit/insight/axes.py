"""Along which axes the runs of a group differ, and where on them each run stands."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct

from cockpit.expand import Planned
from cockpit.grid import SEEDS
from cockpit.insight.format import counted
from cockpit.snapshot import Snapshot
from engine.contract.reference import Figures
from engine.contract.spec import IDENTITY, Inputs, Spec

#: What is looked at first where a run does not say at which point of a grid it stands.
_FIRST = ("data", "model", "nodes", "objective", "optimizer", "lr", "augmentation")
_TEACHER = "teacher"


class Axis(Struct, frozen=True):
    """One axis: what it is called, and its values in order."""

    name: str
    values: tuple[str, ...]


class Stand(Struct, frozen=True, kw_only=True):
    """One run, or one that a preset has and the group has not, which has no path: where it stands, axis to value."""

    at: dict[str, str]
    path: Path | None
    spec: Spec
    reference: Figures


class Layout(Struct, frozen=True):
    """The axes of a group, where its runs stand on them, and how many runs have no settings to place them by."""

    axes: tuple[Axis, ...]
    stands: tuple[Stand, ...]
    unplaced: int = 0

    def axis(self, name: str) -> Axis | None:
        """The axis of a name."""
        return next((axis for axis in self.axes if axis.name == name), None)


class _Item(Struct, frozen=True, kw_only=True):
    """A run or a planned one as the axes are found from it."""

    spec: Spec
    inputs: Inputs
    at: dict[str, Any]
    path: Path | None
    reference: Figures


#: What stands on an axis for a run.
_Values = Callable[[_Item], tuple[Any, ...]]


def layout(runs: Sequence[Snapshot], planned: Sequence[Planned] = ()) -> Layout:
    """Where the runs of one group stand. Seeds are no axis: what differs in them alone stands at one place.

    The axes are those of the grid that the runs tell of, and beside them every setting in which runs of one of its
    points differ. Runs of which one tells of no grid are placed by their settings alone. `planned` are those of
    the group's preset: they say in which order values stand, and, where the group was launched as they are, which
    points have no run yet.
    """
    items = [
        _item(run.path, run.spec, run.file.inputs, run.file.at, run.file.reference)
        for run in runs
        if run.spec and run.file
    ]
    known = {run.identity for run in runs} if planned else set()
    plan = [_item(None, each.spec, each.inputs, each.at, each.reference) for each in planned]
    missing = [item for item, each in zip(plan, planned, strict=True) if each.identity not in known]
    items += missing if len(missing) < len(plan) else []
    if not items:
        return Layout((), (), len(runs))
    told = _told_axes(items)
    axes = {name.removeprefix("run."): _named(name, items) for name in told} | _unexplained(items, told)
    labels = {name: _labels(values, (*plan, *items)) for name, values in axes.items()}
    places = [{name: labels[name][repr(values(item))] for name, values in axes.items()} for item in items]
    held = {name: {place[name] for place in places} for name in axes}
    found = tuple(
        Axis(name, _ordered(labels[name].values(), held[name], bool(plan))) for name in axes if len(held[name]) > 1
    )
    stands = [
        Stand(at={axis.name: place[axis.name] for axis in found}, path=i.path, spec=i.spec, reference=i.reference)
        for i, place in zip(items, places, strict=True)
    ]
    return Layout(found, tuple(stands), sum(run.spec is None for run in runs))


def _item(path: Path | None, spec: Spec, inputs: Inputs, at: dict[str, Any], reference: Figures) -> _Item:
    point = {name: value for name, value in at.items() if name != SEEDS}
    return _Item(spec=spec, inputs=inputs, at=point, path=path, reference=reference)


def _told_axes(items: Sequence[_Item]) -> tuple[str, ...]:
    """The axes of the grid, where every run tells of the same."""
    first = items[0].at
    return tuple(first) if all(item.at.keys() == first.keys() for item in items) else ()


def _named(name: str, items: Sequence[_Item]) -> _Values:
    """What stands on an axis of the grid; where it is called like the setting that its cases differ in, that one."""
    if name in Spec.__struct_fields__:
        pairs = {(repr(item.at[name]), repr(getattr(item.spec, name))) for item in items}
        if len(pairs) == len({case for case, _ in pairs}) == len({value for _, value in pairs}):
            return _of_settings((name,))
    return lambda item: (item.at[name],)


def _of_settings(fields: Sequence[str]) -> _Values:
    return lambda item: tuple(_setting(item, field) for field in fields)


def _setting(item: _Item, field: str) -> Any:
    return item.inputs.setting[:6] if field == _TEACHER else getattr(item.spec, field)


def _labels(values: _Values, items: Iterable[_Item]) -> dict[str, str]:
    """How each value of an axis is written: no two alike."""
    labels: dict[str, str] = {}
    for item in items:
        held = values(item)
        if repr(held) in labels:
            continue
        told = " ".join(shown(each) for each in held)
        others = sum(label.partition(" #")[0] == told for label in labels.values())
        labels[repr(held)] = f"{told} #{others + 1}" if others else told
    return labels


def _unexplained(items: Sequence[_Item], told: Sequence[str]) -> dict[str, _Values]:
    """The settings in which runs of one point of the grid differ, as axes.

    A setting that follows from those before it is none of its own; two that do not cross, as a method and its
    network, are one.
    """
    places = [tuple(repr(item.at[name]) for name in told) for item in items]
    chosen: list[tuple[str, ...]] = []
    rest = [name for name in IDENTITY if name not in (*_FIRST, "seed")]
    for field in (*_FIRST, *rest, _TEACHER):
        held = [_setting(item, field) for item in items]
        if all(value == held[0] for value in held):
            continue
        values = [repr(value) for value in held]
        if not _follows(values, places):
            chosen.append((field,))
            places = [(*place, value) for place, value in zip(places, values, strict=True)]
    return {" ".join(fields): _of_settings(fields) for fields in _crossing(items, chosen)}


def _follows(values: Sequence[str], places: Sequence[tuple[str, ...]]) -> bool:
    """Whether a value is the same wherever the place is."""
    seen: dict[tuple[str, ...], str] = {}
    return all(seen.setdefault(place, value) == value for place, value in zip(places, values, strict=True))


def _crossing(items: Sequence[_Item], chosen: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """The settings, those of which not every pair of values occurs joined into one axis."""

    def values(fields: tuple[str, ...]) -> list[str]:
        return [repr([_setting(item, field) for field in fields]) for item in items]

    made: list[tuple[str, ...]] = []
    for fields in chosen:
        for i, other in enumerate(made):
            ours, theirs = values(fields), values(other)
            if len(set(zip(ours, theirs, strict=True))) < len(set(ours)) * len(set(theirs)):
                made[i] = (*other, *fields)
                break
        else:
            made.append(fields)
    return made


def _ordered(labels: Iterable[str], held: set[str], as_met: bool) -> tuple[str, ...]:
    """The values of an axis: as the preset has them, else numbers by size and the others by name."""
    met = [label for label in labels if label in held]
    return tuple(met if as_met else sorted(met, key=_natural))


def _natural(text: str) -> tuple[float, list[tuple[int, str]]]:
    try:
        return float(text), []
    except ValueError:
        return float("inf"), [(int(p), "") if p.isdigit() else (-1, p) for p in re.split(r"(\d+)", text)]


def shown(value: Any) -> str:
    """A setting's value as it stands at the edge of a table."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, (list, tuple)):
        tables = bool(value) and all(isinstance(each, dict) for each in value)
        return counted(len(value), "phase") if tables else "+".join(shown(each) for each in value) or "none"
    return "none" if value in (None, "") else str(value)
