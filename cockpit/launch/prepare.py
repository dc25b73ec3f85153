"""Run folders for planned runs: made, or found again by identity."""

from __future__ import annotations

import os
from pathlib import Path

from msgspec.structs import replace

from cockpit.expand import Planned
from cockpit.launch.branch import branch
from cockpit.plan import Plan
from cockpit.published import refuse_published
from cockpit.runs import find
from cockpit.status import HELD, status_of
from engine.contract.errors import UserError
from engine.contract.folder import SpecFile, read_spec, write_spec
from engine.contract.spec import identity

#: A run's records, as an engine writes them, and packed.
STREAMS = ("metrics.jsonl", "metrics.jsonl.gz")
_REMEDY = "name another with --runs DIR or COCKPIT_RUNS, or mend its permissions"


def folders(plan: Plan, root: Path) -> list[Path]:
    """Where each planned run lies or will lie, in the plan's order.

    A run of the same identity that the group already has is that run, whatever its label says.
    """
    known = {}
    for path in find(root, plan.runs[0].group):
        try:
            spec, file = read_spec(path)
        except UserError:
            continue  # A run whose settings cannot be read is no other run's double.
        known[identity(spec, file.inputs)] = path
    return [known.get(run.identity, root / run.group / run.name) for run in plan.runs]


def prepare(plan: Plan, root: Path) -> list[Path]:
    """A folder with a spec.toml for every planned run, in the plan's order; nothing is launched.

    What does not change results (device, threads, thresholds) becomes the plan's, unless an engine holds the
    run or it is finished: then spec.toml is a record of what was.

    Raises:
        UserError: the runs folder cannot be written or is of published results, a fork's parent has no good
            checkpoint any more, or what lies in a fork's place is no run.
    """
    paths = folders(plan, root)
    for path in paths:
        refuse_published(path)
    path = root
    try:
        for planned, path in zip(settled(plan, paths), paths, strict=True):
            word = status_of(path).word if path.exists() else "queued"
            if word not in HELD and not (word == "finished" and (path / "spec.toml").exists()):
                _write(plan, planned, path)
    except OSError as error:
        raise UserError(path, "", f"cannot be written: {error.strerror}", _REMEDY) from error
    return paths


def settled(plan: Plan, paths: list[Path]) -> list[Planned]:
    """The plan's runs, each naming its teacher by the folder it lies in: a run may be known by another label."""
    where = {run.name: f"{path.parent.name}/{path.name}" for run, path in zip(plan.runs, paths, strict=True)}
    return [
        replace(run, spec=replace(run.spec, teacher=where[run.teacher])) if run.teacher else run for run in plan.runs
    ]


def _write(plan: Plan, planned: Planned, path: Path) -> None:
    beside = SpecFile(
        run={},
        preset=plan.name,
        title=plan.preset.title,
        sources=planned.sources,
        gap=plan.preset.gap,
        target=plan.preset.target,
        inputs=planned.inputs,
        at=planned.at,
        reference=planned.reference,
    )
    try:
        spec, file = read_spec(path)
        if spec == planned.spec and replace(file, run={}) == beside:
            return
    except UserError:
        pass  # Missing, or damaged: written anew.
    if planned.parent and not path.exists():
        branch(planned, beside, path)
    elif planned.parent and not any(os.path.lexists(path / name) for name in ("spec.toml", *STREAMS)):
        # Without its parent's records and checkpoint no fork could go on.
        raise UserError(path, "", "lies where the fork is to be, and is no run", "remove it, or move it away")
    else:
        write_spec(path, planned.spec, beside)
