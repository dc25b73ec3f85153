"""Settings that are stronger than a preset: the configuration's, the environment's, and those asked for."""

from __future__ import annotations

from collections.abc import Sequence

import tomli_w

from cockpit.config import config, from_environment
from cockpit.plan import parse_override, seeds_override
from engine.contract.errors import UserError


def overrides_of(given: Sequence[str] | None = None, seeds: str | None = None) -> list[tuple[str, str]]:
    """What the user's configuration, $COCKPIT_SET, --set and --seeds ask for, the strongest last, each with its name.

    Raises:
        UserError: one of them is not of its form, or two say which seeds.
    """
    path, held = config()
    settings = [(f"run.{key}={_toml(value)}", f"config {path}") for key, value in held.run.items()]
    settings += [(text, "environment") for text in from_environment()]
    settings += [(text, "command line") for text in given or ()]
    if seeds is None:
        return settings
    for text, _ in settings:
        if parse_override(text)[0] in ("run.seed", "grid.run.seed"):
            raise UserError("--seeds", "", f"and --set {text} both say which seeds", "leave one of them out")
    return [*settings, (seeds_override(seeds), "command line")]


def _toml(value: object) -> str:
    return tomli_w.dumps({"v": value}).removeprefix("v = ").rstrip("\n")
