"""What the commands that change runs do, and the line a run that they print."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.text import Text

from cockpit import asking, request
from cockpit.console import stdout_console
from cockpit.insight.format import counted
from cockpit.launch import control
from cockpit.launch.lock import Lock
from cockpit.launch.prepare import folders
from cockpit.launch.supervisor import ensure
from cockpit.logs import log_of
from cockpit.plan import Plan
from cockpit.runs import check_place
from cockpit.status import DEPENDENT, HELD, Status, status_of
from cockpit.targets import pick_own
from engine.contract.cleaning import clean
from engine.contract.errors import UserError

FOLLOW_SECONDS = 0.25


def asked_for(plan: Plan, root: Path) -> str:
    """What beginning a plan would come to: how many runs are asked for, and what is done or at work already."""
    paths = folders(plan, root)
    words = [status_of(path).word if path.exists() else "queued" for path in paths]
    leaving = sum(control.is_leaving(word, request.read(path)) for word, path in zip(words, paths, strict=True))
    finished, busy = words.count("finished"), sum(word in HELD for word in words) - leaving
    told = [f"{finished} finished already"] if finished else []
    told += [f"{busy} at work already"] if busy else []
    told += [f"{leaving} of them once they have stopped"] if leaving else []
    asked = len(paths) - finished - busy
    head = f"asked for {counted(asked, 'run')}" if asked else "asked for nothing"
    return f"{'; '.join([f'{head} in {paths[0].parent.name}', *told])}; look at: cockpit {'queue' if asked else 'ls'}"


def stop(root: Path, targets: Sequence[str], how: asking.Stop) -> int:
    """Stop what is at work of some runs, and hold what is queued; 1 when there was neither."""
    return _each(pick_own(root, targets), lambda run, status: asking.stop(run, status, how), "at work or queued")


def again(root: Path, targets: Sequence[str], words: Sequence[str], retries: int | None) -> int:
    """Ask anew for those of some runs that are in one of these states; 1 when none is. `retries` as asking.again."""
    told = " or ".join(words[:3])
    code = _each(
        pick_own(root, targets), lambda run, status: asking.again(run, status, words, retries), told, way_on=True
    )
    ensure(root)
    return code


def change(root: Path, targets: Sequence[str], what: asking.Change) -> int:
    """Hold, release or clear those of some runs that are queued; 1 when none is."""
    code = _each(pick_own(root, targets), lambda run, status: asking.change(run, status, what), "queued")
    if what == "release":
        ensure(root)
    return code


def start(root: Path) -> None:
    """Have a queue at work on a runs folder, and say which process that is."""
    check_place(root, None)
    started = ensure(root)
    holder = started.pid if started else Lock(root).holder()
    stdout_console().print(f"process {holder} sees to the queue of {root}", soft_wrap=True)


def move(root: Path, targets: Sequence[str], *, last: bool, priority: int | None) -> int:
    """Put those of some runs that are queued before or behind all others, in their own order; 1 when none is."""
    places = asking.places(root, last=last)
    told = ["last" if last else "first"] if last or priority is None else []
    words = " in ".join([*told, *([f"priority {priority}"] if priority is not None else [])])

    def ask(run: Path, status: Status) -> str:
        order = next(places) if told else None
        return asking.move(run, status, order=order, priority=priority) and words

    return _each(pick_own(root, targets), ask, "queued")


def remove(root: Path, targets: Sequence[str], *, asks: bool) -> int:
    """Remove runs that are not at work, when a person says so; 1 when nothing was removed."""
    runs = pick_own(root, targets)
    asking.refuse_busy(runs)
    console = stdout_console()
    for run in runs:
        console.print(Text(clean(f"{asking.name_of(run)}  {asking.standing_of(run).word}")), soft_wrap=True)
    for student in asking.students(root, runs):
        words = f"warning: {asking.name_of(student)} needs what is removed to learn from, and is not finished"
        console.print(Text(clean(words)), soft_wrap=True)
    if asks:
        if not sys.stdin.isatty():
            raise UserError("cockpit rm", "", "nobody is there to be asked", "say --yes")
        if input(f"remove {counted(len(runs), 'run')} with checkpoints and all? [y/N] ").strip().lower() != "y":
            return 1
    asking.remove(runs)
    console.print(f"removed {counted(len(runs), 'run')}")
    return 0


def print_log(run: Path, *, follow: bool) -> None:
    """The last attempt's log, cleaned line by line; with `follow` until nothing more can come.

    Raises:
        UserError: it has none yet.
    """
    log = log_of(run)
    if log is None:
        raise UserError(asking.name_of(run), "", "has no log yet: no attempt was made", "look at: cockpit queue")
    if not log.exists():
        status = asking.standing_of(run)
        why = f"{status.word}, {status.reason}" if status.reason else status.word
        way = asking.way_on(run, status)
        raise UserError(asking.name_of(run), "", f"wrote no log: {why}", way or "look at: cockpit queue")
    held = ""
    with log.open("r", encoding="utf-8", errors="replace", newline="\n") as file:
        while True:
            over = asking.standing_of(run).word not in HELD
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


def _each(runs: Sequence[Path], ask: Callable[[Path, Status], str], wanted: str, *, way_on: bool = False) -> int:
    """Ask something of each run and say what came of it; 1 when it came to nothing for all, or went wrong for one.

    With `way_on` one that is left as it is is told with what would have it go on.
    """
    console, done, wrong = stdout_console(), 0, 0
    for run in runs:
        status = asking.standing_of(run)
        try:
            came = ask(run, status)
            done += bool(came)
        except UserError as error:
            # A file of one run that is damaged, or its scheduler that is away, must keep no other from its turn.
            came = f"{error.where}: {error.problem}; {error.remedy}"
            wrong += 1
        if not came:
            came = f"{status.word}{' ' + status.reason if status.word in DEPENDENT else ''}, left as it is"
            came += f"; to go on: {way}" if way_on and (way := asking.way_on(run, status)) else ""
        console.print(Text(clean(f"{asking.name_of(run)}: {came}")), soft_wrap=True)
    if not done and not wrong:
        console.print(f"none of {counted(len(runs), 'run')} is {wanted}")
    return 0 if done and not wrong else 1
