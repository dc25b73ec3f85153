"""The last lines of a log: read from its end, cleaned, one line each."""

from __future__ import annotations

import os
from pathlib import Path

from engine.contract.cleaning import clean
from engine.contract.folder import attempts

#: How much of a log's end is looked at, bytes.
END = 16_384


def tail(path: Path, lines: int, end: int = END, *, since: int = 0) -> tuple[str, ...]:
    """The last lines that are not empty, of the last `end` bytes; none when there is no such file.

    Of a progress bar only its last state. What stands before `since`, bytes from the beginning, is not looked at.
    """
    try:
        with path.open("rb") as file:
            file.seek(max(since, os.fstat(file.fileno()).st_size - end))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return ()
    kept = (line.rstrip().rpartition("\r")[2] for line in text.split("\n"))
    return tuple(clean(line).expandtabs(4) for line in kept if line.strip())[-lines:]


def log_of(run: Path) -> Path | None:
    """The newest attempt's log; None before there is an attempt."""
    tried = attempts(run)
    return tried[-1] / "log.txt" if tried else None
