"""Preset files: where they are, what a preset says. What it stands for, run by run, is plan.py's."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from msgspec import Meta, Struct
from msgspec.structs import replace

from engine.contract.checked import check, read_toml
from engine.contract.cleaning import clean
from engine.contract.errors import UserError, nearest
from engine.contract.folder import Gap
from engine.contract.reference import Reference

Kind = Literal["sweep", "session", "mutual learning", "distillation", "experts"]
#: The kinds in the order they are listed.
KINDS: tuple[Kind, ...] = get_args(Kind)


class Preset(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A preset file, checked but for what depends on the runs it expands to."""

    title: Annotated[str, Meta(description="what the experiment is, in a few words")]
    run: Annotated[dict[str, Any], Meta(description="the settings that all runs share")]
    description: Annotated[str, Meta(description="what it is and why, in a paragraph")] = ""
    kind: Annotated[Kind, Meta(description="what it is listed under")] = "sweep"
    grid: Annotated[dict[str, Any], Meta(description="settings to multiply out, dotted path to list")] = {}
    gap: Annotated[Gap, Meta(description="train-test gaps that are watched, warned of, critical")] = Gap()
    target: Annotated[dict[str, float], Meta(description="figures aimed at, metric to number")] = {}
    reference: Annotated[Reference, Meta(description="published figures of the same experiment")] = Reference()


class Shelf(Struct, frozen=True):
    """A preset by name: what its file holds, or the error that reading it gave. `is_own` says it is the user's."""

    name: str
    path: Path
    is_own: bool
    preset: Preset | None
    error: str = ""


def shipped() -> Path:
    """The folder of presets that come with the project: inside an installed package, else beside it."""
    here = Path(__file__).resolve().parent
    installed = here / "shipped_presets"
    return installed if installed.is_dir() else here.parent / "presets"


def own() -> Path:
    """The user's own folder of presets: `$COCKPIT_PRESETS`, or the one among their configuration."""
    if home := os.environ.get("COCKPIT_PRESETS"):
        return Path(home).expanduser().absolute()
    configuration = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(configuration) / "cockpit" / "presets"


def names() -> dict[str, Path]:
    """The presets that can be named: name -> file. A shipped name means the shipped preset, whoever else bears it."""
    return _files(own()) | _files(shipped())


def shadowed() -> list[Path]:
    """The user's own files that bear a shipped preset's name, and so are refused until they are renamed."""
    taken = _files(shipped())
    return [path for name, path in _files(own()).items() if name in taken and not _same(path, taken[name])]


def _same(one: Path, other: Path) -> bool:
    return os.path.realpath(one) == os.path.realpath(other)


def _files(folder: Path) -> dict[str, Path]:
    """The preset files of a folder, without what editors leave beside them."""
    return {path.stem: path for path in sorted(folder.glob("*.toml")) if not path.name.startswith(".")}


def locate(preset: str) -> Path:
    """The file of a preset given by name or by path.

    Raises:
        UserError: there is none, or it is one of the user's own that bears a shipped name.
    """
    known = names()
    if preset in known:
        return known[preset]
    path = Path(preset).expanduser()
    if path.suffix == ".toml" or "/" in preset:
        if not path.is_file():
            raise UserError(path, "", "no such preset file", "check the path")
        if any(_same(path, other) for other in shadowed()):
            problem = f"a shipped preset is named {path.stem!r} already"
            raise UserError(path, "", problem, "rename the file: two presets of one name would share their runs")
        return path.absolute()
    raise UserError(f"preset {preset!r}", "", "there is no preset of this name", nearest(preset, known))


def shelves() -> list[Shelf]:
    """Every preset there is, by name; a file that cannot be read hides no other."""
    files = [*names().items(), *((path.stem, path) for path in shadowed())]
    return [_shelf(name, path) for name, path in sorted(files, key=lambda file: (file[0], str(file[1])))]


def _shelf(name: str, path: Path) -> Shelf:
    is_own = path.parent != shipped()
    try:
        return Shelf(clean(name), path, is_own, load(locate(str(path))))
    except UserError as error:
        return Shelf(clean(name), path, is_own, None, clean(str(error)))


def load(path: Path) -> Preset:
    """The preset in a file, its own keys checked.

    Raises:
        UserError: unknown key, wrong type, missing file.
    """
    return as_preset(read_toml(path), path)


def as_preset(tree: dict[str, Any], where: object) -> Preset:
    """The tables of a preset file, checked.

    Raises:
        UserError: unknown key or wrong type.
    """
    try:
        preset = check(tree, Preset, where, "")
    except UserError as error:
        if error.key.startswith("reference.runs"):
            remedy = "accuracies are fractions of 1, as 0.732 for 73.2 %; engine/contract/reference.py tells each"
            raise UserError(error.where, error.key, error.problem, remedy) from None
        raise
    return replace(preset, title=clean(preset.title), description=clean(preset.description))
