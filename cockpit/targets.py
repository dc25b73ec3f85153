"""Runs by what people call them: GROUP/NAME, GROUP/LABEL, a label, a name, a group, or a pattern of these."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from cockpit.runs import find
from engine.contract.errors import UserError, nearest


def pick(root: Path, wanted: Sequence[str]) -> list[Path]:
    """The folders of the runs that are meant, each once, in the order they lie.

    Raises:
        UserError: one of `wanted` means no run.
    """
    every = find(root)
    called = {run: _names(run) for run in every}
    meant: set[Path] = set()
    for pattern in wanted:
        pattern = pattern.strip("/")
        found = {run for run, names in called.items() if any(fnmatchcase(name, pattern) for name in names)}
        if not found:
            known = sorted({name for names in called.values() for name in names})
            raise UserError(pattern, "", f"no run of this name in {root}", nearest(pattern, known))
        meant |= found
    return [run for run in every if run in meant]


def one(root: Path, wanted: str) -> Path:
    """The folder of the one run that is meant.

    Raises:
        UserError: it means no run, or several.
    """
    found = pick(root, [wanted])
    if len(found) > 1:
        names = ", ".join(f"{run.parent.name}/{run.name}" for run in found[:3])
        raise UserError(wanted, "", f"means {len(found)} runs: {names}...", "name one of them")
    return found[0]


def _names(run: Path) -> tuple[str, ...]:
    """Everything a run may be called."""
    group, name = run.parent.name, run.name
    label = name.rpartition("-")[0] or name
    return f"{group}/{name}", f"{group}/{label}", name, label, group
