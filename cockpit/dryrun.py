"""`cockpit run PRESET --dry-run`: what would run, for people or as JSON for programs."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
from rich.text import Text

from cockpit.console import stdout_console
from cockpit.insight.format import counted
from cockpit.insight.wording import phases
from cockpit.jobs import STATE
from cockpit.launch.backends import executor
from cockpit.launch.prepare import folders
from cockpit.launch.slots import at_once
from cockpit.plan import Plan, missing
from cockpit.status import status_of
from engine.contract.cleaning import clean


def show(plan: Plan, root: Path, *, as_json: bool, backend: str = "local") -> None:
    """Print a plan and launch nothing. The JSON is all that goes to standard output."""
    paths = folders(plan, root)
    if as_json:
        told = {
            "preset": plan.name,
            "runs": [
                {"group": run.group, "name": path.name, "spec": msgspec.to_builtins(run.spec)}
                for run, path in zip(plan.runs, paths, strict=True)
            ],
        }
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(told), indent=2) + b"\n")
        return
    console = stdout_console()
    for line in _lines(plan, paths):
        console.print(Text(clean(line)), soft_wrap=True)
    show_submission(paths, root, backend)


def show_submission(paths: Sequence[Path], root: Path, backend: str) -> None:
    """Print what would be submitted to a scheduler for those of some runs that have not finished."""
    console = stdout_console()
    todo = [path for path in paths if not path.exists() or status_of(path).word != "finished"]
    if backend != "local" and todo:
        submission = executor(backend).submission("cockpit-dry-run", root / STATE / "jobs", todo)
        for command in submission.commands:
            console.print(Text(clean(shlex.join(command))), soft_wrap=True)
        console.print(Text(clean(f"{submission.script}:")), soft_wrap=True)
        for line in submission.text.splitlines():
            console.print(Text(clean(f"  {line}")), soft_wrap=True)


def _lines(plan: Plan, paths: list[Path]) -> Iterator[str]:
    places = min(at_once([run.spec for run in plan.runs]), len(paths))
    words = [status_of(path).word if path.exists() else "new" for path in paths]
    done = words.count("finished")
    yield plan.preset.title
    yield f"{counted(len(paths), 'run')}, {places} at a time, in {paths[0].parent}" + (
        f"; {done} finished already" if done else ""
    )
    for run, path, word in zip(plan.runs, paths, words, strict=True):
        spec = run.spec
        what = f"{' + '.join(spec.models)} on {spec.data}, {counted(spec.epochs, 'epoch')}, seed {spec.seed}"
        if spec.objective != "supervised":
            what += f", {spec.objective}" + (f" from {spec.teacher.rpartition('/')[2]}" if spec.teacher else "")
        yield f"  {path.name}  {what}  {word}"
    yield from (f"  {line}" for line in phases([run.spec for run in plan.runs]))
    yield from missing(plan)
