"""Experts, each of its own shard of the data, and what they score together: `cockpit ensemble`."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace
from rich.text import Text

from cockpit.console import stdout_console
from cockpit.insight.format import counted, percent
from cockpit.runs import RunsFolder
from cockpit.snapshot import Snapshot
from engine.contract.cleaning import clean
from engine.contract.errors import UserError
from engine.contract.experts import Experts, Role, Together
from engine.contract.spec import identity


class ExpertSet(Struct, frozen=True):
    """Runs that differ in nothing but their shard: those that finished, and of how many shards there are."""

    label: str
    runs: tuple[Snapshot, ...]
    shards: int


def expert_sets(snapshots: Sequence[Snapshot]) -> list[ExpertSet]:
    """The sets of experts among some runs, at least two finished in each, in the order of their first."""
    sets: dict[str, list[Snapshot]] = {}
    for run in snapshots:
        # What was published has no checkpoints to measure.
        done = run.status.word == "finished" and not run.published
        if run.spec and run.file and run.spec.shards > 1 and run.spec.nodes == 1 and done:
            same = identity(replace(run.spec, shard_index=0), run.file.inputs)
            sets.setdefault(f"{run.group} {same}", []).append(run)
    return [
        ExpertSet(_label(runs), tuple(runs), runs[0].spec.shards)
        for runs in sets.values()
        if len(runs) > 1 and runs[0].spec
    ]


def _label(runs: Sequence[Snapshot]) -> str:
    """What the labels of all have in common."""
    parts = [run.label.split("-") for run in runs]
    return "-".join(part for part in parts[0] if all(part in other for other in parts)) or runs[0].group


def measured(sets: Sequence[ExpertSet], role: Role) -> list[Together]:
    """The engine's answer to each set; the networks are loaded and measured anew, which takes its time."""
    questions = b"".join(msgspec.json.encode(Experts(tuple(str(r.path) for r in s.runs), role)) + b"\n" for s in sets)
    engine = subprocess.run(
        [sys.executable, "-P", "-m", "engine.ensemble"], input=questions, capture_output=True, check=False
    )
    answers = [msgspec.json.decode(line, type=Together) for line in engine.stdout.splitlines()]
    last = " ".join(engine.stderr.decode(errors="replace").strip().splitlines()[-1:])
    return answers + [Together(problem=f"the engine ended too early: {last}")] * (len(sets) - len(answers))


def show(root: Path, group: str | None, role: Role) -> int:
    """Print every set's figures; 1 when one could not be measured.

    Raises:
        UserError: there is no set of experts.
    """
    sets = expert_sets(RunsFolder(root, group).poll())
    if not sets:
        problem = "no two finished runs here differ in nothing but their shard"
        raise UserError(root / (group or ""), "", problem, "run experts first, for example: cockpit run experts-iid")
    answers = measured(sets, role)
    for experts, found in zip(sets, answers, strict=True):
        stdout_console().print(in_words(experts, found, role), soft_wrap=True)
    return 1 if any(found.problem for found in answers) else 0


def in_words(experts: ExpertSet, found: Together, role: Role) -> Text:
    """One set's figures in a line."""
    who = f"{experts.label}: {len(experts.runs)} of {counted(experts.shards, 'expert')}"
    if found.problem:
        return Text(clean(f"{who}: {found.problem}"))
    mean = sum(found.each) / len(found.each)
    return Text(
        f"{who}, {role} checkpoints: ensemble {percent(found.ensemble_acc)} %, experts {percent(min(found.each))} to "
        f"{percent(max(found.each))} %, mean {percent(mean)} %, two agree on {percent(found.agreement)} %"
    )
