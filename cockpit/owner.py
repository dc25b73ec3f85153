"""What the owner of a run says of it: a note, and whether it is put away. Files beside the run's own, no engine's."""

from __future__ import annotations

import os
from pathlib import Path

from cockpit import imported
from cockpit.published import refuse_published
from engine.contract.cleaning import clean
from engine.contract.errors import UserError
from engine.contract.folder import publish

NOTE = "note.md"
#: An empty file of this name puts a run away: out of the lists, and back by its removal.
ARCHIVED = "archived"
#: More of a note than this is not read for the screens, and more than that is not edited in the app, bytes.
MOST, EDITED = 16_384, 1_000_000


def read_note(run: Path, most: int = MOST) -> str:
    """The note as it was written, its first bytes; empty where there is none, or it cannot be read."""
    try:
        with (run / NOTE).open("rb") as file:
            return file.read(most).decode("utf-8", "replace")
    except OSError:
        return ""


def write_note(run: Path, text: str) -> None:
    """Put a note in place of the one before; an empty one takes it away.

    Raises:
        OSError: the folder cannot be written.
        UserError: the run is published, or no longer there.
    """
    _refuse_strange(run)
    if text.strip():
        publish(run / NOTE, text.rstrip().encode() + b"\n")
    else:
        (run / NOTE).unlink(missing_ok=True)


def archive(run: Path, away: bool) -> None:
    """Put a run away, or back. Nothing of it is moved, so that its name and its students' teacher stay what they are.

    Raises:
        OSError: the folder cannot be written.
        UserError: the run is published, or no longer there.
    """
    _refuse_strange(run)
    if away:
        publish(run / ARCHIVED, b"")
    else:
        (run / ARCHIVED).unlink(missing_ok=True)


def _refuse_strange(run: Path) -> None:
    """Whether a run may be spoken of: to write of one that was removed would bring an empty folder of it back."""
    refuse_published(run)
    if not os.path.lexists(run / "spec.toml") and not imported.is_imported(run):
        raise UserError(
            f"{run.parent.name}/{run.name}", "", "is no run any more", "it was removed or renamed meanwhile"
        )


class Remarks:
    """A run's note and whether it is archived, read again only when its file changed."""

    def __init__(self, run: Path) -> None:
        self._run = run
        # As text: they are asked for at every look.
        self._note_file, self._away = os.fspath(run / NOTE), os.fspath(run / ARCHIVED)
        self._changed: tuple[int, int] | None = None
        self._note = ""

    def poll(self) -> tuple[str, bool]:
        """The note, made safe to show, and whether the run is put away."""
        try:
            stat = os.stat(self._note_file)  # noqa: PTH116
            changed = stat.st_mtime_ns, stat.st_size
        except OSError:
            changed = None
        if changed != self._changed:
            self._changed = changed
            self._note = clean(read_note(self._run)) if changed else ""
        return self._note, os.path.lexists(self._away)
