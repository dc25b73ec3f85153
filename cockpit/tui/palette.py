"""The command palette: every key that works here, every place, every theme, every session."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from rich.text import Text
from textual.command import DiscoveryHit, Hit, Hits, Provider

from cockpit.tui.keys import name
from cockpit.tui.look import THEMES
from cockpit.tui.places import PLACES

if TYPE_CHECKING:
    from cockpit.tui.app import CockpitApp

#: So many sessions answer a search at most.
MOST_SESSIONS = 20
#: Bindings that nobody looks up in a palette: they move the cursor, or are listed as places.
MOVING = frozenset(
    {f"list.{name}" for name in ("up", "down", "page_up", "page_down", "first", "last")}
    | {f"app.{place.name}" for place in PLACES}
    | {"app.palette"}
)


class Commands(Provider):
    """What can be done, in words."""

    @property
    def _cockpit(self) -> CockpitApp:
        from cockpit.tui.app import CockpitApp

        assert isinstance(self.app, CockpitApp)
        return self.app

    def _keys(self) -> Iterator[tuple[str, str, Callable[[], object]]]:
        """The keys of the screen that was left for the palette, by what they do; not those that only move."""
        told = set()
        for active in self.screen.active_bindings.values():
            binding = active.binding
            if not binding.id or not active.enabled or binding.id in told or binding.id in MOVING:
                continue
            if binding.tooltip:
                told.add(binding.id)
                run = partial(self.app.run_action, binding.action, active.node)
                yield f"{binding.description}: {binding.tooltip} ({name(self.app, binding)})", "", run

    def _places(self) -> Iterator[tuple[str, str, Callable[[], object]]]:
        for place in PLACES:
            yield f"Go to {place.title}: {place.about}", "", partial(self._cockpit.go_to_place, place.name)
        for theme in THEMES:
            yield f"Theme {theme}: {THEMES[theme].about}", "", partial(self._cockpit.wear, theme)

    async def discover(self) -> Hits:
        """Everything but the sessions, while nothing has been typed."""
        for text, help, run in (*self._places(), *self._keys()):
            yield DiscoveryHit(Text(text), run, text=text, help=help or None)

    async def search(self, query: str) -> Hits:
        """What has every word, sessions included. No letters here and there: a first hit might remove runs."""
        words = query.casefold().split()
        found = [*self._places(), *self._keys()]
        sessions = [run for run in self._cockpit.snapshots if matched(words, f"{run.group} / {run.label}")]
        found += [
            (f"Open {run.group} / {run.label}", run.status.word, partial(self._cockpit.open_session, run))
            for run in sessions[:MOST_SESSIONS]
        ]
        for text, help, act in found:
            if score := matched(words, text):
                shown = Text(text)
                shown.highlight_words(words, "reverse", case_sensitive=False)
                yield Hit(score, shown, act, text=text, help=help or None)


def matched(words: Sequence[str], text: str) -> float:
    """How well a command's text answers these words, up to 1; 0 where it lacks one.

    Best is a word that the command begins with, as the line of keys names it; then one at the beginning of another
    word.
    """
    text, found = text.casefold(), 0
    for word in words:
        if word not in text:
            return 0.0
        found += 3 if text.startswith(word) else 2 if re.search(rf"\b{re.escape(word)}", text) else 1
    return found / (3 * len(words)) if words else 0.0
