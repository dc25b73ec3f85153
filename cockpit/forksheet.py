"""`cockpit fork`: where a run can be forked, and what a fork would be."""

from __future__ import annotations

from pathlib import Path

from rich.table import Table
from rich.text import Text

from cockpit import dryrun
from cockpit.console import print_table, stdout_console
from cockpit.fork import ForkPlan, checkpoints
from cockpit.insight.fork import in_words, rates
from cockpit.insight.format import counted, percent
from cockpit.insight.wording import networks
from cockpit.launch.prepare import folders
from cockpit.plan import missing
from cockpit.status import status_of
from engine.contract.checkpoints import best_manifest
from engine.contract.cleaning import clean
from engine.contract.errors import UserError
from engine.contract.folder import read_spec

#: How far what belongs to a run is set in.
INDENT = "  "


def show_checkpoints(run: Path) -> None:
    """Print the epochs of a run that have a checkpoint, with what it scored there.

    Raises:
        UserError: it has none.
    """
    found, best = checkpoints(run), best_manifest(run / "checkpoints")
    name = clean(f"{run.parent.name}/{run.name}")
    if not found:
        remedy = "a run has one from its first epoch on; one that was published or packed has none left"
        raise UserError(name, "", "has no checkpoint to fork at", remedy)
    console = stdout_console()
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("epoch", "test"):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("")
    for manifest in found:
        notes = ["best"] * (best is not None and best.file == manifest.file) + ["newest"] * (manifest is found[-1])
        table.add_row(str(manifest.epoch), percent(manifest.test_acc), ", ".join(notes))
    print_table(console, table)
    spec, _ = read_spec(run)
    within = [manifest.epoch for manifest in found if manifest.epoch < spec.epochs]
    # At its very end there is nothing left to do but more.
    asked = f"{within[-1]} --set lr=0.01" if within else f"{found[-1].epoch} --set epochs={2 * spec.epochs}"
    console.print(Text(f"fork with: cockpit fork {name} --at {asked}"), soft_wrap=True)


def show(fork: ForkPlan, root: Path, *, backend: str = "local") -> None:
    """Print what a fork would be, its learning rate drawn beside its parent's, and launch nothing."""
    planned, paths = fork.plan.runs[0], folders(fork.plan, root)
    spec, path = planned.spec, paths[0]
    word = status_of(path).word if path.exists() else "new"
    what = f"{networks(spec)} on {spec.data}, {counted(spec.epochs, 'epoch')}, seed {spec.seed}"
    console = stdout_console()
    theirs, ours = rates(fork.change, console.width - len(INDENT), ascii_only=not _encodes(console.encoding))
    drawn = ["drawn, its parent's:", *theirs, "drawn, the fork's:", *ours] if theirs != ours else ["drawn:", *ours]
    lines = [f"{fork.plan.preset.title}, in {path.parent}", f"{INDENT}{path.name}  {what}  {word}"]
    for line in (*lines, *(INDENT + line for line in (*in_words(fork.change), *drawn, *missing(fork.plan)))):
        console.print(Text(clean(line)), soft_wrap=True)
    if backend != "local":
        for line in dryrun.submissions(fork.plan, root, paths, backend):
            console.print(Text(clean(line)), soft_wrap=True)


def _encodes(encoding: str) -> bool:
    """Whether a terminal can show what a curve is drawn with."""
    try:
        "▁█".encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
