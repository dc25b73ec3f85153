"""Keys of the user's own: `[keys]` in config.toml, binding id -> keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from textual.binding import Binding
from textual.dom import DOMNode

from cockpit.tui import screens, widgets
from engine.contract.errors import UserError, nearest


def bindings() -> Iterator[Binding]:
    """Every binding of the app that has an id, from the classes themselves."""
    modules = [import_module("cockpit.tui.app")]
    for package in (screens, widgets):
        modules += [import_module(f"{package.__name__}.{found.name}") for found in iter_modules(package.__path__)]
    seen = set()
    for module in modules:
        for held in vars(module).values():
            if isinstance(held, type) and issubclass(held, DOMNode) and held.__module__.startswith("cockpit."):
                for binding in vars(held).get("BINDINGS", ()):
                    if isinstance(binding, Binding) and binding.id and binding.id not in seen:
                        seen.add(binding.id)
                        yield binding


def check(keys: Mapping[str, str], place: Path) -> None:
    """Refuse what would silently do nothing.

    Raises:
        UserError: no binding has such an id, or no key is given for it.
    """
    if not keys:
        return
    known = {binding.id or "" for binding in bindings()}
    for id, key in keys.items():
        if id not in known:
            raise UserError(place, f"keys.{id}", "no such key to remap", nearest(id, sorted(known)))
        if not key.strip():
            raise UserError(place, f"keys.{id}", "no key", 'name one, as in "x" or "ctrl+x,f2"')
