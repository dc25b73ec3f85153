"""Runs by what people call them: GROUP/NAME, GROUP/LABEL, a label, a name, a group, or a pattern of these."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from cockpit.published import PUBLISHED, refuse_published
from cockpit.runs import find, published_groups
from engine.contract.errors import UserError, nearest


def pick(root: Path, wanted: Sequence[str]) -> list[Path]:
    """The folders of the runs that are meant, each once, in the order they lie.

    Raises:
        UserError: one of `wanted` means no run.
    """
    own = find(root)
    published = [run for group in published_groups(root) for run in find(root, group)]
    called = {run: _names(run) for run in own}
    shown = {run: _published_names(run) for run in published}
    meant: set[Path] = set()
    for pattern in wanted:
        pattern = pattern.strip("/")
        # A pattern means the published only where it says so: nobody asks to stop or remove those.
        meant_here = shown if pattern.split("/")[0] == PUBLISHED else called
        found = {run for run, names in meant_here.items() if any(fnmatchcase(name, pattern) for name in names)}
        if not found:
            known = sorted({name for names in (*called.values(), *shown.values()) for name in names})
            raise UserError(pattern, "", f"no run of this name in {root}", nearest(pattern, known))
        meant |= found
    return [run for run in (*own, *published) if run in meant]


def pick_own(root: Path, wanted: Sequence[str]) -> list[Path]:
    """As `pick`, of runs that are to be changed.

    Raises:
        UserError: one of `wanted` means no run, or one that is published.
    """
    found = pick(root, wanted)
    for run in found:
        refuse_published(run)
    return found


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


def _published_names(run: Path) -> tuple[str, ...]:
    """The same of a published run: all of it behind the word."""
    group, name = f"{PUBLISHED}/{run.parent.name}", run.name
    return f"{group}/{name}", f"{group}/{name.rpartition('-')[0] or name}", group, PUBLISHED
