"""The user's own configuration: config.toml, and settings in the environment.

    $COCKPIT_CONFIG, else $XDG_CONFIG_HOME/cockpit/config.toml (~/.config/cockpit/config.toml)

What stands in it is stronger than a preset, and weaker than the environment and the command line.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta, Struct

from engine.contract.checked import check, read_toml
from engine.contract.errors import UserError, nearest
from engine.contract.spec import Spec

#: Where the next setting of a list begins: a comma inside a value does not.
_NEXT = re.compile(r",\s*(?=(?:run|grid|gap|target)\.[\w.]+\s*=)")

#: What may have a table [backend.NAME].
CLUSTERS = ("slurm", "pbs")


class Notify(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How to tell that a group has ended."""

    bell: Annotated[bool, Meta(description="whether the terminal's bell and its notification (OSC 9) are used")] = (
        True
    )
    command: Annotated[
        tuple[str, ...],
        Meta(description="a program and its arguments, run with what happened in words as the last one"),
    ] = ()


class Config(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What config.toml holds."""

    run: Annotated[dict[str, Any], Meta(description="settings for every run, whatever its preset says")] = {}
    backend: Annotated[dict[str, dict[str, Any]], Meta(description="profiles of clusters, by backend")] = {}
    notify: Annotated[Notify, Meta(description="how to tell that a group has ended")] = Notify()
    keys: Annotated[dict[str, str], Meta(description="the app's keys: binding id, and what it has instead")] = {}


def place() -> Path:
    """Where the configuration lies, or would."""
    if named := os.environ.get("COCKPIT_CONFIG"):
        return Path(named).expanduser().absolute()
    home = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(home) / "cockpit" / "config.toml"


def config() -> tuple[Path, Config]:
    """The configuration and its file; an empty one where there is no file and none was named.

    Raises:
        UserError: it is not as it must be, or the file that was named is missing.
    """
    path = place()
    if not path.exists() and "COCKPIT_CONFIG" not in os.environ:
        return path, Config()
    tree = read_toml(path)
    if isinstance(tree.get("notify"), dict):
        check(tree["notify"], Notify, path, "notify")  # by itself, so that an unknown key is told with the nearest
    held = check(tree, Config, path, "")
    for name in held.backend:
        if name not in CLUSTERS:
            raise UserError(path, f"backend.{name}", "no scheduler of this name", nearest(name, CLUSTERS))
    for key in held.run:
        if key not in Spec.__struct_fields__:
            raise UserError(path, f"run.{key}", "no setting of a run", nearest(key, Spec.__struct_fields__))
    return path, held


def from_environment() -> list[str]:
    """The settings in $COCKPIT_SET, as they would be given to --set."""
    text = os.environ.get("COCKPIT_SET", "").strip()
    return _NEXT.split(text) if text else []
