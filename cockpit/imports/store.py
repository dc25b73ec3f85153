"""Imported sessions into run folders: found again by where they came from, written whole, never run."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from cockpit import imported
from cockpit.expand import slug
from cockpit.imported import Imported
from cockpit.imports.axis import Reading, read
from cockpit.imports.folders import Session, sessions
from cockpit.imports.tags import parse_map
from cockpit.plan import check_group
from cockpit.published import refuse_published
from cockpit.snapshot import best_of
from engine.contract.cleaning import clean
from engine.contract.errors import UserError
from engine.contract.folder import publish, sync_folder
from engine.contract.stream import RunFinished, finite

STREAM = "metrics.jsonl"
#: How many hex digits of its source's hash end a run folder's name.
DIGITS = 6
_DEFAULT_GROUP = "imported"


class Brought(Struct, frozen=True, kw_only=True):
    """One session as it was brought: its folder, what became of that, and how it was read."""

    run: Path
    did: Literal["new", "updated", "unchanged"]
    epochs: int
    last: float | None
    best: float | None
    fields: dict[str, str]
    notes: tuple[str, ...]


class Import(Struct, frozen=True, kw_only=True):
    """What came of a folder: its sessions, and those (by folder) in which no scalar is."""

    group: str
    brought: tuple[Brought, ...]
    empty: tuple[str, ...]


def bring(root: Path, source: Path, group: str | None, maps: Sequence[str], *, dry_run: bool) -> Import:
    """Read the sessions below `source` into run folders of a group; with `dry_run` only say what would be.

    Raises:
        UserError: nothing to read, a --map that fits nothing, or a runs folder that cannot be written, as one of
            published results.
    """
    source = Path(os.path.realpath(source.expanduser()))
    named = check_group(group) if group else _group_of(source)
    found = sessions(source)
    tags = sorted({tag for s in found for series in (s.series, *s.nodes.values()) for tag in series})
    wanted = parse_map(maps, tags)
    known = _known(root / named)
    brought, empty = [], []
    for session in found:
        reading = read(session, wanted)
        if not reading.epochs:
            empty.append(clean(_relative(session.source, source)))
            continue
        run = known.get(_written(session.source)) or root / named / _name(session.source, source)
        if not dry_run:
            refuse_published(run)
        try:
            brought.append(_bring(run, session, reading, dry_run=dry_run))
        except OSError as error:
            remedy = "name another with --runs DIR or COCKPIT_RUNS, or mend its permissions"
            raise UserError(run, "", f"cannot be written: {error.strerror}", remedy) from error
    return Import(group=named, brought=tuple(brought), empty=tuple(empty))


def _group_of(source: Path) -> str:
    """The folder's own name as a group's, where it can be one."""
    name = slug(source.name)
    try:
        return check_group(name)
    except UserError:
        return _DEFAULT_GROUP


def _known(group: Path) -> dict[str, Path]:
    """The imported runs that a group has, by where they came from."""
    found = {}
    for path in sorted(group.glob(f"[!.]*/{imported.FILE}")):
        if told := imported.readable(path.parent):
            found[told.source] = path.parent
    return found


def _written(source: Path) -> str:
    """A folder as imported.toml holds it, which is UTF-8: bytes of a name that is not stand as in `run\\xff`."""
    return os.fsencode(source).decode("utf-8", "backslashreplace")


def _relative(path: Path, source: Path) -> str:
    return source.name if path == source else str(path.relative_to(source))


def _name(path: Path, source: Path) -> str:
    """A run folder's name: the session's place below `source`, then digits of its own place."""
    told = re.sub(r"(^|/)tensorboard$", "", _relative(path, source)) or source.parent.name
    digits = hashlib.sha256(os.fsencode(path)).hexdigest()[:DIGITS]
    return f"{slug(told) or 'session'}-{digits}"


def _bring(run: Path, session: Session, reading: Reading, *, dry_run: bool) -> Brought:
    whole = [epoch for epoch in reading.epochs if epoch.node is None]
    notes = (*reading.notes, *session.damage)
    told = Imported(
        source=_written(session.source),
        epochs=whole[-1].epoch,
        fields={field: clean(tag) for field, tag in sorted(reading.fields.items())},
        notes=tuple(clean(note) for note in notes),
    )
    stream = _stream(reading, told)
    did = _what(run, told, stream)
    if did != "unchanged" and not dry_run:
        _write(run, told, stream)
    best = best_of(whole)
    return Brought(
        run=run,
        did=did,
        epochs=told.epochs,
        last=whole[-1].test_acc,
        best=best.test_acc if best else None,
        fields=told.fields,
        notes=told.notes,
    )


def _stream(reading: Reading, told: Imported) -> bytes:
    """The session as a metric stream, each record with the time at which its last figure was written."""
    epochs = sorted(reading.epochs, key=lambda e: (e.epoch, e.node is None, e.node or 0))
    end = RunFinished(epoch=told.epochs, time=epochs[-1].time, reason=f"imported from {clean(told.source)}")
    stamped = [replace(record, seq=seq, attempt=1) for seq, record in enumerate((*epochs, end))]
    return b"".join(msgspec.json.encode(finite(msgspec.to_builtins(record))) + b"\n" for record in stamped)


def _what(run: Path, told: Imported, stream: bytes) -> Literal["new", "updated", "unchanged"]:
    if not run.exists():
        return "new"
    held = imported.readable(run)
    if held is None or held.source != told.source:
        raise UserError(run, "", "is another run's folder", "move it away, or name another --group")
    try:
        same = (run / STREAM).read_bytes() == stream
    except OSError:
        same = False
    return "unchanged" if same and held == told else "updated"


def _write(run: Path, told: Imported, stream: bytes) -> None:
    """A folder that is there whole or not at all; one that is there already gets its files replaced, each whole."""
    if run.exists():
        publish(run / STREAM, stream)
        imported.write(run, told)
        return
    run.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=".import-", dir=run.parent))
    try:
        publish(aside / STREAM, stream)
        imported.write(aside, told)
        aside.chmod(run.parent.stat().st_mode & 0o777)
        aside.rename(run)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    sync_folder(run.parent)
