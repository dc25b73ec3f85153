"""Options that several commands share, each with its environment variable, and what they come to."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional, TypeVar

import typer

T = TypeVar("T")
Runs = Annotated[
    Optional[Path],  # noqa: UP045 (typer reads the annotation at run time)
    typer.Option("--runs", envvar="COCKPIT_RUNS", help="The runs folder.  [default: runs/]", show_default=False),
]
Group = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(
        "--group",
        envvar="COCKPIT_GROUP",
        help="The group of runs.  [default: the preset's name; all, where runs are listed]",
        show_default=False,
    ),
]
Overrides = Annotated[
    Optional[list[str]],  # noqa: UP045
    typer.Option(
        "--set",
        metavar="PATH=VALUE",
        help="Override a setting, as in run.epochs=3. Repeatable.  [env var: COCKPIT_SET, separated by commas]",
    ),
]
Seeds = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(
        "--seeds",
        metavar="N|A,B,C",
        envvar="COCKPIT_SEEDS",
        help="Other seeds than the preset's: a count (5 is 0 to 4), or a list.",
    ),
]
Only = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(
        "--only",
        metavar="GLOB",
        envvar="COCKPIT_ONLY",
        help="Only the runs whose name matches, as in '*-seed0', and those that teach them.",
    ),
]
NoMouse = Annotated[
    bool,
    typer.Option(
        "--no-mouse",
        envvar="COCKPIT_NO_MOUSE",
        help="Leave the mouse to the terminal, so that its own selection works.",
    ),
]
PresetName = Annotated[str, typer.Argument(help="A preset's name, or the path of a preset file.")]
Targets = Annotated[
    list[str], typer.Argument(metavar="RUN...", help="Runs: GROUP/NAME, a label, a group, or a pattern of these.")
]


def runs_folder(context: typer.Context, given: Path | None) -> Path:
    """The runs folder: a command's own --runs or $COCKPIT_RUNS, else that before the command, else runs/ here.

    The environment reaches both options, so that the one before the command only wins where it was written out.
    """
    found = _stronger(context, "runs", given, context.obj[0])
    return Path(found or "runs").expanduser().absolute()


def group_of(context: typer.Context, given: str | None) -> str | None:
    """A command's own --group, else the one before the command."""
    return _stronger(context, "group", given, context.obj[1])


def _stronger(context: typer.Context, name: str, given: T | None, before: T | None) -> T | None:
    """A command's own option, unless it only comes from the environment and stands before the command, too."""
    written = context.get_parameter_source(name)
    own = given is not None and (before is None or bool(written and written.name == "COMMANDLINE"))
    return given if own else before
