"""The keys that work where the focus is, in one line: of those that do not fit the least important are left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol, runtime_checkable

from rich.cells import cell_len
from textual import events
from textual.binding import Binding
from textual.screen import Screen

from cockpit.tui.look import Line, Span
from cockpit.tui.widgets.painted import Painted

#: Always there: it leads to all the others.
HELP = "app.help"


@runtime_checkable
class Offering(Protocol):
    """A screen that knows which of its keys would do something now."""

    def offers(self, key: str) -> bool:
        """Whether the key with this id would."""

    def worded(self, key: str, word: str) -> str:
        """What it would do, where its binding's word does not say enough."""


class KeyLine(Painted):
    """`first` are ids of bindings, the most important first; others follow as they come, and help is the last."""

    def __init__(self, first: Sequence[str] = (), *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._first = {name: place for place, name in enumerate(first)}
        self._active: list[Binding] = []
        self._keys: list[Binding] = []
        self._ends: list[tuple[int, str]] = []

    def on_mount(self) -> None:
        """Follow the focus."""
        self.screen.bindings_updated_signal.subscribe(self, self._update)
        self._update(self.screen)

    def _update(self, screen: Screen[object]) -> None:
        if not self.is_attached or screen is not self.screen:
            return
        shown: dict[str, Binding] = {}
        for active in screen.active_bindings.values():
            if active.binding.show and active.enabled and active.binding.id:
                shown.setdefault(active.binding.id, active.binding)
        late = len(self._first)
        self._active = sorted(shown.values(), key=lambda binding: self._first.get(binding.id or "", late))
        self.follow()

    def follow(self) -> None:
        """Of the keys that work where the focus is, name those that would do something now."""
        screen, keys = self.screen, self._active
        if isinstance(screen, Offering):
            offered = [key for key in keys if screen.offers(key.id or "")]
            keys = [replace(key, description=screen.worded(key.id or "", key.description)) for key in offered]
        if keys != self._keys:
            self._keys = keys
            self.repaint()

    def draw(self, width: int, height: int) -> Sequence[Line]:
        """Key and word each, as many as fit."""
        told = {binding.id or "": (self.app.get_key_display(binding), binding.description) for binding in self._keys}
        help = told.pop(HELP, None)
        room = width - 1 - (cell_len(" ".join(help)) + 2 if help else 0)
        spans: list[Span] = [(" ", "")]
        self._ends = []
        for binding in (b for b in self._keys if b.id in told):
            key, word = told[binding.id or ""]
            size = cell_len(key) + cell_len(word) + 3
            if size <= room:
                room -= size
                spans += [(key, "bold"), (f" {word}  ", "dim")]
                self._ends.append((sum(cell_len(text) for text, _ in spans), binding.key))
        if help:
            spans += [(help[0], "bold"), (f" {help[1]}", "dim")]
            self._ends += [(width, binding.key) for binding in self._keys if binding.id == HELP]
        return [tuple(spans)]

    def on_click(self, event: events.Click) -> None:
        """A click on a key is that key."""
        key = next((key for end, key in self._ends if event.x < end), None)
        if key:
            self.app.simulate_key(key)
