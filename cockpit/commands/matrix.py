"""`cockpit matrix`: a group as a table over two of its axes."""

from __future__ import annotations

from typing import Annotated, Optional

import typer

from cockpit.commands.options import Runs, runs_folder
from engine.contract.errors import UserError


def matrix(
    context: typer.Context,
    group: Annotated[str, typer.Argument(metavar="GROUP", help="The group of runs.")],
    rows: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--rows", metavar="AXIS", envvar="COCKPIT_ROWS", help="The axis that goes down."),
    ] = None,
    cols: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--cols", metavar="AXIS", envvar="COCKPIT_COLS", help="The axis that goes across."),
    ] = None,
    metric: Annotated[
        str,
        typer.Option("--metric", metavar="M", envvar="COCKPIT_METRIC", help="last, best, gap_clean, gap or epoch."),
    ] = "last",
    at: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            "--at",
            metavar="AXIS=VALUE",
            envvar="COCKPIT_AT",
            help="Take a further axis at one value; it is averaged otherwise. Repeatable.",
        ),
    ] = None,
    as_markdown: Annotated[
        bool, typer.Option("--markdown", envvar="COCKPIT_MARKDOWN", help="Print Markdown.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", envvar="COCKPIT_JSON", help="Print JSON.")] = False,
    runs: Runs = None,
) -> None:
    """Tabulate a group over two of its axes: means and spreads over all runs at each place."""
    from cockpit.matrixlist import show

    if as_markdown and as_json:
        raise UserError("--markdown", "", "and --json ask for two forms", "leave one of them out")
    root = runs_folder(context, runs)
    show(root, group, rows, cols, metric, at or (), "markdown" if as_markdown else "json" if as_json else "table")
