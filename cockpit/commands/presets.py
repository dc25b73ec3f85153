"""`cockpit presets`: those shipped, and one's own."""

from __future__ import annotations

from typing import Annotated, Optional

import typer

from cockpit.commands.options import PresetName, Runs, runs_folder

presets = typer.Typer(help="Presets: those shipped, and your own.", no_args_is_help=True, rich_markup_mode=None)


@presets.command("list")
def list_presets(
    as_json: Annotated[bool, typer.Option("--json", envvar="COCKPIT_JSON", help="Print a JSON array.")] = False,
) -> None:
    """List every preset, by kind. One that cannot be read says why."""
    from cockpit.presetlist import show

    show(as_json=as_json)


@presets.command("show")
def show_preset(
    context: typer.Context,
    preset: PresetName,
    runs: Runs = None,
) -> None:
    """Show what a preset stands for. What it will take is told from earlier runs like its own."""
    from cockpit.presetsheet import show

    show(preset, runs_folder(context, runs))


@presets.command("check")
def check_presets(
    context: typer.Context,
    preset: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Argument(help="Names, or paths of preset files.  [default: every preset]", show_default=False),
    ] = None,
    runs: Runs = None,
) -> None:
    """Check presets, and launch nothing. The exit code is 1 if one could not be launched."""
    from cockpit.presetcheck import check

    raise typer.Exit(check(preset or (), runs_folder(context, runs)))


@presets.command("new")
def new_preset(
    context: typer.Context,
    source: Annotated[str, typer.Argument(metavar="FROM", help="The preset to copy: its name or its path.")],
    name: Annotated[
        Optional[str],  # noqa: UP045
        typer.Argument(metavar="NAME", help="What to call it.  [default: FROM-mine]", show_default=False),
    ] = None,
    runs: Runs = None,
) -> None:
    """Begin a preset of your own as a copy.

    It lies in $COCKPIT_PRESETS, else in ~/.config/cockpit/presets, is opened in $VISUAL or $EDITOR, then checked.
    """
    from cockpit.newpreset import new

    new(source, name, runs_folder(context, runs))
