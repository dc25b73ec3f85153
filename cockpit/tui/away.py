"""Looks that take their time, away from the screen's thread: a disk or a driver that fails must not end the app."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext, suppress
from contextvars import copy_context
from functools import partial
from typing import Any, Generic, ParamSpec, TypeVar

from textual.app import App
from textual.css.query import NoMatches
from textual.screen import Screen

from engine.contract.cleaning import clean

P = ParamSpec("P")
T = TypeVar("T")
#: Of the app's own: what is launched and asked of runs does not wait for looks that a slow disk holds up.
_ASKED = ThreadPoolExecutor(4, "asked")


def is_there(owner: Screen[Any] | App[Any]) -> bool:
    """Whether it can be drawn on: not one that is being taken down, whose widgets go before it does."""
    return owner.is_attached and owner.display


class Away(Generic[P, T]):
    """Calls `look` in a thread, one call at a time, and hands what it found to `show` in the screen's own.

    What a look raises is said once, after `fault`, until it raises something else or nothing. Of a screen that is
    taken down nothing is shown any more; what must be heard of whoever leaves is the app's.
    """

    def __init__(
        self, owner: Screen[Any] | App[Any], look: Callable[P, T], show: Callable[[T], object], fault: str
    ) -> None:
        self._owner, self._look, self._show, self._fault = owner, look, show, fault
        self._away, self._said = False, ""
        self._next: Callable[[], None] | None = None
        self._threads = _ASKED if isinstance(owner, App) else None

    def start(self, *args: P.args, **kwargs: P.kwargs) -> None:
        """Look, unless that is still being done, or shown: on a slow disk readers would pile up."""
        if not self._away and is_there(self._owner):
            self._away = True
            # With its owner it is cancelled; the thread then ends by itself, and nobody hears of it.
            self._owner.run_worker(self._go(*args, **kwargs), group="away")

    def ask(self, *args: P.args, **kwargs: P.kwargs) -> None:
        """Look; where that is still being done, do it once more for the last that was asked."""
        if self._away:
            self._next = lambda: self.start(*args, **kwargs)
        else:
            self.start(*args, **kwargs)

    async def _go(self, *args: P.args, **kwargs: P.kwargs) -> None:
        try:
            look = partial(copy_context().run, self._look, *args, **kwargs)
            found = await asyncio.get_running_loop().run_in_executor(self._threads, look)
        except Exception as error:  # Whatever it is, the screen stays, and the next look may fare better.
            self._tell(clean(f"{self._fault}: {type(error).__name__}: {error}"))
        else:
            self._said = ""
            if is_there(self._owner):
                # A screen that is being taken down is not there, but single widgets may go before.
                with suppress(NoMatches) if isinstance(self._owner, Screen) else nullcontext():
                    self._show(found)
        finally:
            self._away = False
        following, self._next = self._next, None
        if following:
            following()

    def _tell(self, fault: str) -> None:
        if fault != self._said and is_there(self._owner):
            self._said = fault
            self._owner.notify(fault, severity="error", markup=False)
