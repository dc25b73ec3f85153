"""A preset's [grid]: axes multiplied out, the last one fastest, less the points it skips.

An axis is a list of one setting's values (`run.lr = [0.1, 0.05]`), or a table of cases, each a table of the
settings that belong together (`[grid.method.pure]`, `[grid.method.logit]`). Seeds are always the last axis, so
that the runs of one setting stand side by side.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from engine.contract.errors import UserError, nearest
from engine.contract.spec import Spec

SEEDS = "run.seed"


class Axis(Struct, frozen=True):
    """One axis: its values in order, and what settings each stands for."""

    name: str
    values: tuple[Any, ...]
    settings: tuple[dict[str, Any], ...]


class Point(Struct, frozen=True):
    """One point of a grid: `at` is the value of each axis, `settings` what they set."""

    at: dict[str, Any]
    settings: dict[str, Any]


def points(grid: dict[str, Any], where: object) -> list[Point]:
    """Every point of the grid; one empty point when there is no grid.

    Raises:
        UserError: an axis or a skip that names no setting, or nothing is left.
    """
    multiplied = axes(grid, where)
    skips = _skips(grid, where, multiplied)
    every = [
        Point(
            {axis.name: axis.values[i] for axis, i in zip(multiplied, chosen, strict=True)},
            {key: v for axis, i in zip(multiplied, chosen, strict=True) for key, v in axis.settings[i].items()},
        )
        for chosen in itertools.product(*(range(len(axis.values)) for axis in multiplied))
    ]
    kept = [p for p in every if not any(all(p.at[key] == value for key, value in skip.items()) for skip in skips)]
    if not kept:
        raise UserError(where, "grid.skip", "every point is skipped", "take out one of the [[grid.skip]]")
    return kept


def axes(grid: dict[str, Any], where: object) -> list[Axis]:
    """The axes in the order they are written, seeds last.

    Raises:
        UserError: an axis that names no setting or has no values, or two that set the same.
    """
    found = [_axis(name, values, where) for name, values in _flat_axes(grid)]
    setters: dict[str, str] = {}
    for axis in found:
        for setting in dict.fromkeys(key for settings in axis.settings for key in settings):
            if setting in setters:
                problem = f"sets {setting}, and so does grid.{setters[setting]}"
                raise UserError(where, f"grid.{axis.name}", problem, "let one axis set it")
            setters[setting] = axis.name
    return sorted(found, key=lambda axis: axis.name == SEEDS)


def without(grid: dict[str, Any], axis: str) -> dict[str, Any]:
    """The grid without an axis, and without the skips that speak of it."""
    kept = {name: values for name, values in _flat_axes(grid) if name != axis}
    skips = grid.get("skip", [])
    if isinstance(skips, list):
        skips = [skip for skip in skips if not (isinstance(skip, dict) and axis in dict(flat(skip)))]
    return kept | {"skip": skips}


def replaced(grid: dict[str, Any], axis: str, values: Any) -> dict[str, Any]:
    """The grid with other values on an axis, in its place; a skip of a value that is no more is none.

    `AXIS.CASE.SETTING` sets a setting of one case, which may be a new one.
    """
    if axis == "skip":
        return grid | {"skip": values}
    held = dict(_flat_axes(grid))
    name, _, within = axis.partition(".")
    if isinstance(held.get(name), dict) and "." in within:
        case, _, setting = within.partition(".")
        cases = {key: dict(table) if isinstance(table, dict) else table for key, table in held[name].items()}
        cases[case] = cases.get(case, {}) | {setting: values}
        return held | {name: cases, "skip": grid.get("skip", [])}
    kept = held | {axis: values}
    skips = grid.get("skip", [])
    if isinstance(skips, list) and isinstance(values, (list, dict)):
        skips = [
            s for s in skips if not isinstance(s, dict) or dict(flat(s)).get(axis, next(iter(values), None)) in values
        ]
    return kept | {"skip": skips}


def flat(table: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Nested tables as dotted paths and their values."""
    for key, value in table.items():
        if isinstance(value, dict):
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _flat_axes(grid: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """The axes as written; `run.seed = [0, 1]` may stand with quotes round the path or without."""
    for key, value in grid.items():
        if key == "run" and isinstance(value, dict):
            yield from flat(value, "run.")
        elif key != "skip":
            yield key, value


def _axis(name: str, values: Any, where: object) -> Axis:
    if isinstance(values, dict):
        return _cases(name, values, where)
    setting = name.removeprefix("run.")
    if not name.startswith("run.") or setting not in Spec.__struct_fields__:
        remedy = nearest(name, [f"run.{field}" for field in Spec.__struct_fields__])
        raise UserError(where, f"grid.{name}", "no setting of a run", remedy)
    if not isinstance(values, list) or not values:
        raise UserError(where, f"grid.{name}", f"expected a list of values, found {values!r}", "write [a, b]")
    return Axis(name, tuple(values), tuple({setting: value} for value in values))


def _cases(name: str, cases: dict[str, Any], where: object) -> Axis:
    for case, settings in cases.items():
        if not isinstance(settings, dict):
            remedy = f"write [grid.{name}.{case}] with the settings of this case"
            raise UserError(where, f"grid.{name}.{case}", f"expected a table, found {settings!r}", remedy)
        for key in settings:
            if key not in Spec.__struct_fields__:
                remedy = nearest(key, Spec.__struct_fields__)
                raise UserError(where, f"grid.{name}.{case}.{key}", "no setting of a run", remedy)
    if not cases:
        raise UserError(where, f"grid.{name}", "has no cases", f"write a [grid.{name}.CASE] for each")
    return Axis(name, tuple(cases), tuple(cases.values()))


def _skips(grid: dict[str, Any], where: object, known: list[Axis]) -> list[dict[str, Any]]:
    tables = grid.get("skip", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) and dict(flat(table)) for table in tables):
        raise UserError(where, "grid.skip", "expected tables", "write [[grid.skip]] with the values to leave out")
    skips = [dict(flat(table)) for table in tables]
    values = {axis.name: axis.values for axis in known}
    for i, skip in enumerate(skips):
        for key, value in skip.items():
            if key not in values:
                raise UserError(where, f"grid.skip[{i}].{key}", "no axis of this grid", nearest(key, values))
            if value not in values[key]:
                problem = f"{value!r} is none of its values"
                raise UserError(where, f"grid.skip[{i}].{key}", problem, nearest(str(value), map(str, values[key])))
    return skips
