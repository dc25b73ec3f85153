"""What a preset stands for and will take, in words: its axes, its time, its memory. Pure functions of a plan."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from cockpit.grid import axes
from cockpit.insight.estimate import Estimate
from cockpit.insight.format import counted, duration, memory
from cockpit.plan import Plan
from engine.contract.spec import Spec


def multiplied(made: Plan) -> str:
    """The runs as axes multiplied out, less what is skipped: `2 mixup x 2 seed = 4 runs`."""
    found = axes(made.preset.grid, made.path)
    runs = counted(len(made.runs), "run")
    whole = prod(len(axis.values) for axis in found)
    skipped = f", less {whole - len(made.runs)} skipped = {runs}" if whole > len(made.runs) else ""
    if not found or (len(found) == 1 and not skipped):
        return runs
    sides = " x ".join(f"{len(axis.values)} {axis.name.removeprefix('run.')}" for axis in found)
    return f"{sides} = {whole if skipped else runs}{skipped}"


def values(made: Plan) -> dict[str, str]:
    """Each axis of the grid, and its values."""
    found = axes(made.preset.grid, made.path)
    return {axis.name.removeprefix("run."): ", ".join(map(told, axis.values)) for axis in found}


def told(value: Any) -> str:
    """An axis's value as people write it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list) and any(isinstance(entry, dict) for entry in value):
        return counted(len(value), "phase")
    if isinstance(value, list):
        return f"({' + '.join(map(told, value))})" if value else "none"
    return str(value)


def time(costs: Estimate, specs: Sequence[Spec], places: int) -> str:
    """How long the runs take, `places` of them at a time, told from earlier runs."""
    each = costs.seconds
    if not each:
        return "not measured yet: no earlier run has these networks, data set and batch size"
    low, high = duration(min(each)), duration(max(each))
    text = f"about {low} a run" if low == high else f"about {low} to {high} a run"
    text += ", less where one stops early" if any(spec.early_stop_patience for spec in specs) else ""
    if len(each) < len(specs):
        text += f" for {len(each)} of {counted(len(specs), 'run')}, no run like the others having been measured"
    at_once = min(places, len(each))
    if len(each) > 1:
        text += f"; together {duration(sum(each))} one after another"
        text += f", {duration(max(sum(each) / at_once, max(each)))} at {at_once} a time" if at_once > 1 else ""
    text += f" (from {counted(costs.sources, 'earlier run')}"
    return text + (", some of another method, precision or device)" if costs.rough else ")")


def held(costs: Estimate) -> str:
    """The most memory of any run, told from earlier runs."""
    return f"up to {memory(max(costs.memory))} a run, as earlier runs held" if costs.memory else ""
