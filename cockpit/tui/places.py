"""The five places of the app, each a screen of its own with the key that leads there."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from msgspec import Struct
from textual.binding import Binding
from textual.screen import Screen


class Place(Struct, frozen=True):
    """A place: its name, the key that leads there, its title, and what it is for."""

    name: str
    key: str
    title: str
    about: str

    def make(self) -> Screen[None]:
        """Its screen, imported only now: the first paint waits for no other place."""
        module = import_module(f"cockpit.tui.screens.{self.name}")
        made = getattr(module, f"{self.title}Screen")()
        assert isinstance(made, Screen)
        return made


PLACES = (
    Place("presets", "1", "Presets", "What can be launched, and what that would do"),
    Place("sessions", "2", "Sessions", "Every run, live"),
    Place("compare", "3", "Compare", "The marked sessions over one epoch axis"),
    Place("matrix", "4", "Matrix", "A group's runs as a table over two of its axes"),
    Place("machine", "5", "Machine", "GPUs, cores, memory, disk, the queue"),
)
KEYS = [
    Binding(p.key, f"go_to_place('{p.name}')", p.title, id=f"app.{p.name}", show=False, tooltip=p.about)
    for p in PLACES
]
MODES: dict[str, Callable[[], Screen[None]]] = {place.name: place.make for place in PLACES}
