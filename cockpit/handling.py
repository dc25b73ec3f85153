"""What the commands that change runs do, and the line a run that they print."""

from __future__ import annotations

import shutil
import sys
import time
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

from msgspec.structs import replace
from rich.text import Text

from cockpit import request
from cockpit.console import stdout_console
from cockpit.insight.format import counted
from cockpit.launch import control
from cockpit.launch.supervisor import ensure
from cockpit.logs import log_of
from cockpit.status import ENDED, HELD, Status, standing
from cockpit.targets import pick
from engine.contract.cleaning import clean
from engine.contract.errors import UserError

FOLLOW_SECONDS = 0.25


def stop(root: Path, targets: Sequence[str], how: Literal["epoch", "now", "kill"]) -> int:
    """Stop what is at work of some runs, and hold what is queued; 1 when there was neither."""

    def ask(run: Path, status: Status) -> str:
        if status.word in HELD:
            if how == "kill":
                return "killed" if control.kill(run) else "out of reach from here; it is asked to save and stop"
            {"epoch": control.stop_after_epoch, "now": control.stop_now}[how](run)
            return "stops after its epoch" if how == "epoch" else "saves and stops"
        if status.word not in ENDED and control.hold(run):
            return "held; to go on: cockpit resume"
        return ""

    return _each(pick(root, targets), ask, "at work or queued")


def again(root: Path, targets: Sequence[str], words: tuple[str, ...], retries: int | None) -> int:
    """Ask anew for those of some runs that are in one of these states; 1 when none is.

    `retries` None forgives as many failures as were to be forgiven before.
    """

    def ask(run: Path, status: Status) -> str:
        asked = request.read(run)
        if status.word not in words or (status.word == "queued" and asked and not asked.hold):
            return ""
        known = asked.retries if asked else 0
        control.ask([run], retries=known if retries is None else retries)
        return "queued"

    code = _each(pick(root, targets), ask, " or ".join(words[:3]))
    ensure(root)
    return code


def change(root: Path, targets: Sequence[str], what: Literal["hold", "release", "clear"]) -> int:
    """Hold, release or clear those of some runs that are queued; 1 when none is."""

    def ask(run: Path, status: Status) -> str:
        asked = request.read(run)
        if asked is None or status.word in HELD or status.word in ENDED:
            return ""
        if what == "clear":
            request.withdraw(run)
            return "taken out of the queue"
        request.write(run, replace(asked, hold=what == "hold"))
        return "held" if what == "hold" else "released"

    code = _each(pick(root, targets), ask, "queued")
    if what == "release":
        ensure(root)
    return code


def move(root: Path, targets: Sequence[str], *, last: bool, priority: int | None) -> int:
    """Put those of some runs that are queued before or behind all others, in their own order; 1 when none is."""
    queued = [asked for run in request.everything(root) if (asked := request.read(run))]
    ends = [asked.order for asked in queued] or [0.0]
    place = max(ends) + 1 if last else min(ends) - 1 - len(queued)

    def ask(run: Path, status: Status) -> str:
        nonlocal place
        asked = request.read(run)
        if asked is None or status.word in HELD or status.word in ENDED:
            return ""
        place += 1e-3
        order = place if last or priority is None else asked.order
        request.write(run, replace(asked, order=order, priority=asked.priority if priority is None else priority))
        told = ["last" if last else "first"] if last or priority is None else []
        return " in ".join([*told, *([f"priority {priority}"] if priority is not None else [])])

    return _each(pick(root, targets), ask, "queued")


def remove(root: Path, targets: Sequence[str], *, asks: bool) -> int:
    """Remove runs that are not at work, when a person says so; 1 when nothing was removed."""
    runs = pick(root, targets)
    _refuse_busy(runs)
    console = stdout_console()
    for run in runs:
        console.print(Text(clean(f"{_name(run)}  {_status(run).word}")), soft_wrap=True)
    if asks:
        if not sys.stdin.isatty():
            raise UserError("cockpit rm", "", "nobody is there to be asked", "say --yes")
        if input(f"remove {counted(len(runs), 'run')} with checkpoints and all? [y/N] ").strip().lower() != "y":
            return 1
    # Whoever was asked may have taken an hour, and the queue none: it is to start none of them from here on.
    asked = {run: held for run in runs if (held := request.read(run))}
    for run in asked:
        request.withdraw(run)
    try:
        _refuse_busy(runs)
    except UserError:
        for run, held in asked.items():
            request.write(run, held)
        raise
    for run in runs:
        # Renamed first: a folder that is half removed must be nobody's run.
        aside = run.with_name(f".removed-{uuid.uuid4().hex[:6]}-{run.name}")
        run.rename(aside)
        if aside.is_symlink():
            aside.unlink()  # What it points to lies elsewhere, and was not meant.
        else:
            shutil.rmtree(aside)
    console.print(f"removed {counted(len(runs), 'run')}")
    return 0


def _refuse_busy(runs: Sequence[Path]) -> None:
    busy = [run for run in runs if _status(run).word in HELD]
    if busy:
        names = ", ".join(_name(run) for run in busy[:3])
        raise UserError(names, "", "at work, and so not removed; nothing was", "stop it first: cockpit stop")


def print_log(run: Path, *, follow: bool) -> None:
    """The last attempt's log, cleaned line by line; with `follow` until nothing more can come.

    Raises:
        UserError: it has none yet.
    """
    log = log_of(run)
    if log is None or not log.exists():
        raise UserError(_name(run), "", "has no log yet: no attempt was made", "look at: cockpit queue")
    held = ""
    with log.open("r", encoding="utf-8", errors="replace", newline="\n") as file:
        while True:
            over = _status(run).word not in HELD
            for line in file:
                held += line
                # A line whose end is still to be written is no line yet, unless nothing more is waited for.
                if held.endswith("\n"):
                    sys.stdout.write(clean(held.rstrip("\n")).expandtabs(4) + "\n")
                    held = ""
            if held and (over or not follow):
                sys.stdout.write(clean(held).expandtabs(4) + "\n")
            sys.stdout.flush()
            if over or not follow:
                return
            time.sleep(FOLLOW_SECONDS)


def _each(runs: Sequence[Path], ask: Callable[[Path, Status], str], wanted: str) -> int:
    """Ask something of each run and say what came of it; 1 when it came to nothing for all, or went wrong for one."""
    console, done, wrong = stdout_console(), 0, 0
    for run in runs:
        status = _status(run)
        try:
            came = ask(run, status)
            done += bool(came)
        except UserError as error:
            # A file of one run that is damaged, or its scheduler that is away, must keep no other from its turn.
            came = f"{error.where}: {error.problem}; {error.remedy}"
            wrong += 1
        console.print(Text(clean(f"{_name(run)}: {came or f'{status.word}, left as it is'}")), soft_wrap=True)
    if not done and not wrong:
        console.print(f"none of {counted(len(runs), 'run')} is {wanted}")
    return 0 if done and not wrong else 1


def _status(run: Path) -> Status:
    return standing(run, request.read(run))


def _name(run: Path) -> str:
    return f"{run.parent.name}/{run.name}"
