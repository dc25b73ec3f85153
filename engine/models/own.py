"""A user's own network: `package.module:callable`, called with channels and classes."""

from __future__ import annotations

import importlib
import traceback
from collections.abc import Callable
from types import ModuleType
from typing import Any

from torch import nn

from engine.contract.errors import UserError

_FORM = "it must be callable with channels=..., classes=... and return a torch.nn.Module"


def own_network(name: str, channels: int, classes: int) -> nn.Module:
    """What the callable behind `package.module:callable` returns.

    Raises:
        UserError: the module or the callable is missing or fails, or returns no torch.nn.Module.
    """
    where = f"network {name!r}"
    module_name, _, callable_name = name.partition(":")
    make = _callable(_module(module_name, where), callable_name, where)
    try:
        network = make(channels=channels, classes=classes)
    except Exception as error:
        problem = f"called with channels={channels}, classes={classes} it failed: {_told(error)}"
        raise UserError(where, "", problem, _FORM) from error
    if not isinstance(network, nn.Module):
        raise UserError(where, "", f"returned {type(network).__name__}, no torch.nn.Module", _FORM)
    return network


def _module(name: str, where: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except Exception as error:
        # A module that is there may itself miss another: that is its owner's to mend, and told as a failure.
        if isinstance(error, ModuleNotFoundError) and error.name and f"{name}.".startswith(f"{error.name}."):
            remedy = "install it, or put the folder that holds it into PYTHONPATH"
            raise UserError(where, "", f"no module {error.name!r} is on Python's path", remedy) from None
        raise UserError(where, "", f"importing it failed: {_told(error)}", f"try: python -m {name}") from error


def _callable(module: ModuleType, name: str, where: str) -> Callable[..., Any]:
    found: Any = getattr(module, name, None)
    if not callable(found):
        problem = f"{module.__file__} has no {name!r}" if found is None else f"{name!r} cannot be called"
        raise UserError(where, "", problem, _FORM)
    return found  # type: ignore[no-any-return]


def _told(error: Exception) -> str:
    """The error in one line, with the line of the user's code that it came from, if any ran."""
    told = f"{type(error).__name__}: {' '.join(str(error).split())}"
    frames = traceback.extract_tb(error.__traceback__)
    theirs = [
        f for f in frames if f.filename not in (__file__, importlib.__file__) and not f.filename.startswith("<")
    ]
    return f"{told} ({theirs[-1].filename}, line {theirs[-1].lineno})" if theirs else told
