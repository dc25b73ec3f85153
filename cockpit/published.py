"""Published results: runs/published/<group>/<run>, real ones to look at and compare, which nothing here changes."""

from __future__ import annotations

from pathlib import Path

from engine.contract.errors import UserError

#: The folder has this name; it is a root of its own, never a group.
PUBLISHED = "published"


def is_published(run: Path) -> bool:
    """Whether a run's folder lies among published results."""
    return run.parents[1].name == PUBLISHED


def refuse_published(run: Path) -> None:
    """Stand before whatever would change a run.

    Raises:
        UserError: it is published.
    """
    if is_published(run):
        name = f"{PUBLISHED}/{run.parent.name}/{run.name}"
        remedy = "run its preset to have one of your own, or copy its folder into a group of yours"
        raise UserError(name, "", "is published, and so only to be read", remedy)
