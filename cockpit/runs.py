"""The runs folder: find runs, follow them, one frozen snapshot each."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from cockpit import owner
from cockpit.request import FILE, read
from cockpit.snapshot import Snapshot
from cockpit.status import ENDED, HELD, Status, standing
from engine.contract.cleaning import clean
from engine.contract.errors import UserError, nearest
from engine.contract.folder import Progress, attempts, read_json, read_spec
from engine.contract.stream import AnyRecord, Epoch, Reader, RunFinished, RunStarted, Warned

#: A folder of published results has this name; it is a root of its own, never a group.
PUBLISHED = "published"


class RunsFolder:
    """All runs below one root, read again at each poll; what did not change keeps its very snapshot."""

    def __init__(self, root: Path, group: str | None = None) -> None:
        self.root = root
        self._group = group
        self._followed: dict[Path, _Followed] = {}

    def poll(self) -> list[Snapshot]:
        """A snapshot of every run, by group and name. A run that is gone is left out, a broken one says why."""
        paths = find(self.root, self._group)
        for gone in self._followed.keys() - set(paths):
            del self._followed[gone]
        return [self._poll(path) for path in paths]

    def _poll(self, path: Path) -> Snapshot:
        """One run; whatever is wrong with it, it hides no other."""
        followed = self._followed.setdefault(path, _Followed(path))
        try:
            return followed.poll()
        except Exception as error:
            return followed.broken(error)


def check_place(root: Path, group: str | None, *, named: bool = True) -> None:
    """See that a runs folder, and a group's in it, are there; one that nobody `named` may still be missing.

    Raises:
        UserError: it is not.
    """
    if root.exists() and not root.is_dir():
        raise UserError(root, "", "not a folder", "name the runs folder with --runs DIR or COCKPIT_RUNS")
    if named and not root.exists():
        raise UserError(root, "", "no such runs folder", "name it with --runs DIR or COCKPIT_RUNS")
    if group is not None and not (root / group).is_dir():
        groups = sorted({path.parent.name for path in find(root)})
        raise UserError("--group", "", f"no group {group!r} in {root}", nearest(group, groups))


def find(root: Path, group: str | None = None) -> list[Path]:
    """The folders of all runs below a root, or of one group's: those that hold a spec.toml."""
    return [run for run in folders(root, group) if os.path.lexists(run / "spec.toml")]


def folders(root: Path, group: str | None = None) -> list[Path]:
    """Every folder where a run may be, by group and name."""
    groups = [root / group] if group else _folders(root)
    return [run for each in groups if each.name != PUBLISHED for run in _folders(each)]


def _folders(path: Path) -> list[Path]:
    try:
        with os.scandir(path) as entries:
            names = [e.name for e in entries if not e.name.startswith(".") and e.is_dir()]
    except OSError:
        return []
    return [path / name for name in sorted(names)]


