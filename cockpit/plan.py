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

from cockpit.expand import LABEL_LENGTH, Expansion, Planned
from cockpit.grid import SEEDS, replaced, without
from cockpit.presets import Preset, as_preset, locate
from cockpit.published import PUBLISHED
from cockpit.snapshot import Snapshot
from engine.contract import dataset, schedule
from engine.contract.checked import read_toml
from engine.contract.errors import UserError
from engine.contract.folder import check_gap

GROUP = re.compile(r"[a-z0-9][a-z0-9._-]*")
#: How many seeds one command may ask for: more is a slip of the finger.
MOST_SEEDS = 1000


class Plan(Struct, frozen=True, kw_only=True):
    """A preset with its overrides, expanded. `cautions` are what is legal and probably not meant."""

    preset: Preset
    name: str
    path: Path
    runs: tuple[Planned, ...]
    cautions: tuple[str, ...]


def plan(
    preset: str,
    overrides: Sequence[str | tuple[str, str]] = (),
    *,
    group: str | None = None,
    only: str | None = None,
    needs_data: bool = True,
    root: Path = Path("runs"),
) -> Plan:
    """Everything a preset stands for, checked to the end: nothing is launched before this has passed.

    `overrides` are `path=value` as given to --set, or such a text with the name of where it came from; of two of one
    path the later holds. `only` a glob over names and labels; the runs that teach those
    it matches come along. Without `needs_data` the data sets may be missing still. `root` is the runs folder,
    where a teacher may lie that is no run of this preset.

    Raises:
        UserError: anything wrong in the file, an override, a setting, or the data it needs.
    """
    path = locate(preset)
    tree = read_toml(path)
    named = [(each, "command line") if isinstance(each, str) else each for each in overrides]
    settings = dict(parse_override(text) for text, _ in named)
    origins = {parse_override(text)[0]: origin for text, origin in named}
    group = check_group(path.stem if group is None else group)
    # The file by itself first, so that its own mistakes are told as its own.
    where: object = path
    expanded, runs = _expand(tree, {}, {}, path, path, group, root)
    _refuse_twins(runs, path)
    if settings:
        where = f"{path} with " + " ".join(_told(text, origin) for text, origin in named)
        expanded, runs = _expand(tree, settings, origins, path, where, group, root)
    chosen = tuple(r for r in runs if only is None or any(fnmatchcase(n, only) for n in (r.label, r.name, r.point)))
    if not chosen:
        raise UserError("--only", "", f"{only!r} matches no run", "names are: " + ", ".join(r.label for r in runs))
    chosen = _with_teachers(chosen, runs)
    _refuse_twins(chosen, where)
    if needs_data:
        check_data(chosen, path)
    cautions = dict.fromkeys(c for run in chosen for c in (*schedule.cautions(run.spec), *run.doubts))
    return Plan(preset=expanded, name=path.stem, path=path, runs=chosen, cautions=tuple(cautions))


def of_group(runs: Sequence[Snapshot], root: Path) -> tuple[Planned, ...]:
    """What the preset of a group's runs stands for now; nothing where it is no more, or the runs are of several."""
    presets = {run.file.preset for run in runs if run.file}
    if len(presets) != 1 or not (name := presets.pop()):
        return ()
    try:
        return plan(name, group=runs[0].group, needs_data=False, root=root).runs
    except UserError:
        return ()


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


def seeds_override(text: str) -> str:
    """What --seeds asks for, as an override: `5` is 0 to 4, `0,3,7` are these.

    Raises:
        UserError: it is neither.
    """
    parts = [part.strip() for part in text.split(",") if part.strip()]
    try:
        given = [int(part) for part in parts]
        is_count = len(given) == 1 and "," not in text
        numbers = list(range(min(given[0], MOST_SEEDS + 1))) if is_count else given
    except ValueError:
        numbers = []
    if not numbers or len(set(numbers)) < len(numbers) or len(numbers) > MOST_SEEDS:
        remedy = "write how many, as in --seeds 5, or which, as in --seeds 0,3,7; one alone has a comma: --seeds 0,"
        raise UserError(f"--seeds {text}", "", f"not 1 to {MOST_SEEDS} different seeds", remedy)
    return f"grid.{SEEDS}={numbers}"


def _overridden(tree: dict[str, Any], settings: dict[str, Any]) -> dict[str, Any]:
    """The preset's tables with overrides put in; a setting that was an axis of the grid is one no longer."""
    tree = copy.deepcopy(tree)
    for path, value in settings.items():
        table, _, key = path.partition(".")
        grid = tree.setdefault("grid", {})
        if table in ("run", "grid") and isinstance(grid, dict):
            tree["grid"] = without(grid, path) if table == "run" else replaced(grid, key, value)
        if table != "grid" and isinstance(tree.setdefault(table, {}), dict):
            tree[table][key] = value
    return tree


def _told(override: str, origin: str) -> str:
    return f"--set {override}" if origin == "command line" else f"{override} ({origin})"


def _expand(
    tree: dict[str, Any],
    settings: dict[str, Any],
    origins: dict[str, str],
    path: Path,
    where: object,
    group: str,
    root: Path,
) -> tuple[Preset, list[Planned]]:
    """A preset's tables under some overrides, checked, and its runs in the order of its grid.

    Raises:
        UserError: anything wrong in them.
    """
    preset = as_preset(_overridden(tree, settings), where)
    check_gap(preset.gap, where)
    base = as_preset(tree, where)
    return preset, Expansion(preset, base, path, where, group, root, settings, origins).runs()


def _refuse_twins(runs: Sequence[Planned], where: object) -> None:
    """Whether two of the runs are one and the same by all that counts.

    Raises:
        UserError: which two.
    """
    known: dict[str, str] = {}
    for run in runs:
        if twin := known.get(run.identity):
            problem = f"{twin} and {run.label} are two equal runs"
            remedy = "let them differ in a setting that changes results, or pick one of them with --only"
            raise UserError(where, "grid", problem, remedy)
        known[run.identity] = run.label


def _with_teachers(chosen: Sequence[Planned], runs: Sequence[Planned]) -> tuple[Planned, ...]:
    """The runs chosen and those that teach them, in the preset's order."""
    known = {run.name: run for run in runs}
    wanted = list(chosen)
    names = {run.name for run in wanted}
    for run in wanted:  # grows while it is walked: a teacher may have one of its own
        if run.teacher and run.teacher not in names:
            names.add(run.teacher)
            wanted.append(known[run.teacher])
    return tuple(run for run in runs if run.name in names)


def check_data(runs: Sequence[Planned], path: Path) -> None:
    """Every data set the runs need is at hand, and large enough for one step.

    Raises:
        UserError: one is not.
    """
    for name, batch, drops in sorted({(r.spec.data, r.spec.batch_size, r.spec.drop_last) for r in runs}):
        outline = dataset.require(name, path, "run.data") or dataset.BUILT_IN[name]
        if drops and batch > outline.train_images:
            problem = f"{batch} images a step, but {name} has {outline.train_images} and drop_last is set"
            raise UserError(path, "run.batch_size", problem, "make it smaller, or set drop_last = false")


def missing(made: Plan) -> list[str]:
    """Each data set the runs need that is not at hand or damaged, and how to bring it."""
    told = []
    for name in dict.fromkeys(run.spec.data for run in made.runs):
        try:
            dataset.require(name, made.path, "run.data")
        except UserError as error:
            told.append(f"{error.problem}; {error.remedy}")
    return told
