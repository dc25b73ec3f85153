"""`cockpit stop`, `resume`, `retry`, `watch`, `logs`, `rm`: what people do with runs that are there."""

from __future__ import annotations

from typing import Annotated

import typer

from cockpit.commands.options import Runs, Targets, runs_folder


def stop(
    context: typer.Context,
    targets: Targets,
    now: Annotated[
        bool, typer.Option("--now", envvar="COCKPIT_NOW", help="After the present step, not the present epoch.")
    ] = False,
    kill: Annotated[
        bool,
        typer.Option(
            "--kill", envvar="COCKPIT_KILL", help="By force; what came after the last checkpoint is done again."
        ),
    ] = False,
    runs: Runs = None,
) -> None:
    """Have runs save and stop.

    What is queued of them is held: nothing starts them again until they are resumed.
    """
    from cockpit.handling import stop as ask

    raise typer.Exit(ask(runs_folder(context, runs), targets, "kill" if kill else "now" if now else "epoch"))


def resume(context: typer.Context, targets: Targets, runs: Runs = None) -> None:
    """Go on with runs that were stopped or held."""
    from cockpit.asking import RESUMED
    from cockpit.handling import again

    raise typer.Exit(again(runs_folder(context, runs), targets, RESUMED, None))


def retry(
    context: typer.Context,
    targets: Targets,
    retries: Annotated[
        int,
        typer.Option(
            "--retries",
            min=0,
            envvar="COCKPIT_RETRIES",
            help="How many more failures are forgiven before it is left.",
        ),
    ] = 0,
    runs: Runs = None,
) -> None:
    """Try runs again that failed or were lost.

    They go on from their last checkpoint, and students that they blocked after them.
    """
    from cockpit.asking import RETRIED
    from cockpit.handling import again

    raise typer.Exit(again(runs_folder(context, runs), targets, RETRIED, retries))


def watch(context: typer.Context, targets: Targets, runs: Runs = None) -> None:
    """Watch runs under the prompt until they have ended. ^C leaves, and changes nothing for them."""
    from cockpit.headless import watch as look
    from cockpit.targets import pick

    root = runs_folder(context, runs)
    raise typer.Exit(look(root, pick(root, targets)))


def logs(
    context: typer.Context,
    target: Annotated[str, typer.Argument(metavar="RUN", help="One run: GROUP/NAME, or its label.")],
    follow: Annotated[
        bool, typer.Option("-f", "--follow", envvar="COCKPIT_FOLLOW", help="Go on printing while it is written.")
    ] = False,
    runs: Runs = None,
) -> None:
    """Print the log of a run's last attempt."""
    from cockpit.handling import print_log
    from cockpit.targets import one

    print_log(one(runs_folder(context, runs), target), follow=follow)


def remove(
    context: typer.Context,
    targets: Targets,
    yes: Annotated[bool, typer.Option("--yes", envvar="COCKPIT_YES", help="Do not ask.")] = False,
    runs: Runs = None,
) -> None:
    """Remove runs with all they left behind. One that is at work is never removed."""
    from cockpit.handling import remove as take_away

    raise typer.Exit(take_away(runs_folder(context, runs), targets, asks=not yes))


def register(app: typer.Typer) -> None:
    """Put these commands into the app's."""
    for command in (stop, resume, retry, watch, logs):
        app.command()(command)
    app.command("rm")(remove)
