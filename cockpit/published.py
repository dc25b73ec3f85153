"""Published results: runs/published/<group>/<run>, real ones to look at and compare, which nothing here changes."""

from __future__ import annotations

import os
from pathlib import Path

from engine.contract.errors import UserError

#: The folder has this name; it is a root of its own, never a group. Where it lies does not matter.
PUBLISHED = "published"


def is_published_root(root: Path) -> bool:
    """Whether all runs of a runs folder are published: it is named so, or leads to a folder that is."""
    return PUBLISHED in (root.name, Path(os.path.realpath(root)).name)


def is_published(run: Path) -> bool:
    """Whether a run's folder lies among published results, whichever way leads there (links and .. among them)."""
    return PUBLISHED in (run.parents[1].name, Path(os.path.realpath(run)).parents[1].name)


def refuse_published(run: Path) -> None:
    """Stand before whatever would change a run, or make one.

    Raises:
        UserError: it is published.
    """
    if is_published(run):
        name = f"{PUBLISHED}/{run.parent.name}/{run.name}"
        problem = "is published, and so only to be read"
        remedy = (
            "run its preset to have one of your own, or copy its folder into a group of yours; "
            f"a runs folder of your own must not be named {PUBLISHED!r}"
        )
        raise UserError(name, "", problem, remedy)
