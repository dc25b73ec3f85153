"""What the commands that change runs do, and the line a run that they print."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.text import Text

from cockpit import asking
from cockpit.console import stdout_console
from cockpit.insight.format import counted
from cockpit.launch.supervisor import ensure
from cockpit.logs import log_of
from cockpit.status import HELD, Status
from cockpit.targets import pick
from engine.contract.cleaning import clean
from engine.contract.errors import UserError

FOLLOW_SECONDS = 0.25


def stop(root: Path, targets: Sequence[str], how: asking.Stop) -> int:
    """Stop what is at work of some runs, and hold what is queued; 1 when there was neither."""
    return _each(pick(root, targets), lambda run, status: asking.stop(run, status, how), "at work or queued")


def again(root: Path, targets: Sequence[str], words: tuple[str, ...], retries: int) -> int:
    """Ask anew for those of some runs that are in one of these states; 1 when none is."""
    code = _each(
        pick(root, targets), lambda run, status: asking.again(run, status, words, retries), " or ".join(words[:3])
    )
    ensure(root)
    return code


def change(root: Path, targets: Sequence[str], what: asking.Change) -> int:
    """Hold, release or clear those of some runs that are queued; 1 when none is."""
    code = _each(pick(root, targets), lambda run, status: asking.change(run, status, what), "queued")
    if what == "release":
        ensure(root)
    return code


def move(root: Path, targets: Sequence[str], *, last: bool, priority: int | None) -> int:
    """Put those of some runs that are queued before or behind all others, in their own order; 1 when none is."""
    places = asking.places(root, last=last)

    def ask(run: Path, status: Status) -> str:
        if priority is not None:
            return asking.move(run, status, priority=priority) and f"priority {priority}"
        return asking.move(run, status, order=next(places)) and ("last" if last else "first")

    return _each(pick(root, targets), ask, "queued")


def remove(root: Path, targets: Sequence[str], *, asks: bool) -> int:
    """Remove runs that are not at work, when a person says so; 1 when nothing was removed."""
    runs = pick(root, targets)
    busy = [run for run in runs if asking.standing_of(run).word in HELD]
    if busy:
        names = ", ".join(_name(run) for run in busy[:3])
        raise UserError(names, "", "at work, and so not removed; nothing was", "stop it first: cockpit stop")
    console = stdout_console()
    for run in runs:
        console.print(Text(clean(f"{_name(run)}  {asking.standing_of(run).word}")), soft_wrap=True)
    if asks:
        if not sys.stdin.isatty():
            raise UserError("cockpit rm", "", "nobody is there to be asked", "say --yes")
        if input(f"remove {counted(len(runs), 'run')} with checkpoints and all? [y/N] ").strip().lower() != "y":
            return 1
    for run in runs:
        asking.remove(run)
    console.print(f"removed {counted(len(runs), 'run')}")
    return 0


def print_log(run: Path, *, follow: bool) -> None:
    """The last attempt's log, cleaned line by line; with `follow` until nothing more can come.

    Raises:
        UserError: it has none yet.
    """
    log = log_of(run)
    if log is None or not log.exists():
        raise UserError(_name(run), "", "has no log yet: no attempt was made", "look at: cockpit queue")
    with log.open("r", encoding="utf-8", errors="replace", newline="\n") as file:
        while True:
            over = asking.standing_of(run).word not in HELD
            for line in file:
                sys.stdout.write(clean(line.rstrip("\n")).expandtabs(4) + "\n")
            sys.stdout.flush()
            if over or not follow:
                return
            time.sleep(FOLLOW_SECONDS)


def _each(runs: Sequence[Path], ask: Callable[[Path, Status], str], wanted: str) -> int:
    """Ask something of every run and say what came of it; 1 when it came to nothing for all."""
    console, done = stdout_console(), 0
    for run in runs:
        status = asking.standing_of(run)
        came = ask(run, status)
        done += bool(came)
        console.print(Text(clean(f"{_name(run)}: {came or f'{status.word}, left as it is'}")), soft_wrap=True)
    if not done:
        console.print(f"none of {counted(len(runs), 'run')} is {wanted}")
    return 0 if done else 1


def _name(run: Path) -> str:
    return f"{run.parent.name}/{run.name}"
