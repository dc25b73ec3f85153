"""Standard output for people: a terminal's own width, or wide enough that nothing is cut in a file."""

from __future__ import annotations

import sys

from rich.console import Console

#: Columns where there is no terminal to ask.
FILE_WIDTH = 120


def stdout_console() -> Console:
    """A console on standard output."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else FILE_WIDTH)
