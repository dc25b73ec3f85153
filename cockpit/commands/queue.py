"""`cockpit queue`: what is asked for, in the order it will be done, and changes to that."""

from __future__ import annotations

from typing import Annotated

import typer

from cockpit.commands.options import Runs, Targets, group_of, runs_folder

queue = typer.Typer(help="What is queued, and in which order.", rich_markup_mode=None)


@queue.callback(invoke_without_command=True)
def root(context: typer.Context, runs: Runs = None) -> None:
    """List the queue."""
    if context.invoked_subcommand is None:
        _list(context, runs, as_json=False)


@queue.command("list")
def list_queue(
    context: typer.Context,
    runs: Runs = None,
    as_json: Annotated[bool, typer.Option("--json", envvar="COCKPIT_JSON", help="Print a JSON array.")] = False,
) -> None:
    """List what is at work, then what is queued, in its order."""
    _list(context, runs, as_json=as_json)


@queue.command()
def hold(context: typer.Context, targets: Targets, runs: Runs = None) -> None:
    """Keep queued runs from being started until they are released."""
    from cockpit.handling import change

    raise typer.Exit(change(runs_folder(context, runs), targets, "hold"))


@queue.command()
def release(context: typer.Context, targets: Targets, runs: Runs = None) -> None:
    """Let held runs go on in their place of the queue."""
    from cockpit.handling import change

    raise typer.Exit(change(runs_folder(context, runs), targets, "release"))


@queue.command()
def move(
    context: typer.Context,
    targets: Targets,
    last: Annotated[
        bool, typer.Option("--last", envvar="COCKPIT_LAST", help="To the end, not to the front.")
    ] = False,
    priority: Annotated[
        int | None,
        typer.Option(
            "--priority", envvar="COCKPIT_PRIORITY", help="Give them this priority, higher first; all begin with 0."
        ),
    ] = None,
    runs: Runs = None,
) -> None:
    """Put queued runs first, or last, or into another priority."""
    from cockpit.handling import move as put

    raise typer.Exit(put(runs_folder(context, runs), targets, last=last, priority=priority))


@queue.command()
def start(context: typer.Context, runs: Runs = None) -> None:
    """Have the queue at work, as after a restart of the machine; every command that asks for runs does so, too."""
    from cockpit.handling import start as begin

    begin(runs_folder(context, runs))


@queue.command()
def clear(context: typer.Context, targets: Targets, runs: Runs = None) -> None:
    """Take runs out of the queue; their folders stay."""
    from cockpit.handling import change

    raise typer.Exit(change(runs_folder(context, runs), targets, "clear"))


def _list(context: typer.Context, runs: Runs, *, as_json: bool) -> None:
    from cockpit.queuelist import show

    named = bool(runs or context.obj[0])
    show(runs_folder(context, runs), group_of(context, None), as_json=as_json, named=named)
