"""`cockpit import`: what other tools have written, as sessions to look at and compare."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from cockpit.commands.options import Runs, runs_folder


def bring(
    context: typer.Context,
    tensorboard: Annotated[
        Path,
        typer.Option(
            "--tensorboard",
            metavar="DIR",
            envvar="COCKPIT_TENSORBOARD",
            help="A folder with TensorBoard event files in it or below.",
        ),
    ],
    group: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--group",
            envvar="COCKPIT_GROUP",
            help="The group they come into.  [default: the folder's name]",
            show_default=False,
        ),
    ] = None,
    maps: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            "--map",
            metavar="TAG=FIELD",
            envvar="COCKPIT_MAP",
            help="Which figure a tag is, where its name does not tell, as in valid/top=test_acc. Repeatable.",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", envvar="COCKPIT_DRY_RUN", help="Show what would come, and write nothing.")
    ] = False,
    runs: Runs = None,
) -> None:
    """Bring TensorBoard's event files along as sessions.

    Nothing can run them; importing again updates them.
    """
    from cockpit.importlist import show

    show(runs_folder(context, runs), tensorboard, group, maps or (), dry_run=dry_run)
