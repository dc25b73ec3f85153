"""Keys of the user's own: `[keys]` in config.toml, binding id -> keys; and what each key is called."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

from textual.app import App
from textual.binding import Binding, BindingType
from textual.dom import DOMNode
from textual.screen import Screen

from cockpit.tui import screens, widgets
from engine.contract.errors import UserError, nearest


def bindings() -> Iterator[Binding]:
    """Every binding of the app that has an id, from the classes themselves."""
    seen = set()
    for held in _classes():
        for binding in _own(held):
            if binding.id not in seen:
                seen.add(binding.id)
                yield binding


def _classes() -> list[type[DOMNode]]:
    """Our own app, screens and widgets."""
    modules = [import_module("cockpit.tui.app")]
    for package in (screens, widgets):
        modules += [import_module(f"{package.__name__}.{found.name}") for found in iter_modules(package.__path__)]
    held = (held for module in modules for held in vars(module).values() if isinstance(held, type))
    return [each for each in held if issubclass(each, DOMNode) and each.__module__.startswith("cockpit.")]


def _own(held: type) -> list[Binding]:
    return [b for b in vars(held).get("BINDINGS", ()) if isinstance(b, Binding) and b.id]


def called(node: DOMNode, id: str, bindings: Iterable[BindingType]) -> str:
    """What the key of one of these bindings is called, remapped or not: for texts that say which to press."""
    binding = next(each for each in bindings if isinstance(each, Binding) and each.id == id)
    own = getattr(node.app, "keymap", {}).get(id)
    return name(node.app, binding) if own is None else name(node.app, replace(binding, key=own, key_display=None))


def name(app: App[Any], binding: Binding) -> str:
    """What the first key of a binding is called."""
    shown = app.get_key_display(replace(binding, key=binding.key.partition(",")[0].strip()))
    shown = f"ctrl+{shown[1:]}" if shown[0] == "^" and shown[1:] else shown
    return shown.replace("←", "◂").replace("→", "▸").replace("⏎", "enter")


def check(keys: Mapping[str, str], place: Path) -> None:
    """Refuse what would silently do nothing, or take another's key away.

    Raises:
        UserError: no binding has such an id, no key is given for it, or one that another has where both work.
    """
    if not keys:
        return
    known = {binding.id or "" for binding in bindings()}
    for id, key in keys.items():
        if id not in known:
            raise UserError(place, f"keys.{id}", "no such key to remap", nearest(id, sorted(known)))
        if not key.strip():
            raise UserError(place, f"keys.{id}", "no key", 'name one, as in "x" or "ctrl+x,f2"')
    every = _classes()
    app = [binding for held in every if issubclass(held, App) for binding in _own(held)]
    for held in every:
        if issubclass(held, Screen):
            _refuse_clashes([*(b for base in held.__mro__ for b in _own(base)), *app], keys, place)


def _refuse_clashes(together: list[Binding], keys: Mapping[str, str], place: Path) -> None:
    """Of two on one key that work on one screen, one would silently be lost."""
    held: dict[str, str] = {}
    for binding in together:
        id = binding.id or ""
        for key in (part.strip() for part in keys.get(id, binding.key).split(",")):
            other = held.setdefault(key, id)
            if other != id and {id, other} & set(keys):
                mine, theirs = (id, other) if id in keys else (other, id)
                taken = f"{key!r} is the key of {theirs} on the same screen"
                raise UserError(place, f"keys.{mine}", taken, f"choose another, or give {theirs} another key too")
