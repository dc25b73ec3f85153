"""Standard output for people: a terminal's own width, or wide enough that nothing is cut in a file."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.table import Table

#: Columns where there is no terminal to ask.
FILE_WIDTH = 120


def stdout_console() -> Console:
    """A console on standard output."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else FILE_WIDTH)


def print_table(console: Console, table: Table) -> None:
    """Print a table; in a file without the spaces that fill its last column, which a narrower screen would wrap."""
    if console.is_terminal:
        console.print(table)
        return
    with console.capture() as captured:
        console.print(table)
    console.file.write("".join(f"{line.rstrip()}\n" for line in captured.get().splitlines()))
