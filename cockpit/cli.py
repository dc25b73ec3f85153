"""The commands. Heavy imports stand inside the command that needs them, so that --help answers at once."""

from __future__ import annotations

import errno
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from cockpit.commands import fork
from cockpit.commands.compare import compare
from cockpit.commands.control import register
from cockpit.commands.data import data
from cockpit.commands.imports import bring
from cockpit.commands.matrix import matrix
from cockpit.commands.options import (
    Group,
    NoMouse,
    Only,
    Overrides,
    PresetName,
    Runs,
    Seeds,
    group_of,
    runs_folder,
)
from cockpit.commands.presets import presets
from cockpit.commands.queue import queue
from cockpit.request import Backend
from engine.contract.errors import UserError

if TYPE_CHECKING:
    from subprocess import Popen

    from cockpit.snapshot import Snapshot

app = typer.Typer(
    no_args_is_help=False,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="A terminal cockpit for image-classification experiments. Without a command it opens the app.",
)


_ELSEWHERE = "or name another runs folder with --runs DIR or COCKPIT_RUNS"
#: What to do about what the system says of a file.
_REMEDIES = {
    errno.EACCES: f"mend its permissions, {_ELSEWHERE}",
    errno.EPERM: f"mend its permissions, {_ELSEWHERE}",
    errno.EROFS: f"have it mounted so that it can be written, {_ELSEWHERE}",
    errno.ENOSPC: f"make room, {_ELSEWHERE}",
    errno.EDQUOT: f"make room, {_ELSEWHERE}",
    errno.ENOTDIR: "a file is where a folder should be: name the runs folder with --runs DIR or COCKPIT_RUNS",
}


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"cockpit {version('experiment-cockpit')}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def root(
    context: typer.Context,
    runs: Runs = None,
    group: Group = None,
    no_mouse: NoMouse = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and leave.")
    ] = False,
) -> None:
    """Open the app on a runs folder."""
    context.obj = (runs, group)
    if context.invoked_subcommand is None:
        _open_app(runs_folder(context, None), group, no_mouse)


@app.command()
def run(
    context: typer.Context,
    preset: PresetName,
    headless: Annotated[
        bool, typer.Option("--headless", envvar="COCKPIT_HEADLESS", help="Stay here and print progress; no app.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", envvar="COCKPIT_DRY_RUN", help="Show what would run, and run nothing.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", envvar="COCKPIT_JSON", help="With --dry-run: print JSON.")
    ] = False,
    overrides: Overrides = None,
    seeds: Seeds = None,
    only: Only = None,
    runs: Runs = None,
    group: Group = None,
    backend: Annotated[
        Backend, typer.Option("--backend", envvar="COCKPIT_BACKEND", help="Who runs them; profiles: config.toml.")
    ] = "local",
    detach: Annotated[
        bool, typer.Option("--detach", envvar="COCKPIT_DETACH", help="Queue the runs, and return at once.")
    ] = False,
    retries: Annotated[
        int, typer.Option("--retries", min=0, envvar="COCKPIT_RETRIES", help="How many failures of a run to forgive.")
    ] = 0,
    per_gpu: Annotated[
        int, typer.Option("--per-gpu", min=1, envvar="COCKPIT_PER_GPU", help="How many of these runs share a GPU.")
    ] = 1,
    priority: Annotated[
        int,
        typer.Option("--priority", envvar="COCKPIT_PRIORITY", help="Their place in the queue; higher goes first."),
    ] = 0,
    no_mouse: NoMouse = False,
) -> None:
    """Run a preset, or what is missing of it. Without --headless the app opens on its runs."""
    from cockpit.overrides import overrides_of
    from cockpit.plan import plan

    typed = {name for name in ("as_json", "detach", "headless") if _is_typed(context, name)}
    if as_json and not dry_run and "as_json" in typed:
        raise UserError("--json", "", "goes with --dry-run", "add --dry-run; for runs as JSON: cockpit ls --json")
    if headless and detach and len(typed & {"headless", "detach"}) != 1:
        raise UserError("--detach", "", "--headless stays, and --detach leaves", "say one of them")
    # Of two that exclude one another the one that was typed holds, whatever the environment says.
    headless = headless and not (detach and "detach" in typed)
    root, group = runs_folder(context, runs), group_of(context, group)
    planned = plan(preset, overrides_of(overrides, seeds), group=group, only=only, root=root, needs_data=not dry_run)
    from cockpit.notify import trouble

    for caution in (*planned.cautions, *filter(None, [trouble()])):
        typer.echo(f"warning: {caution}", err=True)
    if backend != "local":
        from cockpit.launch.backends import executor

        executor(backend)  # a mistake in its profile is told before anything is queued
    asked: dict[str, Any] = {"retries": retries, "per_gpu": per_gpu, "priority": priority, "backend": backend}
    if dry_run:
        from cockpit.dryrun import show

        show(planned, root, as_json=as_json, backend=backend, per_gpu=per_gpu)
    elif headless:
        from cockpit.headless import run_headless

        raise typer.Exit(run_headless(planned, root, **asked))
    else:
        from cockpit.handling import asked_for
        from cockpit.launch.begin import begin

        if not detach:
            _need_terminal()
        told = asked_for(planned, root)
        started = begin(planned, root, **asked)
        if detach:
            typer.echo(told)
            return
        _open_app(root, planned.runs[0].group, no_mouse, started)


