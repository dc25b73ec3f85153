"""The commands. Heavy imports stand inside the command that needs them, so that --help answers at once."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from engine.contract.errors import UserError, nearest

if TYPE_CHECKING:
    from subprocess import Popen

app = typer.Typer(
    no_args_is_help=False,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="A terminal cockpit for image-classification experiments. Without a command it opens the app.",
)
data = typer.Typer(help="Data sets on this machine.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(data, name="data")
presets = typer.Typer(help="Presets: those shipped, and your own.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(presets, name="presets")

Runs = Annotated[
    Optional[Path],  # noqa: UP045 (typer reads the annotation at run time)
    typer.Option("--runs", help="The runs folder.  [default: $COCKPIT_RUNS, else runs/]", show_default=False),
]
Group = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(
        "--group",
        help="The group of runs.  [default: the preset's name; all, where runs are listed]",
        show_default=False,
    ),
]
Overrides = Annotated[
    Optional[list[str]],  # noqa: UP045
    typer.Option("--set", metavar="PATH=VALUE", help="Override a setting, as in run.epochs=3. Repeatable."),
]
Seeds = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(
        "--seeds", metavar="N|A,B,C", help="Other seeds than the preset's: a count (5 is 0 to 4), or a list."
    ),
]
Only = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--only", metavar="GLOB", help="Only the runs whose name matches, as in '*-seed0'."),
]
NoMouse = Annotated[
    bool, typer.Option("--no-mouse", help="Leave the mouse to the terminal, so that its own selection works.")
]


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
        _open_app(_runs(context, None), group, no_mouse)


@app.command()
def run(
    context: typer.Context,
    preset: Annotated[str, typer.Argument(help="A preset's name, or the path of a preset file.")],
    headless: Annotated[bool, typer.Option("--headless", help="Stay here and print progress; no app.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would run, and run nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="With --dry-run: print JSON.")] = False,
    overrides: Overrides = None,
    seeds: Seeds = None,
    only: Only = None,
    runs: Runs = None,
    group: Group = None,
    no_mouse: NoMouse = False,
) -> None:
    """Run a preset, or what is missing of it. Without --headless the app opens on its runs."""
    from cockpit.plan import plan

    if as_json and not dry_run:
        raise UserError("--json", "", "goes with --dry-run", "add --dry-run; for runs as JSON: cockpit ls --json")
    root, group = _runs(context, runs), _group(context, group)
    overrides = _overrides(overrides, seeds)
    planned = plan(preset, overrides, group=group, only=only, root=root)
    for caution in planned.cautions:
        typer.echo(f"warning: {caution}", err=True)
    if dry_run:
        from cockpit.dryrun import show

        show(planned, root, as_json=as_json)
    elif headless:
        from cockpit.headless import run_headless

        raise typer.Exit(run_headless(planned, root))
    else:
        _need_terminal()
        from cockpit.launch.detached import launch

        started = launch(preset, overrides, group, root, only)
        _open_app(root, planned.runs[0].group, no_mouse, started)


@app.command()
def doctor(
    context: typer.Context,
    preset: Annotated[Optional[str], typer.Argument(help="A preset's name, or the path of a preset file.")] = None,  # noqa: UP045
    overrides: Overrides = None,
    seeds: Seeds = None,
    only: Only = None,
    runs: Runs = None,
    group: Group = None,
) -> None:
    """Look for everything that would make a run fail, before anything is queued."""
    from cockpit.doctor import doctor as examine
    from cockpit.plan import plan

    root, group = _runs(context, runs), _group(context, group)
    overrides = _overrides(overrides, seeds)
    planned = plan(preset, overrides, group=group, only=only, needs_data=False, root=root) if preset else None
    raise typer.Exit(examine(planned, root))


@app.command("ls")
def list_runs(
    context: typer.Context,
    runs: Runs = None,
    group: Group = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON array.")] = False,
) -> None:
    """List every run and how it stands."""
    import msgspec

    from cockpit.listing import as_record, as_table
    from cockpit.runs import RunsFolder, find

    root, group = _runs(context, runs), _group(context, group)
    if root.exists() and not root.is_dir():
        raise UserError(root, "", "not a folder", "name the runs folder with --runs DIR or COCKPIT_RUNS")
    if not root.exists() and (runs or context.obj[0]):
        raise UserError(root, "", "no such runs folder", "name it with --runs DIR or COCKPIT_RUNS")
    if group is not None and not (root / group).is_dir():
        groups = sorted({path.parent.name for path in find(root)})
        raise UserError("--group", "", f"no group {group!r} in {root}", nearest(group, groups))
    found = RunsFolder(root, group).poll()
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode([as_record(s) for s in found]), indent=2).decode())
    elif found:
        from cockpit.console import stdout_console

        stdout_console().print(as_table(found))
    else:
        typer.echo(f"no runs yet in {root}; start some: cockpit run quickstart --headless")


@app.command("ensemble")
def ensemble(
    context: typer.Context,
    best: Annotated[
        bool, typer.Option("--best", help="Their best checkpoints, which are selected on the test set, not the last.")
    ] = False,
    runs: Runs = None,
    group: Group = None,
) -> None:
    """Measure what finished experts score together: runs that differ in nothing but their shard of the data."""
    from cockpit.experts import show

    raise typer.Exit(show(_runs(context, runs), _group(context, group), "best" if best else "last"))


@data.command("list")
def list_data(as_json: Annotated[bool, typer.Option("--json", help="Print a JSON array.")] = False) -> None:
    """List every data set: those at hand, and those that `prepare` can fetch."""
    from cockpit.data import show

    show(as_json=as_json)


@data.command("prepare")
def prepare_data(
    name: Annotated[str, typer.Argument(help="cifar10, cifar100, svhn or tinyimagenet.")],
    replace: Annotated[bool, typer.Option("--replace", help="Build it again where it exists already.")] = False,
) -> None:
    """Fetch a published data set, check it, and build its cache in $COCKPIT_DATA."""
    from cockpit.data import prepare

    raise typer.Exit(prepare(name, replace=replace))


@data.command("import")
def import_data(
    name: Annotated[str, typer.Argument(help="The name that presets will call it by.")],
    source: Annotated[
        Path, typer.Option("--from", metavar="DIR", help="A folder of train/<class>/*.png and test/<class>/*.png.")
    ],
    replace: Annotated[bool, typer.Option("--replace", help="Take the place of one of the same name.")] = False,
) -> None:
    """Build a data set from an ImageFolder, in $COCKPIT_DATA (default: the user's cache folder)."""
    from cockpit.data import import_folder

    raise typer.Exit(import_folder(name, source, replace=replace))


@presets.command("list")
def list_presets(as_json: Annotated[bool, typer.Option("--json", help="Print a JSON array.")] = False) -> None:
    """List every preset, by kind. One that cannot be read says why."""
    from cockpit.presetlist import show

    show(as_json=as_json)


@presets.command("show")
def show_preset(
    context: typer.Context,
    preset: Annotated[str, typer.Argument(help="A preset's name, or the path of a preset file.")],
    runs: Runs = None,
) -> None:
    """Show what a preset stands for. What it will take is told from earlier runs like its own."""
    from cockpit.presetsheet import show

    show(preset, _runs(context, runs))


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

    raise typer.Exit(check(preset or (), _runs(context, runs)))


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

    new(source, name, _runs(context, runs))


def _overrides(given: list[str] | None, seeds: str | None) -> list[str]:
    """What --set and --seeds ask for, as overrides.

    Raises:
        UserError: --seeds is no list of seeds, or both say which seeds.
    """
    from cockpit.plan import parse_override, seeds_override

    overrides = list(given or ())
    if seeds is None:
        return overrides
    for text in overrides:
        if parse_override(text)[0] in ("run.seed", "grid.run.seed"):
            raise UserError("--seeds", "", f"and --set {text} both say which seeds", "leave one of them out")
    return [*overrides, seeds_override(seeds)]


def _runs(context: typer.Context, given: Path | None) -> Path:
    """The runs folder: a command's own --runs, the one before the command, $COCKPIT_RUNS, runs/ here."""
    found = given or context.obj[0] or Path(os.environ.get("COCKPIT_RUNS") or "runs")
    return Path(found).expanduser().absolute()


def _group(context: typer.Context, given: str | None) -> str | None:
    """A command's own --group, else the one before the command."""
    before: str | None = context.obj[1]
    return before if given is None else given


def _need_terminal() -> None:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UserError("cockpit", "", "the app needs a terminal", "add --headless, or use: cockpit ls")


def _open_app(root: Path, group: str | None, no_mouse: bool, started: Popen[bytes] | None = None) -> None:
    _need_terminal()
    from cockpit.tui.app import run as run_app

    sys.exit(run_app(root, group, mouse=not no_mouse, started=started))


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
    except PermissionError as error:
        sys.stderr.write(f"error: {clean(str(error.filename))}: {error.strerror}\n  mend its permissions\n")
        sys.exit(2)
    except BrokenPipeError:
        # Whoever read our output has left (`cockpit ls | head`); say nothing more into the closed pipe.
        sys.stderr.close()
        sys.exit(1)


if __name__ == "__main__":
    main()
