"""`cockpit fork`: go on from a run's checkpoint with other settings, as a run of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Optional

import typer

from cockpit.commands.options import NoMouse, Runs, group_of, runs_folder
from cockpit.request import Backend
from engine.contract.errors import UserError


def register(app: typer.Typer, need_terminal: Callable[[], None], open_app: Callable[..., None]) -> None:
    """Put the command into the app's. `open_app` takes the runs folder, the group, whether the mouse is
    left to the terminal, and the queue's process."""

    @app.command()
    def fork(
        context: typer.Context,
        target: Annotated[str, typer.Argument(metavar="RUN", help="One run: GROUP/NAME, or its label.")],
        at: Annotated[
            Optional[int],  # noqa: UP045
            typer.Option(
                "--at",
                metavar="EPOCH",
                envvar="COCKPIT_AT",
                help="The epoch it goes on from.  [default: list those that can be]",
                show_default=False,
            ),
        ] = None,
        changes: Annotated[
            Optional[list[str]],  # noqa: UP045
            typer.Option(
                "--set",
                metavar="SETTING=VALUE",
                envvar="COCKPIT_FORK_SET",
                help="A setting from there on, as in lr=0.01 or epochs=60. Repeatable.",
            ),
        ] = None,
        group: Annotated[
            Optional[str],  # noqa: UP045
            typer.Option(
                "--group", envvar="COCKPIT_GROUP", help="Its group.  [default: its parent's]", show_default=False
            ),
        ] = None,
        label: Annotated[
            Optional[str],  # noqa: UP045
            typer.Option(
                "--name",
                metavar="LABEL",
                envvar="COCKPIT_NAME",
                help="What to call it.  [default: its parent's label, and what differs]",
                show_default=False,
            ),
        ] = None,
        dry_run: Annotated[
            bool, typer.Option("--dry-run", envvar="COCKPIT_DRY_RUN", help="Show what would run, and run nothing.")
        ] = False,
        headless: Annotated[
            bool, typer.Option("--headless", envvar="COCKPIT_HEADLESS", help="Stay here and print progress; no app.")
        ] = False,
        detach: Annotated[
            bool, typer.Option("--detach", envvar="COCKPIT_DETACH", help="Queue it, and return at once.")
        ] = False,
        backend: Annotated[
            Backend, typer.Option("--backend", envvar="COCKPIT_BACKEND", help="Who runs it; profiles: config.toml.")
        ] = "local",
        runs: Runs = None,
        no_mouse: NoMouse = False,
    ) -> None:
        """Go on from a run's checkpoint with other settings.

        It becomes a run of its own, with a copy of its parent's records up to there. Without --at it lists the epochs
        that have a checkpoint.
        """
        from cockpit.fork import plan_fork
        from cockpit.forksheet import show, show_checkpoints
        from cockpit.targets import one

        root = runs_folder(context, runs)
        run = one(root, target)
        if at is None:
            if changes:
                raise UserError("--set", "", "from which epoch on?", "add --at EPOCH; without --set they are listed")
            show_checkpoints(run)
            return
        within = group_of(context, group)
        made = plan_fork(run, at, changes or (), root=root, group=within, label=label, needs_data=not dry_run)
        for caution in made.plan.cautions:
            typer.echo(f"warning: {caution}", err=True)
        if backend != "local":
            from cockpit.launch.backends import executor

            executor(backend)  # a mistake in its profile is told before anything is queued
        asked: dict[str, Any] = {"backend": backend}
        if dry_run:
            show(made, root, backend=backend)
        elif headless:
            from cockpit.headless import run_headless

            raise typer.Exit(run_headless(made.plan, root, **asked))
        else:
            from cockpit.launch.begin import begin

            if not detach:
                need_terminal()
            started = begin(made.plan, root, **asked)
            if not detach:
                open_app(root, made.plan.runs[0].group, no_mouse, started)
            typer.echo(f"asked for {made.plan.runs[0].group}/{made.plan.runs[0].name}; look at: cockpit queue")