@app.command()
def doctor(
    context: typer.Context,
    preset: Annotated[
        Optional[str],  # noqa: UP045
        typer.Argument(help="A preset's name or path; or slurm or pbs, which are tried with three tiny jobs."),
    ] = None,
    overrides: Overrides = None,
    seeds: Seeds = None,
    only: Only = None,
    runs: Runs = None,
    group: Group = None,
) -> None:
    """Find what would make a run fail, before anything is queued."""
    from cockpit.doctor import doctor as examine
    from cockpit.overrides import overrides_of
    from cockpit.plan import plan

    root, group = runs_folder(context, runs), group_of(context, group)
    if preset in ("slurm", "pbs"):
        from cockpit.clusterdoctor import examine as try_out

        raise typer.Exit(try_out(preset, root))  # type: ignore[arg-type]
    planned = (
        plan(preset, overrides_of(overrides, seeds), group=group, only=only, needs_data=False, root=root)
        if preset
        else None
    )
    raise typer.Exit(examine(planned, root))


@app.command("ls")
def list_runs(
    context: typer.Context,
    runs: Runs = None,
    group: Group = None,
    as_json: Annotated[bool, typer.Option("--json", envvar="COCKPIT_JSON", help="Print a JSON array.")] = False,
) -> None:
    """List every run and how it stands."""
    import msgspec

    from cockpit.listing import as_record, as_table, reasons
    from cockpit.runs import RunsFolder, check_place

    root, group = runs_folder(context, runs), group_of(context, group)
    check_place(root, group, named=bool(runs or context.obj[0]))
    found = RunsFolder(root, group).poll()
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode([as_record(s) for s in found]), indent=2).decode())
    elif found:
        from cockpit.console import stdout_console

        console = stdout_console()
        console.print(as_table(found))
        for line in reasons(found):
            console.print(line, soft_wrap=True)
    else:
        typer.echo(f"no runs yet in {root}; start some: cockpit run quickstart --headless")


@app.command()
def replay(
    context: typer.Context,
    target: Annotated[str, typer.Argument(metavar="RUN", help="One run: GROUP/NAME, or its label.")],
    speed: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option(
            "--speed",
            min=0.1,
            envvar="COCKPIT_SPEED",
            help="How many seconds of the session pass in one.  [default: as many as make it half a minute]",
            show_default=False,
        ),
    ] = None,
    runs: Runs = None,
    no_mouse: NoMouse = False,
) -> None:
    """Play a session again on its time axis, with pause and seek."""
    from cockpit.followed import Followed
    from cockpit.published import is_published
    from cockpit.targets import one

    root = runs_folder(context, runs)
    path = one(root, target)
    followed = Followed(path, path.parent.name, published=is_published(path))
    followed.look()
    run = followed.snapshot
    if not run.epochs:
        raise UserError(f"{run.group}/{run.name}", "", "has no epoch to play", run.problem or "run it first")
    _open_app(root, None, no_mouse, played=(run, speed))


@app.command("ensemble")
def ensemble(
    context: typer.Context,
    best: Annotated[
        bool,
        typer.Option(
            "--best",
            envvar="COCKPIT_BEST",
            help="Their best checkpoints, which are selected on the test set, not the last.",
        ),
    ] = False,
    runs: Runs = None,
    group: Group = None,
) -> None:
    """Measure what finished experts score together.

    Experts are runs that differ in nothing but their shard of the data.
    """
    from cockpit.experts import show

    raise typer.Exit(show(runs_folder(context, runs), group_of(context, group), "best" if best else "last"))


register(app)
app.command("compare")(compare)
app.command("import")(bring)
app.command()(matrix)
fork.register(app, lambda: _need_terminal(), lambda *asked: _open_app(*asked))
for name, group_of_commands in {"queue": queue, "presets": presets, "data": data}.items():
    app.add_typer(group_of_commands, name=name)


def _is_typed(context: typer.Context, name: str) -> bool:
    """Whether an option stands in the command line, and not only in the environment."""
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _need_terminal() -> None:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UserError("cockpit", "", "the app needs a terminal", "add --headless, or use: cockpit ls")


def _open_app(
    root: Path,
    group: str | None,
    no_mouse: bool,
    started: Popen[bytes] | None = None,
    played: tuple[Snapshot, float | None] | None = None,
) -> None:
    _need_terminal()
    from cockpit.tui.start import run as run_app

    sys.exit(run_app(root, group, mouse=not no_mouse, started=started, played=played))


def main() -> None:
    """The console command: errors a person can mend are two lines and exit code 2, never a traceback."""
    from engine.contract.cleaning import clean

    # A glyph that the terminal's encoding lacks must not cost the table it stands in.
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
    sys.stderr.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        app()
    except UserError as error:
        sys.stderr.write(f"error: {clean(str(error))}\n")
        sys.exit(2)
    except BrokenPipeError:
        # Whoever read our output has left (`cockpit ls | head`); say nothing more into the closed pipe.
        sys.stderr.close()
        sys.exit(1)
    except OSError as error:
        if error.filename is None and error.errno not in _REMEDIES:
            raise  # No file that a person could mend.
        where = f"{clean(str(error.filename))}: " if error.filename is not None else ""
        remedy = _REMEDIES.get(error.errno or 0, "see whether it is there, and whether you may write it")
        sys.stderr.write(f"error: {where}{error.strerror}\n  {remedy}\n")
        sys.exit(2)


if __name__ == "__main__":
    main()
