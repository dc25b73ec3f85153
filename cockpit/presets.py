"""Preset TOML -> checked Preset -> the list of runs it stands for."""

from __future__ import annotations

import copy
import itertools
import re
import tomllib
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from cockpit.runs import PUBLISHED
from engine.contract import dataset, schedule
from engine.contract.checked import check, read_toml
from engine.contract.errors import UserError, nearest
from engine.contract.folder import Gap
from engine.contract.spec import Spec, check_spec, identity

Kind = Literal["sweep", "session", "mutual learning", "distillation", "experts"]
GROUP = re.compile(r"[a-z0-9][a-z0-9._-]*")
COMMAND_LINE = "command line"


class Preset(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A preset file, checked but for what depends on the runs it expands to."""

    title: Annotated[str, Meta(description="what the experiment is, in a few words")]
    run: Annotated[dict[str, Any], Meta(description="the settings that all runs share")]
    description: Annotated[str, Meta(description="what it is and why, in a paragraph")] = ""
    kind: Annotated[Kind, Meta(description="what it is listed under")] = "sweep"
    grid: Annotated[dict[str, Any], Meta(description="settings to multiply out: dotted path to list")] = {}
    gap: Annotated[Gap, Meta(description="train-test gaps that are watched, warned of, critical")] = Gap()
    target: Annotated[dict[str, float], Meta(description="figures aimed at: metric to number")] = {}
    reference: Annotated[dict[str, Any], Meta(description="published figures of the same experiment")] = {}


class Planned(Struct, frozen=True, kw_only=True):
    """One run that a preset stands for. `name` is its folder's: the label, then six digits of its identity."""

    group: str
    name: str
    label: str
    spec: Spec
    sources: dict[str, str]


class Plan(Struct, frozen=True, kw_only=True):
    """A preset with its overrides, expanded. `cautions` are what is legal and probably not meant."""

    preset: Preset
    name: str
    path: Path
    runs: tuple[Planned, ...]
    cautions: tuple[str, ...]


def shipped() -> Path:
    """The folder of presets that come with the project: inside an installed package, beside it in a checkout."""
    here = Path(__file__).resolve().parent
    installed = here / "shipped_presets"
    return installed if installed.is_dir() else here.parent / "presets"


def names() -> dict[str, Path]:
    """The presets that can be named: name -> file."""
    return {path.stem: path for path in sorted(shipped().glob("*.toml"))}


def locate(preset: str) -> Path:
    """The file of a preset given by name or by path.

    Raises:
        UserError: there is none.
    """
    known = names()
    if preset in known:
        return known[preset]
    path = Path(preset).expanduser()
    if path.suffix == ".toml" or "/" in preset:
        if not path.is_file():
            raise UserError(path, "", "no such preset file", "check the path")
        return path.absolute()
    raise UserError(f"preset {preset!r}", "", "there is no preset of this name", nearest(preset, known))


def load(path: Path) -> Preset:
    """The preset in a file, its own keys checked.

    Raises:
        UserError: unknown key, wrong type, missing file.
    """
    return _checked(read_toml(path), path)


def plan(preset: str, overrides: Sequence[str] = (), *, group: str | None = None, only: str | None = None) -> Plan:
    """Everything a preset stands for, checked to the end: nothing is launched before this has passed.

    `overrides` are `path=value` as given to --set, `only` a glob over names and labels.

    Raises:
        UserError: anything wrong in the file, an override, a setting, or the data it needs.
    """
    path = locate(preset)
    tree = read_toml(path)
    settings = [parse_override(text) for text in overrides]
    # The file by itself first, so that its own mistakes are told as its own.
    expand(_checked(tree, path), path, group or path.stem, {})
    for key, value in settings:
        _put(tree, key, value)
    checked = _checked(tree, path if not settings else f"{path} with --set")
    runs = expand(checked, path, group or path.stem, dict(settings))
    chosen = tuple(r for r in runs if only is None or fnmatchcase(r.label, only) or fnmatchcase(r.name, only))
    if not chosen:
        raise UserError("--only", "", f"{only!r} matches no run", "names are: " + ", ".join(r.label for r in runs))
    _check_data(chosen, path)
    cautions = dict.fromkeys(c for run in chosen for c in schedule.cautions(run.spec))
    return Plan(preset=checked, name=path.stem, path=path, runs=chosen, cautions=tuple(cautions))


def _checked(tree: dict[str, Any], where: object) -> Preset:
    return check(tree, Preset, where, "preset")


def parse_override(text: str) -> tuple[str, Any]:
    """`run.epochs=3` -> ("run.epochs", 3). A value that is no TOML is taken as text.

    Raises:
        UserError: no `=`, or a path outside run, grid, gap and target.
    """
    key, equals, value = text.partition("=")
    key, value = key.strip(), value.strip()
    if not equals or not key:
        raise UserError(f"--set {text}", "", "not of the form path=value", "write for example --set run.epochs=3")
    root = key.split(".")[0]
    if root not in ("run", "grid", "gap", "target") or "." not in key:
        remedy = "paths begin with run., grid., gap. or target., as in --set run.epochs=3"
        raise UserError(f"--set {text}", key, "not a setting of a preset", remedy)
    try:
        return key, tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return key, value


def _put(tree: dict[str, Any], key: str, value: Any) -> None:
    """Put a value at a dotted path of the preset; a setting that was an axis of the grid no longer is one."""
    root, _, rest = key.partition(".")
    tree[root] = copy.deepcopy(tree.get(root, {}))
    if root == "run":
        axes = dict(_axes(tree.get("grid", {}), "preset"))
        if axes.pop(key, None) is not None:
            tree["grid"] = axes | ({"skip": tree["grid"]["skip"]} if "skip" in tree["grid"] else {})
    elif root == "grid":
        axes = dict(_axes(tree["grid"], "preset")) | {rest: value}
        tree["grid"] = axes | ({"skip": tree["grid"]["skip"]} if "skip" in tree["grid"] else {})
        return
    tree[root][rest] = value


def _axes(grid: dict[str, Any], where: object, prefix: str = "") -> Iterator[tuple[str, list[Any]]]:
    """The grid's axes as (dotted path, values); `run.seed = [0]` may be written with quotes or without."""
    for key, value in grid.items():
        if not prefix and key == "skip":
            continue
        path = f"{prefix}{key}"
        if isinstance(value, dict):
            yield from _axes(value, where, f"{path}.")
        elif not isinstance(value, list) or not value:
            raise UserError(where, f"grid.{path}", f"expected a list of values, found {value!r}", "write [a, b]")
        else:
            yield path, value


def expand(preset: Preset, path: Path, group: str, overrides: dict[str, Any]) -> list[Planned]:
    """The runs of a preset: its grid multiplied out, the last axis fastest, less what it skips.

    Raises:
        UserError: an axis or a skip that names no setting, a setting that is wrong, two equal runs.
    """
    check_group(group)
    axes = list(_axes(preset.grid, path))
    for key, _ in axes:
        setting = key.removeprefix("run.")
        if not key.startswith("run.") or setting not in Spec.__struct_fields__:
            remedy = nearest(key, [f"run.{name}" for name in Spec.__struct_fields__])
            raise UserError(path, f"grid.{key}", "no setting of a run", remedy)
    skips = _skips(preset, path, [key for key, _ in axes])
    runs: dict[str, Planned] = {}
    for values in itertools.product(*(axis for _, axis in axes)):
        point = dict(zip((key for key, _ in axes), values, strict=True))
        if any(all(point[key] == value for key, value in skip.items()) for skip in skips):
            continue
        run = _planned(preset, path, group, point, overrides)
        if run.name in runs:
            raise UserError(path, "grid", f"{run.label} stands for two equal runs", "take one of them out")
        runs[run.name] = run
    if not runs:
        raise UserError(path, "grid", "every point is skipped", "take out a [[grid.skip]]")
    return list(runs.values())


def check_group(group: str) -> None:
    """A group's name becomes a folder's.

    Raises:
        UserError: it is none.
    """
    if not GROUP.fullmatch(group) or group == PUBLISHED:
        remedy = f"use a-z, 0-9, dot, dash and underscore, beginning with a letter or digit, and not {PUBLISHED!r}"
        raise UserError("--group", "", f"{group!r} cannot be a group's name", remedy)


def _skips(preset: Preset, path: Path, axes: list[str]) -> list[dict[str, Any]]:
    tables = preset.grid.get("skip", [])
    if not isinstance(tables, list) or not all(isinstance(t, dict) and t for t in tables):
        raise UserError(path, "grid.skip", "expected tables", "write [[grid.skip]] with the values to leave out")
    flat = [{key: value[0] for key, value in _axes(_boxed(t), path)} for t in tables]
    for i, skip in enumerate(flat):
        for key in skip:
            if key not in axes:
                raise UserError(path, f"grid.skip[{i}].{key}", "no axis of this grid", nearest(key, axes))
    return flat


def _boxed(table: dict[str, Any]) -> dict[str, Any]:
    return {key: _boxed(value) if isinstance(value, dict) else [value] for key, value in table.items()}


def _planned(preset: Preset, path: Path, group: str, point: dict[str, Any], overrides: dict[str, Any]) -> Planned:
    table = preset.run | {key.removeprefix("run."): value for key, value in point.items()}
    spec = check_spec(table, f"{path} with --set" if overrides else path)
    told = {key: value for key, value in overrides.items() if key.startswith("run.")}
    parts = [_part(key, value) for key, value in (point | told).items()]
    label = _slug("-".join(parts)) or _slug(path.stem) or "run"
    sources = {f"run.{name}": "default" for name in Spec.__struct_fields__}
    sources |= {f"run.{name}": f"preset {path.stem}" for name in preset.run}
    sources |= dict.fromkeys(point, f"grid of preset {path.stem}")
    sources |= dict.fromkeys(told, COMMAND_LINE)
    return Planned(group=group, name=f"{label}-{identity(spec)[:6]}", label=label, spec=spec, sources=sources)


def _part(key: str, value: Any) -> str:
    """What a label says of one setting: `lr0.1`, `seed0`, `nesterov`, `no-nesterov`, `resnet32`."""
    name = key.removeprefix("run.")
    if isinstance(value, bool):
        return name if value else f"no-{name}"
    if isinstance(value, (int, float)):
        return f"{name}{value:g}"
    if isinstance(value, str):
        return value
    return f"{name}-{len(value)}" if all(isinstance(v, dict) for v in value) else "-".join(map(str, value))


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9._-]+", "-", text.lower()).strip("-._")[:80]


def _check_data(runs: Sequence[Planned], path: Path) -> None:
    """Every data set the runs need is at hand, and large enough for one step."""
    for name, batch, drops in sorted({(r.spec.data, r.spec.batch_size, r.spec.drop_last) for r in runs}):
        manifest = dataset.require(name, path, "run.data")
        if manifest and drops and batch > manifest.train_images:
            problem = (
                f"{batch} images a step, but {name} has {manifest.train_images} to train on and drop_last is set"
            )
            raise UserError(path, "run.batch_size", problem, "make it smaller, or set drop_last = false")
