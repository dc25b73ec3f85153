"""`cockpit presets check`: whether presets could be launched, a line each, and what is to be doubted in them."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from rich.text import Text

from cockpit.console import stdout_console
from cockpit.insight.format import counted
from cockpit.plan import Plan, missing, plan
from cockpit.presets import locate, shelves
from engine.contract.cleaning import clean
from engine.contract.errors import UserError

EXIT_FAILED = 1


def check(presets: Sequence[str], root: Path) -> int:
    """Print what is found of each preset, or of every one where none is named; 1 if one cannot be launched, else 0.

    Raises:
        UserError: one of those named is not there.
    """
    paths = [locate(preset) for preset in presets] or [shelf.path for shelf in shelves()]
    console = stdout_console()
    failed = 0
    to_bring: dict[str, None] = {}
    for path in paths:
        try:
            made = planned(path, root)
            lines = passed(made)
            to_bring |= dict.fromkeys(missing(made))
        except UserError as error:
            failed += 1
            first, rest = str(error).split("\n", 1)
            lines = [f"✗ {first}", f"  {rest}"]
        for line in lines:
            console.print(Text(clean(line)), soft_wrap=True)
    told = [f"{len(paths) - failed} of {counted(len(paths), 'preset')} are sound"] if len(paths) > 1 else []
    for line in (*told, *to_bring):
        console.print(Text(clean(line)), soft_wrap=True)
    return EXIT_FAILED if failed else 0


def planned(path: Path, root: Path) -> Plan:
    """A preset's runs, checked to the end, but that its data sets may be missing still.

    Raises:
        UserError: something else is wrong.
    """
    made = plan(str(path), needs_data=False, root=root)
    return made if missing(made) else plan(str(path), root=root)


def passed(made: Plan) -> list[str]:
    """What is said of a preset that could be launched: how many runs it stands for, and every doubt."""
    return [f"✓ {made.name}  {counted(len(made.runs), 'run')}", *(f"  ▲ {doubt}" for doubt in doubts(made))]


def doubts(made: Plan) -> list[str]:
    """What is legal and probably not meant: in the runs, and references that no run asks for."""
    references = made.preset.reference.runs
    used = {next((i for i, f in enumerate(references) if fnmatchcase(run.point, f.run)), None) for run in made.runs}
    unused = [
        f"reference.runs[{i}]: no run has its figures from {figures.run!r}"
        for i, figures in enumerate(references)
        if i not in used
    ]
    return [*made.cautions, *unused]
