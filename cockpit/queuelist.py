"""`cockpit queue`: what is at work and what is queued, in its order, as a table or as JSON."""

from __future__ import annotations

import sys
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
from cockpit.status import ENDED, GLYPHS, HELD, standing
from engine.contract.cleaning import clean
from engine.contract.process import host


class Entry(Struct, frozen=True, kw_only=True):
    """One run that is asked for and not done. `place` counts those that are queued, from 1."""

    run: str
    status: str
    reason: str
    place: int | None
    priority: int
    backend: str
    host: str


def entries(root: Path) -> list[Entry]:
    """What is at work, then what is queued in its order, then what waits, is blocked or held."""
    found: list[tuple[tuple[object, ...], Entry]] = []
    refused = refusals(root)
    asked = [(run, request) for run in everything(root) if (request := read(run))]
    place = 0
    for run, request in sorted(asked, key=lambda each: each[1].rank):
        status = standing(run, request)
        if status.word in ENDED:
            continue
        name = f"{run.parent.name}/{run.name}"
        due = status.word == "queued" and not request.hold and name not in refused
        place += due
        reason = refused.get(name, status.reason) if status.word == "queued" else status.reason
        entry = _entry(name, status.word, reason, place if due else None, request)
        order = 0 if status.word in HELD else 1 if due else 2
        found.append(((order, *request.rank), entry))
    return [entry for _, entry in sorted(found, key=lambda each: each[0])]


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


def show(root: Path, *, as_json: bool) -> None:
    """Print the queue, and who sees to it."""
    found = entries(root)
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
    holder = Lock(root).holder()
    who = f"process {holder} on {host()} sees to it" if holder is not None else f"no queue is at work on {host()}"
    console.print(Text(f"{counted(len(found), 'run')} at work or queued; {who}"), soft_wrap=True)
