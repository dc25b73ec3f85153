"""Looks that take their time, away from the screen's thread: a disk or a driver that fails must not end the app."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Generic, ParamSpec, TypeVar

from textual.css.query import NoMatches
from textual.screen import Screen

from engine.contract.cleaning import clean

P = ParamSpec("P")
T = TypeVar("T")


class Away(Generic[P, T]):
    """Calls `look` in a thread, one call at a time, and hands what it found to `show` in the screen's own.

    What a look raises is said once, after `fault`, until it raises something else or nothing. Of a screen that is
    taken down nothing is shown any more.
    """

    def __init__(self, screen: Screen[Any], look: Callable[P, T], show: Callable[[T], object], fault: str) -> None:
        self._screen, self._look, self._show, self._fault = screen, look, show, fault
        self._away, self._said = False, ""

    def start(self, *args: P.args, **kwargs: P.kwargs) -> None:
        """Look, unless that is still being done: on a slow disk readers would pile up."""
        if not self._away and self._screen.is_attached:
            self._away = True
            # With its screen it is cancelled; the thread then ends by itself, and nobody hears of it.
            self._screen.run_worker(self._go(*args, **kwargs), group="away")

    async def _go(self, *args: P.args, **kwargs: P.kwargs) -> None:
        try:
            found = await asyncio.to_thread(self._look, *args, **kwargs)
        except Exception as error:  # Whatever it is, the screen stays, and the next look may fare better.
            self._tell(clean(f"{self._fault}: {type(error).__name__}: {error}"))
            return
        finally:
            self._away = False
        self._said = ""
        if self._screen.is_attached:
            # Widgets go before their screen does, and nothing tells of the moment between.
            with suppress(NoMatches):
                self._show(found)

    def _tell(self, fault: str) -> None:
        if fault != self._said and self._screen.is_attached:
            self._said = fault
            self._screen.notify(fault, severity="error", markup=False)
