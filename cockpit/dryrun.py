"""`cockpit run PRESET --dry-run`: what would run, for people or as JSON for programs."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec
from rich.text import Text

from cockpit.console import stdout_console
from cockpit.insight.format import counted
from cockpit.launch.slots import slots
from cockpit.plan import Plan
from engine.contract import schedule
from engine.contract.spec import Spec


def show(plan: Plan, root: Path, *, as_json: bool) -> None:
    """Print a plan and launch nothing. The JSON is all that goes to standard output."""
    if as_json:
        told = {
            "preset": plan.name,
            "runs": [{"group": r.group, "name": r.name, "spec": msgspec.to_builtins(r.spec)} for r in plan.runs],
        }
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(told), indent=2) + b"\n")
        return
    console = stdout_console()
    places = slots([run.spec for run in plan.runs])
    lines = [
        f"{plan.preset.title}",
        f"{counted(len(plan.runs), 'run')}, {len(places)} at a time, in {root / plan.runs[0].group}",
    ]
    for run in plan.runs:
        spec = run.spec
        lines.append(
            f"  {run.name}  {' + '.join(spec.models)} on {spec.data}, {spec.epochs} epochs, seed {spec.seed}"
        )
    shared = {transition for run in plan.runs for transition in transitions(run.spec)}
    lines += sorted(shared) if all(set(transitions(r.spec)) == shared for r in plan.runs) else []
    for line in lines:
        console.print(Text(line), soft_wrap=True)


def transitions(spec: Spec) -> list[str]:
    """What changes while it trains, a line an epoch."""
    return [
        f"  from epoch {epoch}: " + ", ".join(f"{name} {before} > {now}" for name, (before, now) in changed.items())
        for epoch, changed in schedule.transitions(spec).items()
    ]
