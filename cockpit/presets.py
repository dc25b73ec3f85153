"""Preset files: where they are, what a preset says. What it stands for, run by run, is plan.py's."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct
from msgspec.structs import replace

from engine.contract.checked import check, read_toml
from engine.contract.cleaning import clean
from engine.contract.errors import UserError, nearest
from engine.contract.folder import Gap

Kind = Literal["sweep", "session", "mutual learning", "distillation", "experts"]


class Preset(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A preset file, checked but for what depends on the runs it expands to."""

    title: Annotated[str, Meta(description="what the experiment is, in a few words")]
    run: Annotated[dict[str, Any], Meta(description="the settings that all runs share")]
    description: Annotated[str, Meta(description="what it is and why, in a paragraph")] = ""
    kind: Annotated[Kind, Meta(description="what it is listed under")] = "sweep"
    grid: Annotated[dict[str, Any], Meta(description="settings to multiply out, dotted path to list")] = {}
    gap: Annotated[Gap, Meta(description="train-test gaps that are watched, warned of, critical")] = Gap()
    target: Annotated[dict[str, float], Meta(description="figures aimed at, metric to number")] = {}
    reference: Annotated[dict[str, Any], Meta(description="published figures of the same experiment")] = {}


def shipped() -> Path:
    """The folder of presets that come with the project: inside an installed package, else beside it."""
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
    return as_preset(read_toml(path), path)


def as_preset(tree: dict[str, Any], where: object) -> Preset:
    """The tables of a preset file, checked.

    Raises:
        UserError: unknown key or wrong type.
    """
    preset = check(tree, Preset, where, "")
    return replace(preset, title=clean(preset.title), description=clean(preset.description))
