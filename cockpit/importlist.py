"""What `cockpit import` prints: a row a session, how its tags were read, and what could not be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from rich.table import Table
from rich.text import Text

from cockpit.console import print_table, stdout_console
from cockpit.imports.store import Brought, bring
from cockpit.insight.format import counted, percent
from engine.contract.cleaning import clean
from engine.contract.errors import UserError

#: So many folders without scalars are named.
NAMED = 5


def show(root: Path, source: Path, group: str | None, maps: Sequence[str], *, dry_run: bool) -> None:
    """Import, and say what came of it.

    Raises:
        UserError: as bring(); and that no session has a scalar.
    """
    done = bring(root, source, group, maps, dry_run=dry_run)
    if not done.brought:
        raise UserError(source, "", "its event files hold no scalars", "histograms, images and texts are not read")
    console = stdout_console()
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("session", overflow="fold")
    table.add_column("", no_wrap=True)
    for heading in ("epochs", "last", "best"):
        table.add_column(heading, justify="right", no_wrap=True)
    for each in done.brought:
        name = Text(clean(f"{each.run.parent.name}/{each.run.name}"))
        table.add_row(name, each.did, str(each.epochs), percent(each.last), percent(each.best))
    print_table(console, table)
    for line in (*_read_as(done.brought), *_notes(done.brought), *_left_out(done.empty)):
        console.print(Text(line), soft_wrap=True)
    count = Counter(each.did for each in done.brought)
    told = ", ".join(f"{number} {did}" for did, number in count.items())
    would = "; nothing was written: --dry-run" if dry_run else f"; look at them: cockpit --group {done.group}"
    console.print(Text(f"{counted(len(done.brought), 'session')}: {told}{would}"), soft_wrap=True)


def _read_as(brought: Sequence[Brought]) -> list[str]:
    """Which tag each figure was read from, once for all that were read alike."""
    told = Counter(", ".join(f"{tag} is {field}" for field, tag in each.fields.items()) for each in brought)
    return [_of(fields or "no tag names a figure that is known; see --map", n, brought) for fields, n in told.items()]


def _notes(brought: Sequence[Brought]) -> list[str]:
    """What is to be known of the reading, once for all sessions it holds for."""
    told = Counter(note for each in brought for note in dict.fromkeys(each.notes))
    return [f"  {_of(note, n, brought)}" for note, n in told.items()]


def _of(text: str, number: int, brought: Sequence[Brought]) -> str:
    return text if number == len(brought) else f"{text}  (in {number} of {len(brought)} sessions)"


def _left_out(empty: Sequence[str]) -> list[str]:
    if not empty:
        return []
    more = f" and {len(empty) - NAMED} more" if len(empty) > NAMED else ""
    return [f"  without a scalar, and so left out: {', '.join(empty[:NAMED])}{more}"]
