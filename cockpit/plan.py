"""What a preset stands for: its grid and the overrides of the command line, as a list of checked runs."""

from __future__ import annotations

import copy
import re
import tomllib
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from msgspec import Struct

from cockpit.grid import Point, axes, flat, points
from cockpit.presets import Preset, as_preset, locate
from cockpit.runs import PUBLISHED
from engine.contract import dataset, schedule
from engine.contract.checked import read_toml
from engine.contract.errors import UserError
from engine.contract.folder import check_gap
from engine.contract.spec import IDENTITY, Spec, check_spec, identity

GROUP = re.compile(r"[a-z0-9][a-z0-9._-]*")
#: The longest label; the folder's name has seven characters more.
LABEL_LENGTH = 100


class Planned(Struct, frozen=True, kw_only=True):
    """One run that a preset stands for.

    `name` is its folder's: the label, then six digits of its identity. `point` is the label without what was
    overridden, and `data_content` that of its data set.
    """

    group: str
    name: str
    label: str
    spec: Spec
    sources: dict[str, str]
    data_content: str = ""
    point: str = ""

    @property
    def identity(self) -> str:
        """What makes it this run and no other, whatever it is called."""
        return identity(self.spec, self.data_content)


class Plan(Struct, frozen=True, kw_only=True):
    """A preset with its overrides, expanded. `cautions` are what is legal and probably not meant."""

    preset: Preset
    name: str
    path: Path
    runs: tuple[Planned, ...]
    cautions: tuple[str, ...]


def plan(
    preset: str,
    overrides: Sequence[str] = (),
    *,
    group: str | None = None,
    only: str | None = None,
    needs_data: bool = True,
) -> Plan:
    """Everything a preset stands for, checked to the end: nothing is launched before this has passed.

    `overrides` are `path=value` as given to --set, `only` a glob over names and labels. Without `needs_data`
    the data sets may be missing still.

    Raises:
        UserError: anything wrong in the file, an override, a setting, or the data it needs.
    """
    path = locate(preset)
    tree = read_toml(path)
    settings = dict(parse_override(text) for text in overrides)
    group = check_group(path.stem if group is None else group)
    # The file by itself first, so that its own mistakes are told as its own.
    expanded, runs = _expand(tree, {}, path, path, group)
    if settings:
        where = f"{path} with " + " ".join(f"--set {text}" for text in overrides)
        expanded, runs = _expand(tree, settings, path, where, group)
    chosen = tuple(r for r in runs if only is None or any(fnmatchcase(n, only) for n in (r.label, r.name, r.point)))
    if not chosen:
        raise UserError("--only", "", f"{only!r} matches no run", "names are: " + ", ".join(r.label for r in runs))
    if needs_data:
        _check_data(chosen, path)
    cautions = dict.fromkeys(c for run in chosen for c in schedule.cautions(run.spec))
    return Plan(preset=expanded, name=path.stem, path=path, runs=chosen, cautions=tuple(cautions))


def check_group(group: str) -> str:
    """A group's name, which becomes a folder's.

    Raises:
        UserError: it cannot.
    """
    if not GROUP.fullmatch(group) or len(group) > LABEL_LENGTH or group == PUBLISHED:
        remedy = f"use a-z, 0-9, dot, dash and underscore, beginning with a letter or digit, and not {PUBLISHED!r}"
        raise UserError("--group", "", f"{group!r} cannot be a group's name", remedy)
    return group


def parse_override(text: str) -> tuple[str, Any]:
    """`run.epochs=3` -> ("run.epochs", 3). A value that is no TOML is taken as text.

    Raises:
        UserError: no `=`, or a path outside run, grid, gap and target.
    """
    key, equals, value = (part.strip() for part in text.partition("="))
    if not equals or not key:
        raise UserError(f"--set {text}", "", "not of the form path=value", "write for example --set run.epochs=3")
    if key.split(".")[0] not in ("run", "grid", "gap", "target") or "." not in key:
        remedy = "paths begin with run., grid., gap. or target., as in --set run.epochs=3"
        raise UserError(f"--set {text}", "", "not a setting of a preset", remedy)
    try:
        return key, tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return key, value


