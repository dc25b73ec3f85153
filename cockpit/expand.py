"""A preset's grid and overrides, expanded: every run checked, each with the run that teaches it, if one does."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from cockpit.grid import SEEDS, Point, flat, points
from cockpit.presets import Preset
from cockpit.status import HELD, status_of
from engine.contract import dataset
from engine.contract.errors import UserError, nearest
from engine.contract.folder import read_spec
from engine.contract.models import groups
from engine.contract.objective import COMPARES_FEATURES, COMPARES_STAGES, TEMPERATURE
from engine.contract.reference import Figures
from engine.contract.spec import IDENTITY, Inputs, Spec, check_spec, identity, setting

#: The longest label; the folder's name has seven characters more.
LABEL_LENGTH = 100


class Planned(Struct, frozen=True, kw_only=True):
    """One run that a preset stands for.

    `name` is its folder's: the label, then six digits of its identity. `point` is the label without what was
    overridden, `at` the value of each axis of the grid there. `inputs` are the hashes of its data and teacher;
    `teacher` is the name of the run that teaches it, where that is one of the same preset. `parent` is the folder
    of the run that it is forked from. `reference` holds published figures of the same run; `doubts` are what is
    legal and probably not meant.
    """

    group: str
    name: str
    label: str
    spec: Spec
    sources: dict[str, str]
    inputs: Inputs = Inputs()
    point: str = ""
    at: dict[str, Any] = {}
    teacher: str = ""
    parent: Path | None = None
    reference: Figures = Figures()
    doubts: tuple[str, ...] = ()

    @property
    def unseeded(self) -> str:
        """Its label without the seed: what the runs share that differ in nothing else."""
        return self.label.removesuffix(f"seed{self.spec.seed}").rstrip("-") or self.label

    @property
    def identity(self) -> str:
        """What makes it this run and no other, whatever it is called."""
        return identity(self.spec, self.inputs)


class _Teacher(Struct, frozen=True):
    """A run that teaches another: where it lies, and its name where it is one of the same preset."""

    path: str
    spec: Spec
    inputs: Inputs
    name: str = ""

    @property
    def identity(self) -> str:
        return identity(self.spec, self.inputs)

    @property
    def setting(self) -> str:
        return setting(self.spec, self.inputs)


class Expansion:
    """One preset under some overrides. `where` is what a mistake is told as one of."""

    def __init__(
        self,
        preset: Preset,
        plain: Preset,
        path: Path,
        where: object,
        group: str,
        root: Path,
        overrides: dict[str, Any],
        origins: dict[str, str],
    ) -> None:
        """`plain` is the preset without the overrides, which `preset` has taken in; `origins` says who asked."""
        self._preset, self._path, self._where = preset, path, where
        self._group, self._root, self._overrides, self._origins = group, root, overrides, origins
        self._plain = plain.run
        self._points = points(preset.grid, where)
        self._at = {repr(point.at): point for point in self._points}
        self._made: dict[str, Planned] = {}
        self._contents: dict[str, str] = {}  # manifests are read once a data set, not once a run
        self._outlines: dict[str, tuple[int, int] | None] = {}
        self._being_made: list[str] = []

    def runs(self) -> list[Planned]:
        """Every run, in the order of the grid.

        Raises:
            UserError: a setting is wrong, or a teacher cannot be had.
        """
        return [self._run(point) for point in self._points]

    def _run(self, point: Point) -> Planned:
        """The run at a point of the grid; a teacher is asked for once by each of its students."""
        key = repr(point.at)
        if key in self._made:
            return self._made[key]
        told = self._told(point)
        label = _label(point.at | told)
        label = label or slug(self._path.stem) or "run"
        if key in self._being_made:
            problem = "teaches itself: " + " learns from ".join([*self._being_made, key])
            raise UserError(self._where, "run.teacher", problem, "end the chain at a run without a teacher")
        self._being_made.append(key)
        own = {key.removeprefix("run."): value for key, value in self._overrides.items() if key.startswith("run.")}
        table = self._preset.run | point.settings | own
        try:
            teacher = self._teacher(table["teacher"], point) if table.get("teacher") else None
        except UserError as error:
            raise self._of_case(error, point) from None
        if teacher:
            table["teacher"] = teacher.path
        try:
            spec = check_spec(table, self._where)
        except UserError as error:
            raise self._of_case(error, point) from None
        doubts = self._doubts(spec, teacher.spec if teacher else None)
        inputs = Inputs(data=self._content(spec.data))
        if teacher:
            inputs = replace(inputs, teacher=teacher.identity, setting=teacher.setting)
        self._made[key] = Planned(
            group=self._group,
            name=f"{label}-{identity(spec, inputs)[:6]}",
            label=label,
            spec=spec,
            sources=self._sources(point),
            inputs=inputs,
            point=_label(point.at),
            at=point.at,
            teacher=teacher.name if teacher else "",
            reference=Figures() if told else self._reference(_label(point.at)),
            doubts=doubts,
        )
        self._being_made.pop()
        return self._made[key]

    def _of_case(self, error: UserError, point: Point) -> UserError:
        """A mistake told of the case that made it, where one did."""
        setting = re.split(r"[.\[]", error.key.removeprefix("run."))[0]
        for axis, case in point.at.items():
            cases = self._preset.grid.get(axis)
            if error.key.startswith("run.") and isinstance(cases, dict) and setting in cases.get(case, {}):
                key = f"grid.{axis}.{case}.{error.key.removeprefix('run.')}"
                return UserError(error.where, key, error.problem, error.remedy)
        return error

    def _content(self, data: str) -> str:
        if data not in self._contents:
            self._contents[data] = dataset.content(data)
        return self._contents[data]

    def _teacher(self, named: Any, point: Point) -> _Teacher:
        """The run that teaches the one at `point`."""
        if not isinstance(named, dict):
            return self._teacher_outside(named)
        named = dict(flat(named))
        for axis in named:
            if axis not in point.at:
                raise UserError(self._where, f"run.teacher.{axis}", "no axis of this grid", nearest(axis, point.at))
        at = point.at | named
        found = self._at.get(repr(at))
        if found is None:
            told = ", ".join(f"{axis} = {value!r}" for axis, value in named.items())
            axis, value = next(iter(named.items()))
            known = dict.fromkeys(str(other.at[axis]) for other in self._points)
            problem = f"no run of this grid stands at {told}"
            raise UserError(self._where, "run.teacher", problem, nearest(str(value), known))
        made = self._run(found)
        return _Teacher(f"{made.group}/{made.name}", made.spec, made.inputs, made.name)

    def _teacher_outside(self, named: Any) -> _Teacher:
        """A run that is in the runs folder already."""
        if not isinstance(named, str):
            remedy = "write GROUP/NAME, an absolute path, or a table such as { method = 'teacher' }"
            raise UserError(self._where, "run.teacher", f"expected a run, found {named!r}", remedy)
        try:
            path = self._root / Path(named).expanduser()
            there = (path / "spec.toml").is_file()
        except (OSError, RuntimeError, ValueError) as error:
            raise UserError(self._where, "run.teacher", f"no path of a run: {error}", "write GROUP/NAME") from None
        if not there:
            remedy = "name one that `cockpit ls` lists, as GROUP/NAME"
            raise UserError(self._where, "run.teacher", f"there is no run {path}", remedy)
        spec, file = read_spec(path)
        word = status_of(path).word
        if word != "finished" and word not in HELD:
            problem = f"{named} is {word}, and so has no last checkpoint to learn from"
            raise UserError(self._where, "run.teacher", problem, "run it first")
        return _Teacher(str(Path(named).expanduser()), spec, file.inputs)

    def _doubts(self, spec: Spec, teacher: Spec | None) -> tuple[str, ...]:
        """What is legal and probably not meant, of a run and the one that teaches it."""
        doubts = []
        if spec.objective == "rkd" and spec.accumulation > 1:
            part = spec.batch_size // spec.accumulation
            doubts.append(
                f"run.accumulation = {spec.accumulation}: rkd compares images within a part, {part} at a time"
            )
        if spec.nodes > 1 and spec.objective == "supervised":
            doubts.append(f"run.nodes = {spec.nodes} and objective supervised: they learn apart, each as if alone")
        if spec.objective in COMPARES_FEATURES and not spec.kd_weight and spec.temperature != TEMPERATURE:
            doubts.append("run.temperature means nothing while kd_weight is 0")
        if spec.objective == "logit" and not spec.kd_weight:
            doubts.append("run.kd_weight = 0: the teacher is not listened to")
        if spec.objective == "factor_transfer" and not spec.pretrain_epochs:
            doubts.append("run.pretrain_epochs = 0: the paraphraser stays as it was drawn")
        if teacher:
            self._check_pair(spec, teacher)
            if teacher.data != spec.data:
                doubts.append(f"run.teacher was trained on {teacher.data}, and teaches a student of {spec.data}")
        return tuple(doubts)

    def _check_pair(self, student: Spec, teacher: Spec) -> None:
        """What can be told of a student and its teacher without torch."""
        learns, knows = self._outline(student.data), self._outline(teacher.data)
        if learns and knows and learns != knows:
            has = "the student's {} has {} classes and {} channels".format(student.data, *learns)
            problem = f"{has}, the teacher's {teacher.data} {knows[0]} and {knows[1]}"
            raise UserError(self._where, "run.teacher", problem, "name a teacher that was trained on such data")
        if teacher.nodes > 1:
            problem = f"the teacher has {teacher.nodes} networks"
            raise UserError(self._where, "run.teacher", problem, "name a run of a single network")
        theirs = groups(teacher.models[0])
        for name in student.models:
            ours = groups(name)
            if student.objective in COMPARES_STAGES and None not in (ours, theirs) and ours != theirs:
                problem = f"{student.objective} compares stages: {name} has {ours}, {teacher.models[0]} {theirs}"
                raise UserError(self._where, "run.teacher", problem, "pair networks of equally many stages")

    def _told(self, point: Point) -> dict[str, Any]:
        """The overrides that make a run another than the preset's own at this point, so that its label says so."""
        own = self._plain | point.settings
        idle = {"pretrain_epochs"} if own.get("objective") != "factor_transfer" else set()
        asked = {key: (key.removeprefix("run."), value) for key, value in self._overrides.items() if _tells(key)}
        return {key: v for key, (name, v) in asked.items() if own.get(name) != v and name not in idle}

    def _outline(self, data: str) -> tuple[int, int] | None:
        """How many classes and channels a data set has, as far as that is known here."""
        if data not in self._outlines:
            manifest, outline = dataset.available().get(data), (dataset.BUILT_IN | dataset.PREPARABLE).get(data)
            found = (len(manifest.classes), manifest.shape[0]) if manifest else None
            self._outlines[data] = found or ((outline.classes, outline.shape[0]) if outline else None)
        return self._outlines[data]

    def _sources(self, point: Point) -> dict[str, str]:
        """Where the value of each setting came from."""
        name = self._path.stem
        sources = {f"run.{field}": "default" for field in Spec.__struct_fields__}
        sources |= {f"run.{field}": f"preset {name}" for field in self._preset.run}
        sources |= {f"run.{field}": f"grid of preset {name}" for field in point.settings}
        return sources | {key: origin for key, origin in self._origins.items() if key in sources}

    def _reference(self, point: str) -> Figures:
        """The published figures of this run: those of the first entry whose pattern it matches.

        A run of another teacher, or of another axis than of seeds, is not the published one, and has none.
        """
        if any(
            key == "run.teacher" or (key.startswith("grid.") and key != f"grid.{SEEDS}") for key in self._overrides
        ):
            return Figures()
        for figures in self._preset.reference.runs:
            if fnmatchcase(point, figures.run):
                return replace(figures, source=figures.source or self._preset.reference.source)
        return Figures()


def _tells(key: str) -> bool:
    return key.startswith("run.") and key.removeprefix("run.") in IDENTITY


def _label(told: dict[str, Any]) -> str:
    return slug("-".join(part(key, value) for key, value in told.items()))


def part(axis: str, value: Any) -> str:
    """What a label says of one value: `lr0.1`, `seed0`, `nesterov`, `no-nesterov`, `resnet32`, `phases2`."""
    name = axis.removeprefix("run.")
    if isinstance(value, bool):
        return name if value else f"no-{name}"
    if isinstance(value, (int, float)):
        return f"{name}{value:g}".replace("e+", "e")
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return name
    if not isinstance(value, (list, tuple)):
        return str(value)  # a date, say: what it may be is checked with the settings
    return f"{name}{len(value)}" if all(isinstance(v, dict) for v in value) else "-".join(map(str, value))


def slug(text: str) -> str:
    """`text` as it can stand in a folder's name."""
    return re.sub(r"[^a-z0-9._-]+", "-", text.lower())[:LABEL_LENGTH].strip("-._")
