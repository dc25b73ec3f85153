"""A preset's [grid]: axes multiplied out, the last one fastest, less the points it skips."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from engine.contract.errors import UserError, nearest
from engine.contract.spec import Spec

Point = dict[str, Any]


def points(grid: dict[str, Any], where: object) -> list[Point]:
    """Every point of the grid, as dotted path -> value; one empty point when there is no grid.

    Raises:
        UserError: an axis or a skip that names no setting, or nothing is left.
    """
    multiplied = axes(grid, where)
    for key in multiplied:
        if not key.startswith("run.") or key.removeprefix("run.") not in Spec.__struct_fields__:
            remedy = nearest(key, [f"run.{name}" for name in Spec.__struct_fields__])
            raise UserError(where, f"grid.{key}", "no setting of a run", remedy)
    skips = _skips(grid, where, list(multiplied))
    every = [dict(zip(multiplied, values, strict=True)) for values in itertools.product(*multiplied.values())]
    kept = [p for p in every if not any(all(p[key] == value for key, value in skip.items()) for skip in skips)]
    if not kept:
        raise UserError(where, "grid.skip", "every point is skipped", "take out one of the [[grid.skip]]")
    return kept


def axes(grid: dict[str, Any], where: object) -> dict[str, list[Any]]:
    """The axes by dotted path; `run.seed = [0, 1]` may be written with quotes round the path or without.

    Raises:
        UserError: an axis that is no list, or an empty one.
    """
    found = dict(flat({key: value for key, value in grid.items() if key != "skip"}))
    for key, values in found.items():
        if not isinstance(values, list) or not values:
            raise UserError(where, f"grid.{key}", f"expected a list of values, found {values!r}", "write [a, b]")
    return found


def flat(table: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Nested tables as dotted paths and their values."""
    for key, value in table.items():
        if isinstance(value, dict):
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _skips(grid: dict[str, Any], where: object, known: list[str]) -> list[Point]:
    tables = grid.get("skip", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) and table for table in tables):
        raise UserError(where, "grid.skip", "expected tables", "write [[grid.skip]] with the values to leave out")
    skips = [dict(flat(table)) for table in tables]
    for i, skip in enumerate(skips):
        for key in skip:
            if key not in known:
                raise UserError(where, f"grid.skip[{i}].{key}", "no axis of this grid", nearest(key, known))
    return skips
