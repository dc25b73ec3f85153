"""Which event files belong together: the sessions below a folder, and the scalars of each."""

from __future__ import annotations

import os
import re
from pathlib import Path

from msgspec import Struct

from cockpit.imports import events, records
from cockpit.imports.events import Restart, Scalar
from cockpit.imports.tags import SPLITS
from engine.contract.cleaning import clean
from engine.contract.errors import UserError

#: A series of one tag: step -> scalar, by step.
Series = dict[int, Scalar]
#: A network's folder as our own engine names it.
_NODE = re.compile(r"(\d+)_.+")
_TOGETHER = "together"
_OWN = "tensorboard"


class Session(Struct, frozen=True):
    """What one training wrote: its folder, its scalars by tag, those of single networks, and what was unreadable."""

    source: Path
    series: dict[str, Series]
    nodes: dict[int, dict[str, Series]]
    damage: tuple[str, ...] = ()


def sessions(root: Path) -> list[Session]:
    """Every session whose event files lie in a folder or below it, by path.

    A folder of files is a session; but one called train, validation or test belongs to its parent, as Keras writes
    them, one that `SummaryWriter.add_scalars` made to the writer's own, and those of several networks of one run of
    ours are one.

    Raises:
        UserError: there is no such folder, or no event file in it.
    """
    if not root.is_dir():
        raise UserError(root, "", "no such folder", "name one with TensorBoard event files in it or below")
    files = _files(root)
    if not files:
        remedy = "their names have `tfevents` in them; name the folder they lie in, or one above"
        raise UserError(root, "", "no TensorBoard event file in it or below", remedy)
    read = {folder: _read(root, paths) for folder, paths in files.items()}
    series = {folder: found for folder, (found, _) in read.items()}
    made: dict[Path, Session] = {}
    for folder, (found, damage) in read.items():
        owner, prefix, node = _owner(folder, root, series)
        session = made.setdefault(owner, Session(owner, {}, {}))
        if node is None:
            session.series.update({f"{prefix}{tag}" if prefix else tag: s for tag, s in found.items()})
        else:
            session.nodes[node] = found
        made[owner] = Session(owner, session.series, session.nodes, session.damage + damage)
    return [_alone(made[owner]) for owner in sorted(made)]


def _files(root: Path) -> dict[Path, list[Path]]:
    """The event files by the folder they lie in."""
    found: dict[Path, list[Path]] = {}
    for folder, below, names in os.walk(root):
        below[:] = sorted(name for name in below if not name.startswith("."))
        held = [Path(folder) / name for name in sorted(names) if "tfevents" in name and not name.startswith(".")]
        if held:
            found[Path(folder)] = held
    return dict(sorted(found.items()))


def _read(root: Path, files: list[Path]) -> tuple[dict[str, Series], tuple[str, ...]]:
    """The scalars of some files of one folder, and what of them cannot be read."""
    found: list[Scalar | Restart] = []
    damage: list[str] = []
    for path in files:
        name = clean(str(path.relative_to(root)))
        if path.exists() and not path.is_file():
            # To open a pipe is to wait for whoever writes into it.
            damage.append(f"{name}: is no file that holds anything")
            continue
        try:
            held = records.read(path)
        except OSError as error:
            damage.append(f"{name}: cannot be read: {error.strerror or error}")
            continue
        damage += [f"{name}: {problem}" for problem in held.damage]
        unread = 0
        for record in held.records:
            try:
                found += events.decode(record)
            except (ValueError, OverflowError):
                unread += 1
        if unread:
            damage.append(f"{name}: {unread} of {len(held.records)} records are no events")
    return events.kept(found), tuple(damage)


def _owner(folder: Path, root: Path, series: dict[Path, dict[str, Series]]) -> tuple[Path, str, int | None]:
    """The session that a folder's files belong to, what goes before their tags, and the network they are of."""
    parent = folder.parent
    if folder == root:
        return folder, "", None
    if parent.name == _OWN and (node := _NODE.fullmatch(folder.name)):
        return parent, "", int(node[1])
    if parent.name == _OWN and folder.name == _TOGETHER:
        return parent, "", None
    if folder.name.lower() in SPLITS:
        return parent, f"{folder.name}/", None
    tags = list(series[folder])
    if parent in series and len(tags) == 1:
        stem = tags[0].replace("/", "_") + "_"
        if folder.name.startswith(stem) and len(folder.name) > len(stem):
            suffix = folder.name.removeprefix(stem)
            series[folder][f"{tags[0]}/{suffix}"] = series[folder].pop(tags[0])
            return parent, "", None
    return folder, "", None


def _alone(session: Session) -> Session:
    """A run of a single network is that network."""
    if len(session.nodes) != 1:
        return session
    (only,) = session.nodes.values()
    return Session(session.source, session.series | only, {}, session.damage)
