"""Run folders for planned runs: made, or found again by identity."""

from __future__ import annotations

from pathlib import Path

import msgspec

from cockpit.plan import Plan, Planned
from cockpit.runs import find
from cockpit.status import HELD, status_of
from engine.contract.errors import UserError
from engine.contract.folder import read_spec, write_spec
from engine.contract.spec import identity


def prepare(plan: Plan, root: Path) -> list[Path]:
    """A folder with a spec.toml for every planned run, in the plan's order; nothing is launched.

    A run of the same identity that the group already has is that run, whatever its label says. Its settings
    that do not change results (device, threads) become the plan's, unless an engine holds it.

    Raises:
        UserError: the runs folder cannot be written.
    """
    known = _by_identity(root, plan.runs[0].group)
    paths = []
    try:
        for planned in plan.runs:
            path = known.get(identity(planned.spec), root / planned.group / planned.name)
            if not path.exists() or status_of(path).word not in HELD:
                _write(plan, planned, path)
            paths.append(path)
    except OSError as error:
        raise UserError(root, "", f"the runs folder cannot be written: {error.strerror}", _REMEDY) from error
    return paths


_REMEDY = "name another with --runs DIR or COCKPIT_RUNS, or mend its permissions"


def _by_identity(root: Path, group: str) -> dict[str, Path]:
    known = {}
    for path in find(root, group):
        try:
            known[identity(read_spec(path)[0])] = path
        except UserError:
            continue  # A run whose settings cannot be read is no other run's double.
    return known


def _write(plan: Plan, planned: Planned, path: Path) -> None:
    if path.exists() and _unchanged(path, planned):
        return
    write_spec(
        path,
        planned.spec,
        preset=plan.name,
        title=plan.preset.title,
        sources=planned.sources,
        gap=msgspec.to_builtins(plan.preset.gap),
        target=plan.preset.target,
    )


def _unchanged(path: Path, planned: Planned) -> bool:
    try:
        return read_spec(path)[0] == planned.spec
    except UserError:
        return False
