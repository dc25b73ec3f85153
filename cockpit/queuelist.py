"""`cockpit queue`: what is at work and what is queued, in its order, as a table or as JSON."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct
from rich.table import Table
from rich.text import Text

from cockpit.console import print_table, stdout_console
from cockpit.insight.format import counted
from cockpit.launch.lock import Lock
from cockpit.launch.supervisor import refusals
from cockpit.queued import Queued, arranged
from cockpit.request import everything, read
from cockpit.runs import check_place
from cockpit.status import FAILED, GLYPHS, OPEN, standing
from engine.contract.cleaning import clean
from engine.contract.process import host

#: How many failures are listed.
MOST_FAILED = 20


class Entry(Struct, frozen=True, kw_only=True):
    """One run that is asked for and not done. `place` counts those that are queued, from 1."""

    run: str
    status: str
    reason: str
    place: int | None
    priority: int
    backend: str
    host: str


class Failure(Struct, frozen=True):
    """A run that was asked for and ended badly."""

    run: str
    group: str
    words: str


def entries(root: Path, group: str | None = None) -> list[Entry]:
    """What is at work, then what is queued in its order, then what waits, is blocked or held; a group's, or all."""
    return look(root, group)[0]


def look(root: Path, group: str | None = None) -> tuple[list[Entry], list[Failure]]:
    """The entries, and what was asked for of their groups, or where nothing is left of any group, and failed."""
    asked = [(run, request) for run in everything(root) if (request := read(run))]
    stand = [(run, request, standing(run, request)) for run, request in asked]
    queue = arranged(stand, refusals(root))
    found = [_entry(queued) for queued in queue if group in (None, queued.name.partition("/")[0])]
    failed = [
        Failure(clean(f"{run.parent.name}/{run.name}"), clean(run.parent.name), clean(f"{s.word}: {s.reason}"))
        for run, _, s in stand
        if s.word in FAILED and group in (None, run.parent.name)
    ]
    groups = {entry.run.partition("/")[0] for entry in found}
    return found, [each for each in failed if each.group in groups or not groups]


def _entry(queued: Queued) -> Entry:
    return Entry(
        run=clean(queued.name),
        status=queued.status.word,
        reason=clean(queued.status.reason),
        place=queued.place,
        priority=queued.request.priority,
        backend=queued.request.backend,
        host=queued.request.host,
    )


def show(root: Path, group: str | None, *, as_json: bool, named: bool) -> None:
    """Print the queue, or a group's part of it, what failed of its groups, and who sees to it.

    Raises:
        UserError: there is no such folder, or group.
    """
    check_place(root, group, named=named)
    found, failed = look(root, group)
    if as_json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(found), indent=2).decode() + "\n")
        return
    console = stdout_console()
    if found:
        table = Table(box=None, pad_edge=False, header_style="bold")
        for name in ("", "run", "state", "where"):
            table.add_column(name, overflow="fold")
        for entry in found:
            glyph = next(pair[0] for word, pair in GLYPHS.items() if word == entry.status)
            told = f"{glyph} {entry.status}" + (f" {entry.reason}" if entry.reason else "")
            told += f"  priority {entry.priority}" if entry.priority else ""
            place = str(entry.place) if entry.place else ""
            table.add_row(
                place, Text(entry.run), Text(told), entry.host if entry.backend == "local" else entry.backend
            )
        print_table(console, table)
    for line in (*_of_failed(failed), *_who(root, found)):
        console.print(Text(line), soft_wrap=True)


def _of_failed(failed: Sequence[Failure]) -> Iterator[str]:
    """Each run that failed and why, as many as can be read at a glance, and what has them tried again."""
    yield from (f"{each.run}: {each.words}" for each in failed[:MOST_FAILED])
    if failed[MOST_FAILED:]:
        yield f"and {len(failed) - MOST_FAILED} more; all of them: cockpit ls"
    if failed:
        groups = sorted({each.group for each in failed})
        yield f"{len(failed)} failed; to try them again: cockpit retry {shlex.join(groups)}"


def _who(root: Path, found: Sequence[Entry]) -> Iterator[str]:
    """How many there are, who sees to them, and what they need a person for."""
    holder = Lock(root).holder()
    who = (
        f"process {holder} on {host()} sees to it" if holder is not None else f"the queue is not running on {host()}"
    )
    ours = any(entry.host == host() and (entry.place or entry.status == "waiting") for entry in found)
    start = "; to start it: cockpit queue start" if holder is None and ours else ""
    yield f"{counted(len(found), 'run')} at work or queued; {who}{start}"
    held = sum(entry.status in OPEN and entry.reason.rpartition("; ")[2] == "held" for entry in found)
    if held:
        yield f"{held} of them held; to let them go on: cockpit queue release RUN"
