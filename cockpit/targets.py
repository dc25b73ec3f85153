"""Runs by what people call them: GROUP/NAME, GROUP/LABEL, a label, a name, a group, or a pattern of these."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from cockpit.published import PUBLISHED, refuse_published
from cockpit.runs import find, published_groups
from engine.contract.errors import UserError

#: How many names are listed to somebody who was looking for one.
MOST_NAMED = 5


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
            raise UserError(pattern, "", f"no run of this name in {root}", _remedy(pattern, own))
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


def _remedy(pattern: str, every: Sequence[Path]) -> str:
    """The names nearest to what was written: of its own group where it names one that there is."""
    if not every:
        return "there are none yet; start some: cockpit run quickstart --headless"
    group, slash, _ = pattern.partition("/")
    theirs = [run for run in every if slash and run.parent.name == group] or every
    labels = [name for run in theirs for name in (_names(run)[1] if slash else _names(run)[3], run.parent.name)]
    known = list(dict.fromkeys(labels))
    begun = [name for name in known if name.startswith(pattern)]
    near = begun or difflib.get_close_matches(pattern, known, n=MOST_NAMED, cutoff=0.6)
    if near:
        return f"did you mean {' or '.join(map(repr, near[:MOST_NAMED]))}? All are told by: cockpit ls"
    return "look at: cockpit ls"


def _names(run: Path) -> tuple[str, ...]:
    """Everything a run may be called."""
    group, name = run.parent.name, run.name
    label = name.rpartition("-")[0] or name
    return f"{group}/{name}", f"{group}/{label}", name, label, group


def _published_names(run: Path) -> tuple[str, ...]:
    """The same of a published run: all of it behind the word."""
    group, name = f"{PUBLISHED}/{run.parent.name}", run.name
    return f"{group}/{name}", f"{group}/{name.rpartition('-')[0] or name}", group, PUBLISHED
