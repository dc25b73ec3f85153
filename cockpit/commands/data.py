"""`cockpit data`: the data sets on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

data = typer.Typer(help="Data sets on this machine.", no_args_is_help=True, rich_markup_mode=None)


@data.command("list")
def list_data(
    as_json: Annotated[bool, typer.Option("--json", envvar="COCKPIT_JSON", help="Print a JSON array.")] = False,
) -> None:
    """List every data set: those at hand, and those that `prepare` can fetch."""
    from cockpit.data import show

    show(as_json=as_json)


@data.command("prepare")
def prepare_data(
    name: Annotated[str, typer.Argument(help="cifar10, cifar100, svhn or tinyimagenet.")],
    replace: Annotated[
        bool, typer.Option("--replace", envvar="COCKPIT_REPLACE", help="Build it again where it exists already.")
    ] = False,
) -> None:
    """Fetch a published data set, check it, and build its cache in $COCKPIT_DATA."""
    from cockpit.data import prepare

    raise typer.Exit(prepare(name, replace=replace))


@data.command("import")
def import_data(
    name: Annotated[str, typer.Argument(help="The name that presets will call it by.")],
    source: Annotated[
        Path,
        typer.Option(
            "--from",
            metavar="DIR",
            envvar="COCKPIT_FROM",
            help="A folder of train/<class>/*.png and test/<class>/*.png.",
        ),
    ],
    replace: Annotated[
        bool, typer.Option("--replace", envvar="COCKPIT_REPLACE", help="Take the place of one of the same name.")
    ] = False,
) -> None:
    """Build a data set from an ImageFolder, in $COCKPIT_DATA (default: the user's cache folder)."""
    from cockpit.data import import_folder

    raise typer.Exit(import_folder(name, source, replace=replace))
