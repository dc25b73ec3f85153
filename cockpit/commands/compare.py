"""`cockpit compare`: sessions side by side, as text, Markdown or JSON."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from cockpit.commands.options import Runs, Targets, runs_folder
from engine.contract.errors import UserError

if TYPE_CHECKING:
    from cockpit.insight.compare import Comparison


def compare(
    context: typer.Context,
    targets: Targets,
    baseline: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--baseline",
            metavar="RUN",
            envvar="COCKPIT_BASELINE",
            help="What the others are measured against.  [default: the first]",
            show_default=False,
        ),
    ] = None,
    epoch: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(
            "--epoch",
            min=1,
            envvar="COCKPIT_EPOCH",
            help="The epoch to give every figure of.  [default: the last that all have]",
            show_default=False,
        ),
    ] = None,
    markdown: Annotated[
        bool, typer.Option("--markdown", envvar="COCKPIT_MARKDOWN", help="Print Markdown, which is the default.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", envvar="COCKPIT_JSON", help="Print JSON.")] = False,
    output: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--output", envvar="COCKPIT_OUTPUT", help="Write it to a new file, not to the screen.", show_default=False
        ),
    ] = None,
    runs: Runs = None,
) -> None:
    """Compare sessions: what differs, who is ahead and when, and whether that can be told.

    Runs that differ in nothing but their seed are one session, their mean.
    """
    import msgspec

    from cockpit.insight.report import as_record
    from cockpit.insight.report import markdown as write

    if markdown and as_json:
        raise UserError("--markdown", "", "--json asks for another form", "leave one of them out")
    compared = _compared(runs_folder(context, runs), targets, baseline)
    if epoch is not None and epoch not in compared.epochs:
        measured = f"{compared.epochs[0]} to {compared.epochs[-1]}" if compared.epochs else "none"
        raise UserError("--epoch", "", f"epoch {epoch} is measured in none of them", f"measured epochs: {measured}")
    if as_json:
        text = msgspec.json.format(msgspec.json.encode(as_record(compared, epoch)), indent=2).decode() + "\n"
    else:
        text = write(compared, epoch)
    if output is None:
        typer.echo(text, nl=False)
        return
    save(output, text)
    typer.echo(f"written: {output}")


def _compared(root: Path, targets: list[str], baseline: str | None) -> Comparison:
    """The comparison of the runs that are meant, in the order they are named.

    Raises:
        UserError: a name means no run, there are fewer than two to compare, or the baseline is none of them.
    """
    from msgspec.structs import replace

    from cockpit.insight.compare import compare as side_by_side
    from cockpit.runs import RunsFolder
    from cockpit.targets import pick

    paths = list(dict.fromkeys(path for target in targets for path in pick(root, [target])))
    if len(paths) < 2:
        raise UserError("RUN...", "", f"only one run is meant: {paths[0].name}", "name two or more, or a whole group")
    groups = {path.parent.name for path in paths}
    known = {run.path: run for group in groups for run in RunsFolder(root, group).poll()}
    compared = side_by_side([known[path] for path in paths if path in known])
    if baseline is None:
        return compared
    meant = set(pick(root, [baseline]))
    places = [i for i, one in enumerate(compared.contenders) if meant & {run.path for run in one.runs}]
    if len(places) != 1:
        problem = f"means {len(places)} of the sessions compared" if places else "is none of the sessions compared"
        names = ", ".join(f"{run.group}/{run.name}" for one in compared.contenders for run in one.runs[:1])
        raise UserError("--baseline", "", f"{baseline!r} {problem}", f"name one of {names}")
    return replace(compared, baseline=places[0])


def save(path: Path, text: str) -> None:
    """Write a new file; one that is there stays as it is.

    Raises:
        UserError: the file is there already, or cannot be written.
    """
    from engine.contract.folder import publish

    try:
        publish(path, text.encode(), exclusive=True)
    except FileExistsError:
        raise UserError(path, "", "is there already", "name another file, or remove this one first") from None
    except OSError as error:
        remedy = "name a file in a folder that you may write to"
        raise UserError(path, "", error.strerror or str(error), remedy) from None
