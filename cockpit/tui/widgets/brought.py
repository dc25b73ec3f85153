"""What the session screen tells of a run that was imported, in the place of its settings."""

from __future__ import annotations

from cockpit.snapshot import Snapshot
from cockpit.tui.look import Line
from cockpit.tui.widgets.settings import TEXT
from engine.contract.cleaning import clean


def lines(run: Snapshot) -> list[Line]:
    """Where it came from, which tag each figure was read from, and what to know of the reading."""
    told = run.imported
    if told is None:
        return []
    source: Line = ((f" {'from':<{TEXT - 2}} ", "dim"), (clean(told.source), ""))
    fields: list[Line] = [((f" {name:<{TEXT - 2}} ", "dim"), (clean(tag), "")) for name, tag in told.fields.items()]
    return [source, *fields, *(((f" {clean(note)}", "dim"),) for note in told.notes)]
