"""The folder of a fork: what it takes over of its parent, put in place whole, so that it stands without it."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
from pathlib import Path

from cockpit.expand import Planned
from cockpit.fork import best_before, checkpoints
from cockpit.launch import failpoint
from engine.contract.checkpoints import CheckpointManifest, damage
from engine.contract.errors import UserError
from engine.contract.folder import SpecFile, publish, sync_folder, write_spec
from engine.contract.inherited import inherited
from engine.contract.spec import Fork
from engine.contract.stream import AnyRecord, Forked, Reader, as_line

#: A folder half made that has not changed for so long was left by a kill, seconds.
LEFT_SECONDS = 3600.0


def branch(planned: Planned, beside: SpecFile, path: Path) -> None:
    """Make a fork's folder at `path`: the parent's records and checkpoint, its own settings.

    It is made aside and renamed, so that it is there whole or not at all; where somebody else made the same fork
    meanwhile, theirs stays.

    Raises:
        UserError: the parent's checkpoint is gone or damaged.
        OSError: the folder cannot be written; nothing is left behind then.
    """
    fork, parent = planned.inputs.fork, planned.parent
    assert fork is not None and parent is not None, "a fork knows its parent"
    path.parent.mkdir(parents=True, exist_ok=True)
    _sweep(path)
    # Hidden: no poll takes it for a run.
    aside = Path(tempfile.mkdtemp(prefix=f".{path.name}.forked-", dir=path.parent))
    try:
        _fill(aside, planned, beside, fork, parent)
        failpoint.reach("filled")
        aside.rename(path)
    except OSError:
        if not (path / "spec.toml").exists():
            raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    sync_folder(path.parent)


def _fill(aside: Path, planned: Planned, beside: SpecFile, fork: Fork, parent: Path) -> None:
    folder = aside / "checkpoints"
    folder.mkdir()
    aside.chmod(folder.stat().st_mode)  # mkdtemp's own mode would hide a run from one's colleagues
    records: list[AnyRecord] = list(Reader(parent / "metrics.jsonl").poll())
    files = _checkpoints(folder, parent, fork.epoch, best_before(fork.epoch, records))
    taken = inherited(records, fork.epoch, files)
    last = Forked(
        group=fork.group, name=fork.name, identity=fork.identity, epoch=fork.epoch, seq=len(taken), time=time.time()
    )
    publish(aside / "metrics.jsonl", b"".join(map(as_line, [*taken, last])))
    write_spec(aside, planned.spec, beside)


def _checkpoints(folder: Path, parent: Path, epoch: int, best: int | None) -> set[str]:
    """Take over the checkpoint to go on from, and the best one so far where it is still good; their files' names."""
    known = {manifest.epoch: manifest for manifest in checkpoints(parent)}
    if epoch not in known:
        problem = f"its checkpoint of epoch {epoch} is no longer there"
        raise UserError(parent, "", problem, f"choose another: cockpit fork {parent.parent.name}/{parent.name}")
    _take(folder, parent, known[epoch])
    taken = {known[epoch].file}
    if best in known:
        if best != epoch:
            try:
                _take(folder, parent, known[best])
            except UserError:
                # A fork does without: it has a best one once it surpasses that. Who asked for it was told so.
                return taken
        publish(folder / "best.json", known[best])
        taken.add(known[best].file)
    return taken


def _take(folder: Path, parent: Path, manifest: CheckpointManifest) -> None:
    """One checkpoint, its manifest last.

    A second name for the same file where the file system can: engines replace checkpoints and never write into
    one, and what removes the parent's name of it leaves ours. So a fork costs no room until the two differ.
    """
    source, target = parent / "checkpoints" / manifest.file, folder / manifest.file
    try:
        os.link(source, target)
    except FileNotFoundError:
        problem = "it is no longer there: its run went on, or was removed"
        raise UserError(source, "", problem, "fork at another epoch") from None
    except OSError:
        shutil.copyfile(source, target)
        with target.open("rb") as file:
            os.fsync(file.fileno())
    if problem := damage(target, manifest):
        target.unlink(missing_ok=True)
        raise UserError(source, "", problem, "fork at another epoch")
    publish(target.with_suffix(".json"), manifest)


def _sweep(path: Path) -> None:
    """Remove what kills have left of earlier tries to make this fork."""
    for left in path.parent.glob(f".{path.name}.forked-*"):
        with contextlib.suppress(OSError):
            if time.time() - left.stat().st_mtime > LEFT_SECONDS:
                shutil.rmtree(left, ignore_errors=True)