def _overridden(tree: dict[str, Any], settings: dict[str, Any], where: object) -> dict[str, Any]:
    """The preset's tables with overrides put in; a setting that was an axis of the grid is one no longer."""
    tree = copy.deepcopy(tree)
    for path, value in settings.items():
        table, _, key = path.partition(".")
        grid = tree.get("grid", {})
        if table in ("run", "grid") and isinstance(grid, dict):
            axis = path if table == "run" else key
            kept = {name: values for name, values in axes(grid, where).items() if name != axis}
            # A skip speaks of axes; with one of them gone it no longer does.
            skips = [s for s in grid.get("skip", []) if table == "grid" or not _names(s, axis)]
            tree["grid"] = {"skip": skips} | kept | ({axis: value} if table == "grid" else {})
        if table != "grid" and isinstance(tree.setdefault(table, {}), dict):
            tree[table][key] = value
    return tree


def _names(skip: Any, axis: str) -> bool:
    return isinstance(skip, dict) and axis in dict(flat(skip))


def _expand(
    tree: dict[str, Any], settings: dict[str, Any], path: Path, where: object, group: str
) -> tuple[Preset, list[Planned]]:
    """A preset's tables under some overrides, checked, and its runs in the order of its grid.

    Raises:
        UserError: anything wrong in them, or two runs that are one.
    """
    preset = as_preset(_overridden(tree, settings, where), where)
    check_gap(preset.gap, where)
    told = {key: value for key, value in settings.items() if _tells(key, value, tree["run"])}
    runs: dict[str, Planned] = {}
    contents: dict[str, str] = {}  # manifests are read once a data set, not once a run
    for point in points(preset.grid, where):
        table = preset.run | {key.removeprefix("run."): value for key, value in point.items()}
        spec = check_spec(table, where)
        label = _label(point | told) or _slug(path.stem) or "run"
        if spec.data not in contents:
            contents[spec.data] = dataset.content(spec.data)
        content = contents[spec.data]
        run = Planned(
            group=group,
            name=f"{label}-{identity(spec, content)[:6]}",
            label=label,
            spec=spec,
            sources=_sources(preset, path.stem, point, settings),
            data_content=content,
            point=_label(point),
        )
        if run.name in runs:
            raise UserError(where, "grid", f"{label} stands for two equal runs", "take one of them out")
        runs[run.name] = run
    return preset, list(runs.values())


def _tells(key: str, value: Any, base: dict[str, Any]) -> bool:
    """Whether an override makes runs that differ from the preset's own: then their labels say so."""
    setting = key.removeprefix("run.")
    return key.startswith("run.") and setting in IDENTITY and base.get(setting) != value


def _sources(preset: Preset, name: str, point: Point, settings: dict[str, Any]) -> dict[str, str]:
    """Where the value of each setting came from."""
    sources = {f"run.{field}": "default" for field in Spec.__struct_fields__}
    sources |= {f"run.{field}": f"preset {name}" for field in preset.run}
    sources |= dict.fromkeys(point, f"grid of preset {name}")
    return sources | {key: "command line" for key in settings if key in sources}


def _label(told: dict[str, Any]) -> str:
    return _slug("-".join(_part(key.removeprefix("run."), value) for key, value in told.items()))


def _part(name: str, value: Any) -> str:
    """What a label says of one setting: `lr0.1`, `seed0`, `nesterov`, `no-nesterov`, `resnet32`, `phases2`."""
    if isinstance(value, bool):
        return name if value else f"no-{name}"
    if isinstance(value, (int, float)):
        return f"{name}{value:g}".replace("e+", "e")
    if isinstance(value, str):
        return value
    return f"{name}{len(value)}" if all(isinstance(v, dict) for v in value) else "-".join(map(str, value))


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9._-]+", "-", text.lower())[:LABEL_LENGTH].strip("-._")


def _check_data(runs: Sequence[Planned], path: Path) -> None:
    """Every data set the runs need is at hand, and large enough for one step.

    Raises:
        UserError: one is not.
    """
    for name, batch, drops in sorted({(r.spec.data, r.spec.batch_size, r.spec.drop_last) for r in runs}):
        outline = dataset.require(name, path, "run.data") or dataset.BUILT_IN[name]
        if drops and batch > outline.train_images:
            problem = f"{batch} images a step, but {name} has {outline.train_images} and drop_last is set"
            raise UserError(path, "run.batch_size", problem, "make it smaller, or set drop_last = false")