class _Followed:
    """One run, its stream followed from poll to poll."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._reader = Reader(path / "metrics.jsonl")
        self._spec_time = -1
        self._remarks = owner.Remarks(path)
        self._settled: tuple[int, int] | None = None
        self._finished = False
        self._records: dict[tuple[int | None, int], Epoch] = {}
        self._snapshot = Snapshot(
            group=clean(path.parent.name), name=clean(path.name), path=path, status=Status("unknown")
        )

    def poll(self) -> Snapshot:
        self._read_settings()
        remarks = self._remarks.poll()
        if remarks != (self._snapshot.note, self._snapshot.archived):
            self._update(note=remarks[0], archived=remarks[1])
        # The state first: a verdict read after the stream could be newer than the epochs shown beside it.
        status = self._read_status()
        rewritten = self._reader.rewritten
        new = self._reader.poll()
        if self._reader.rewritten != rewritten:
            self._records.clear()
            self._finished = False
            self._update(warnings=(), nodes={}, epochs=(), resumes=(), before=())
        if new or self._reader.unreadable != self._snapshot.unreadable:
            self._take_in(new)
        if status != self._snapshot.status:
            self._update(status=status)
        self._doubt(status)
        told = self._read_progress(status)
        stage = f"{told.stage} epoch {told.epoch + 1}" if told and told.stage != "train" and not self._records else ""
        progress = told if told and told.stage == "train" else None
        if (progress, stage) != (self._snapshot.progress, self._snapshot.stage):
            self._update(progress=progress, stage=stage)
        return self._snapshot

    def broken(self, error: Exception) -> Snapshot:
        """The last that was seen of the run, and why no more can be."""
        problem = clean(f"{self._path}: cannot be read: {type(error).__name__}: {error}")
        if problem != self._snapshot.problem:
            self._update(problem=problem)
        return self._snapshot

    def _update(self, **fields: object) -> None:
        self._snapshot = msgspec.structs.replace(self._snapshot, **fields)

    def _read_settings(self) -> None:
        changed = changed_at(self._path / "spec.toml")
        if changed == self._spec_time:
            return
        self._spec_time = changed
        try:
            spec, file = read_spec(self._path)
            self._update(spec=spec, file=file, problem="")
        except UserError as error:
            self._update(spec=None, file=None, problem=clean(str(error)))

    def _read_status(self) -> Status:
        """The state; one that nothing can change but another attempt or request is not concluded anew."""
        changed = changed_at(self._path / "attempts"), changed_at(self._path / FILE)
        if changed == self._settled:
            return self._snapshot.status
        request = read(self._path)
        spec = self._snapshot.spec
        teacher = request.teacher if request else spec.teacher if spec else ""
        status = standing(self._path, request, teacher)
        # The verdict of one that is lost may still come: another machine's files are seen late.
        settled = status.word in ENDED - {"lost"} or (status.word == "queued" and not teacher)
        self._settled = changed if settled else None
        return Status(status.word, clean(status.reason))

    def _doubt(self, status: Status) -> None:
        """A finished run whose stream does not say so has lost its figures: no table may pass over that."""
        doubtful = status.word == "finished" and not self._finished
        if doubtful and not self._snapshot.problem:
            self._update(problem=f"{self._reader.path}: damaged: the run has finished, and this does not say so")

    def _read_progress(self, status: Status) -> Progress | None:
        """How far within its epoch a run is that an engine holds; nothing for any other."""
        tried = attempts(self._path) if status.word in HELD else []
        return read_json(tried[-1] / "progress.json", Progress) if tried else None

    def _take_in(self, new: list[AnyRecord]) -> None:
        fields: dict[str, object] = {"unreadable": self._reader.unreadable}
        warnings = [msgspec.structs.replace(r, message=clean(r.message)) for r in new if isinstance(r, Warned)]
        if warnings:
            fields["warnings"] = self._snapshot.warnings + tuple(warnings)
        self._finished = self._finished or any(isinstance(r, RunFinished) for r in new)
        for start in (r for r in new if isinstance(r, RunStarted)):
            fields["started"] = start
            if start.epoch or start.step:
                fields["resumes"] = (*self._snapshot.resumes, start.epoch + 1)
        if self._take_in_epochs(new):
            whole = [e for (node, _), e in self._records.items() if node is None]
            numbers = {node for node, _ in self._records if node is not None}
            fields["epochs"] = tuple(sorted(whole, key=lambda e: e.epoch))
            fields["nodes"] = {
                n: tuple(sorted((e for (m, _), e in self._records.items() if m == n), key=lambda e: e.epoch))
                for n in sorted(numbers)
            }
        self._update(**fields)

    def _take_in_epochs(self, new: list[AnyRecord]) -> bool:
        """Keep each epoch record unless one of a higher attempt is known already; whether any was kept."""
        kept = False
        for record in new:
            if isinstance(record, Epoch) and record.stage != "train":
                if record.seconds is not None:
                    self._update(before=(*self._snapshot.before, record.seconds))
            elif isinstance(record, Epoch):
                known = self._records.get((record.node, record.epoch))
                if known is None or record.attempt >= known.attempt:
                    self._records[record.node, record.epoch] = record
                    kept = True
        return kept


def changed_at(path: Path) -> int:
    """When a file or folder last changed, ns; 0 when it is not there."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
