"""`cockpit presets list`: every preset that can be named, as a table for people or as JSON for programs."""

from __future__ import annotations

import sys
from itertools import groupby
from typing import Literal

import msgspec
from msgspec import Struct
from rich.table import Table
from rich.text import Text

from cockpit.console import print_table, stdout_console
from cockpit.grid import points
from cockpit.presets import KINDS, Kind, Shelf, own, shelves
from engine.contract.cleaning import clean
from engine.contract.errors import UserError


class Listed(Struct, frozen=True, kw_only=True):
    """One preset as the listing tells of it; `error` says in one line why it cannot be read, else is None."""

    name: str
    kind: Kind | None = None
    runs: int | None = None
    title: str = ""
    source: Literal["shipped", "own"]
    path: str
    error: str | None = None


def listing() -> list[Listed]:
    """Every preset, by kind and name; those that cannot be read come last."""
    order = {kind: number for number, kind in enumerate((*KINDS, None))}
    return sorted((_listed(shelf) for shelf in shelves()), key=lambda each: (order[each.kind], each.name))


def _listed(shelf: Shelf) -> Listed:
    where = Listed(name=shelf.name, source="own" if shelf.is_own else "shipped", path=clean(str(shelf.path)))
    error = shelf.error
    if shelf.preset:
        try:
            runs = len(points(shelf.preset.grid, shelf.path))
        except UserError as mistake:
            error = clean(str(mistake))
        else:
            preset = shelf.preset
            return msgspec.structs.replace(where, kind=preset.kind, runs=runs, title=preset.title)
    return msgspec.structs.replace(
        where, error="; ".join(line.strip() for line in error.replace(f"{shelf.path.parent}/", "").splitlines())
    )


def show(*, as_json: bool) -> None:
    """Print the listing: a table and where presets of one's own lie, or a JSON array."""
    found = listing()
    if as_json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(found), indent=2).decode() + "\n")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("preset", overflow="fold")
    table.add_column("runs", justify="right", no_wrap=True)
    table.add_column("from", no_wrap=True)
    table.add_column("title", overflow="fold")
    for kind, members in groupby(found, key=lambda each: each.kind):
        table.add_row(Text(kind or "cannot be read", style="bold" if kind else "bold red"))
        for each in members:
            runs = "-" if each.runs is None else str(each.runs)
            table.add_row(Text(f"  {each.name}"), runs, each.source, Text(each.title or f"✗ {each.error}"))
    console = stdout_console()
    print_table(console, table)
    kept = "your own are in" if any(each.source == "own" for each in found) else "none of your own yet in"
    console.print(Text(clean(f"{kept} {own()}; to make one: cockpit presets new FROM NAME")), soft_wrap=True)
