"""One run, followed from look to look: what its folder says now, as a frozen snapshot."""

from __future__ import annotations

import math
import os
import time
from pathlib import Path

import msgspec

from cockpit import imported
from cockpit.owner import Remarks
from cockpit.published import is_published
from cockpit.request import FILE, read
from cockpit.snapshot import Snapshot
from cockpit.status import ENDED, HELD, Status, standing
from cockpit.told import Told
from engine.contract.cleaning import clean
from engine.contract.errors import UserError
from engine.contract.folder import Progress, attempts, read_json, read_spec
from engine.contract.glance import glance
from engine.contract.stream import Reader


class Followed:
    """One run. `snapshot` is what the last look found, if it was `looked` at; nothing changes it in place.

    `published` says that all of its group is, which is not to be asked of a thousand runs one by one.
    """

    def __init__(self, path: Path, group: str, *, published: bool = False) -> None:
        self.path, self._published = path, published
        self.is_there = self.looked = False
        self._reader = Reader(path / "metrics.jsonl")
        self._remarks = Remarks(path)
        # As text: to put a thousand paths together anew at each poll takes longer than to ask for them.
        self._spec_file, self._asked, self._tried = (os.fspath(path / n) for n in ("spec.toml", FILE, "attempts"))
        self._spec_time, self._spec_problem = -1, ""
        self._settled: tuple[int, int] | None = None
        self._folder_time = 0
        self._told = Told()
        self._outlined = False
        self.snapshot = Snapshot(group=clean(group), name=clean(path.name), path=path, status=Status("unknown"))

    @property
    def behind(self) -> bool:
        """Whether it was never looked at, or there is more of its stream than was read."""
        return not self.looked or self.snapshot.read < 1

    @property
    def rests(self) -> bool:
        """Whether it has ended, and nothing will come of it unless a person asks for it."""
        return self._settled is not None and self.snapshot.status.word in ENDED and not self.behind

    def stirs(self) -> bool:
        """Whether a run at rest has a new attempt, or something was put into its folder: a request, a note, its end.

        What people ask and say is in files that are replaced whole, which the folder's own time tells of.
        """
        if self._settled is None or changed_at(self._tried) != self._settled[0]:
            return True
        return changed_at(self.path) != self._folder_time

    def newest(self) -> int:
        """When its stream was last written, or it was asked for, ns."""
        return changed_at(self._reader.path) or changed_at(self.path)

    def look(self, until: float = float("inf")) -> None:
        """Look at it now; whatever is wrong with it becomes its problem, and hides no other run.

        Of a long stream no more is read once the monotonic clock is past `until`; the next look goes on.
        """
        try:
            if not self.looked:
                self.looked = True
                # Of a group that is not, a run may still be a link to one that is.
                self._update(published=self._published or (os.path.islink(self.path) and is_published(self.path)))  # noqa: PTH114
            self._look(until)
        except Exception as error:
            problem = clean(f"{self.path}: cannot be read: {type(error).__name__}: {error}")
            if problem != self.snapshot.problem:
                self._update(problem=problem)

    def _look(self, until: float) -> None:
        # Before anything in it is read: what comes meanwhile is met the next time.
        self._folder_time = changed_at(self.path)
        problem = self._read_settings()
        if not self.is_there:
            return
        note, archived = self._remarks.poll()
        if (note, archived) != (self.snapshot.note, self.snapshot.archived):
            self._update(note=note, archived=archived)
        # The state first: a verdict read after the stream could be newer than the epochs shown beside it.
        status = self._read_status()
        self._read_stream(until)
        if status != self.snapshot.status:
            self._update(status=status)
        problem = problem or self._doubt(status)
        told = self._read_progress(status)
        stage = (
            f"{told.stage} epoch {told.epoch + 1}"
            if told and told.stage != "train" and not self.snapshot.epochs
            else ""
        )
        progress = told if told and told.stage == "train" else None
        held = self.snapshot
        if (progress, stage, problem) != (held.progress, held.stage, held.problem):
            self._update(progress=progress, stage=stage, problem=problem)

    def _update(self, **fields: object) -> None:
        self.snapshot = msgspec.structs.replace(self.snapshot, **fields)

    def _read_settings(self) -> str:
        """Read the settings if they changed; what is wrong with them."""
        changed = changed_at(self._spec_file)
        if not changed and self._read_imported():
            return self._spec_problem
        self.is_there = changed != 0 or (self.path / "spec.toml").is_symlink()
        if changed == self._spec_time:
            return self._spec_problem
        self._spec_time = changed
        self._spec_problem = ""
        try:
            spec, file = read_spec(self.path)
            self._update(spec=spec, file=file)
        except UserError as error:
            self._update(spec=None, file=None)
            self._spec_problem = clean(str(error))
        return self._spec_problem

    def _read_imported(self) -> bool:
        """Of a run that was imported there are no settings, but where it came from."""
        changed = changed_at(self.path / imported.FILE)
        if changed:
            self.is_there = True
        if changed and changed != self._spec_time:
            self._spec_time, self._spec_problem = changed, ""
            told = None
            try:
                told = imported.read(self.path)
            except UserError as error:
                self._spec_problem = clean(str(error))
            self._settled = None  # the state says where it came from
            self._update(imported=told)
        return bool(changed)

    def _read_status(self) -> Status:
        """The state; one that nothing can change but another attempt or request is not concluded anew."""
        changed = changed_at(self._tried), changed_at(self._asked)
        if changed == self._settled:
            return self.snapshot.status
        request = read(self.path)
        spec = self.snapshot.spec
        teacher = request.teacher if request else spec.teacher if spec else ""
        status = standing(self.path, request, teacher)
        # The verdict of one that is lost may still come: another machine's files are seen late.
        settled = status.word in ENDED - {"lost"} or (status.word == "queued" and not teacher)
        self._settled = changed if settled else None
        return Status(status.word, clean(status.reason))

    def _read_stream(self, until: float) -> None:
        """Read on. Of a long stream an outline is shown until all of it is read, unless nobody waits for it."""
        reader, taken = self._reader, False
        if not self._outlined and until < math.inf and (outline := glance(reader.path)):
            self._outlined = True
            told = Told(sampled=True)
            told.take(outline, self.snapshot.parent)
            self._update(**told.fields(), read=0.0)
            return
        self._outlined = True
        while True:
            rewritten = reader.rewritten
            new = reader.read()
            if reader.rewritten != rewritten:
                self._told, taken, self._outlined = Told(), True, False
                self._update(rewritten=reader.rewritten)
            if new:
                self._told.take(new, self.snapshot.parent)
                taken = True
            if not reader.behind or time.monotonic() > until:
                break
        if not reader.behind and (taken or self.snapshot.read < 1):
            self._update(**self._told.fields())
        if (reader.share, reader.unreadable) != (self.snapshot.read, self.snapshot.unreadable):
            self._update(read=reader.share, unreadable=reader.unreadable)

    def _doubt(self, status: Status) -> str:
        """What is wrong with the stream: a finished run whose stream does not say so has lost its figures."""
        if self._reader.problem:
            return clean(f"{self._reader.path}: {self._reader.problem}")
        if status.word == "finished" and not self._told.finished and not self.behind:
            return clean(f"{self._reader.path}: damaged: the run has finished, and this does not say so")
        return ""

    def _read_progress(self, status: Status) -> Progress | None:
        """How far within its epoch a run is that an engine holds; nothing for any other."""
        tried = attempts(self.path) if status.word in HELD else []
        return read_json(tried[-1] / "progress.json", Progress) if tried else None


def changed_at(path: Path | str) -> int:
    """When a file or folder last changed, ns; 0 when it is not there."""
    try:
        return os.stat(path).st_mtime_ns  # noqa: PTH116 (of paths that are text)
    except OSError:
        return 0
