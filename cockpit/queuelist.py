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
from cockpit.request import Request, everything, read
from cockpit.runs import check_place
from cockpit.status import ENDED, FAILED, GLYPHS, HELD, OPEN, standing
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
    found: list[tuple[tuple[object, ...], Entry]] = []
    failed: list[Failure] = []
    refused = refusals(root)
    asked = [(run, request) for run in everything(root) if (request := read(run))]
    place = 0
    for run, request in sorted(asked, key=lambda each: each[1].rank):
        status = standing(run, request)
        name, own = f"{run.parent.name}/{run.name}", group in (None, run.parent.name)
        if status.word in FAILED and own:
            failed.append(Failure(clean(name), clean(run.parent.name), clean(f"{status.word}: {status.reason}")))
        if status.word in ENDED:
            continue
        due = status.word == "queued" and not request.hold and name not in refused
        place += due
        reason = refused.get(name, status.reason) if status.word == "queued" else status.reason
        entry = _entry(name, status.word, reason, place if due else None, request)
        order = 0 if status.word in HELD else 1 if due else 2
        if own:
            found.append(((order, *request.rank), entry))
    groups = {entry.run.partition("/")[0] for _, entry in found}
    failed = [each for each in failed if each.group in groups or not groups]
    return [entry for _, entry in sorted(found, key=lambda each: each[0])], failed


def _entry(name: str, word: str, reason: str, place: int | None, request: Request) -> Entry:
    return Entry(
        run=clean(name),
        status=word,
        reason=clean(reason),
        place=place,
        priority=request.priority,
        backend=request.backend,
        host=request.host,
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
    who = f"process {holder} on {host()} sees to it" if holder is not None else f"no queue is at work on {host()}"
    ours = any(entry.host == host() and (entry.place or entry.status == "waiting") for entry in found)
    start = "; to start it: cockpit queue start" if holder is None and ours else ""
    yield f"{counted(len(found), 'run')} at work or queued; {who}{start}"
    held = sum(entry.status in OPEN and entry.reason.rpartition("; ")[2] == "held" for entry in found)
    if held:
        yield f"{held} of them held; to let them go on: cockpit queue release RUN"
