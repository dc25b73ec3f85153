"""The presets that come with the project, and their runs."""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import cache

from cockpit.expand import Planned
from cockpit.plan import Plan, plan

RUNS = {
    "quickstart": 4,
    "dml-resnet32": 7,
    "dml-mixed": 4,
    "session-02-stable": 1,
    "session-04-aggressive": 1,
    "session-06": 1,
    "kd-alpha": 48,
    "kd-beta": 96,
    "experts": 13,
    "experts-iid": 5,
    "sweep-resnet18": 8,
    "sweep-resnet18-stem": 8,
}


@cache
def planned(name: str) -> Plan:
    return plan(name, needs_data=False)


def runs(name: str, pattern: str = "*") -> list[Planned]:
    found = [run for run in planned(name).runs if fnmatchcase(run.label, pattern)]
    assert found, f"{pattern} is none of {name}"
    return found


def only(name: str, pattern: str = "*") -> Planned:
    (run,) = runs(name, pattern)
    return run
