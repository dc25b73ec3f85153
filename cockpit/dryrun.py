"""`cockpit run PRESET --dry-run`: what would run, for people or as JSON for programs."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
from rich.text import Text

from cockpit.console import stdout_console
from cockpit.insight.format import counted
from cockpit.insight.wording import phases
from cockpit.jobs import STATE
from cockpit.launch.backends import executor, together
from cockpit.launch.cluster import MOST_AT_ONCE
from cockpit.launch.prepare import folders, settled
from cockpit.plan import Plan, missing
from cockpit.request import teacher_of
from cockpit.status import HELD, status_of
from engine.contract.cleaning import clean

#: States of a run that nothing is submitted for.
DONE = HELD | {"finished"}


def show(plan: Plan, root: Path, *, as_json: bool, backend: str = "local", per_gpu: int | None = None) -> None:
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
    for line in lines(plan, root, paths, backend, per_gpu or 1):
        console.print(Text(clean(line)), soft_wrap=True)


def lines(plan: Plan, root: Path, paths: list[Path], backend: str = "local", per_gpu: int = 1) -> Iterator[str]:
    """What would run, a line each; for a scheduler also the very commands and script it would be given.

    Raises:
        UserError: there is a mistake in the backend's profile.
    """
    yield from _lines(plan, paths, together([run.spec for run in plan.runs], backend, per_gpu))
    if backend != "local":
        yield from submissions(plan, root, paths, backend)


def submissions(plan: Plan, root: Path, paths: list[Path], backend: str) -> Iterator[str]:
    """What a scheduler would be given at once; a student's job is submitted when its teacher is done, and told of."""
    words = {path: status_of(path).word if path.exists() else "queued" for path in paths}
    todo = {path: run for run, path in zip(settled(plan, paths), paths, strict=True) if words[path] not in DONE}
    teachers = {path: teacher_of(path, run.spec.teacher) for path, run in todo.items()}
    later = [path for path, teacher in teachers.items() if teacher and words.get(teacher) != "finished"]
    now = [path for path in todo if path not in later]
    for start in range(0, len(now), MOST_AT_ONCE):
        part = now[start : start + MOST_AT_ONCE]
        submission = executor(backend).submission("cockpit-dry-run", root / STATE / "jobs", part)
        yield from (shlex.join(command) for command in submission.commands)
        yield f"{submission.script}:"
        yield from (f"  {line}" for line in submission.text.splitlines())
    if not todo:
        yield "nothing to submit: every run is finished, or at work already"
    if later:
        yield f"{counted(len(later), 'run')} likewise, each when its teacher is done"


def _lines(plan: Plan, paths: list[Path], places: int | None) -> Iterator[str]:
    words = [status_of(path).word if path.exists() else "new" for path in paths]
    done = words.count("finished")
    yield plan.preset.title
    at_a_time = f", {places} at a time" if places else ""
    yield f"{counted(len(paths), 'run')}{at_a_time}, in {paths[0].parent}" + (
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
