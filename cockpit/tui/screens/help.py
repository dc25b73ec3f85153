"""The keys that work where one is, made from the bindings themselves."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.dom import DOMNode
from textual.screen import Screen

from cockpit.tui.keys import called, name
from cockpit.tui.look import Line
from cockpit.tui.screens.dialog import Dialog
from cockpit.tui.widgets.panel import Panel

#: What the parts are called that have keys of their own, by their ids.
NAMES = {
    "sessions": "the sessions",
    "presets": "the presets",
    "filter": "the filter",
    "planned": "the runs",
    "heat": "the matrix",
    "queue": "the queue",
    "compare-groups": "the groups",
    "query": "the filter",
    "changes": "the changes",
    "pager": "the log",
}
#: The column at which the words begin.
KEYS = 16


class HelpScreen(Dialog[None]):
    """Keys and what they do: those of the part that has the focus first, then the screen's, then everywhere's."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,enter,q", "dismiss", "back", id="help.back", tooltip="Close this help"),
    ]

    def __init__(self, place: str, lines: list[Line]) -> None:
        super().__init__()
        self._place, self._lines = place, lines

    @classmethod
    def of(cls, app: App[None]) -> HelpScreen:
        """The help for what the app shows now."""
        told: dict[str, dict[str, tuple[list[str], str]]] = {}
        for active in app.screen.active_bindings.values():
            binding = active.binding
            if binding.id and active.enabled:
                keys, _ = told.setdefault(_where(active.node), {}).setdefault(
                    binding.id, ([], binding.tooltip or binding.description)
                )
                keys.append(_key(app, binding))
        lines: list[Line] = []
        for where, rows in told.items():
            lines.append(((f" {where}", "dim"),))
            lines += [((f" {' '.join(keys):<{KEYS - 2}} ", "bold"), (text, "")) for keys, text in rows.values()]
        return cls(type(app.screen).__name__.removesuffix("Screen").lower(), lines)

    def compose(self) -> ComposeResult:
        """One panel, which scrolls where the keys are many."""
        with VerticalScroll(id="help-scroll"):
            yield Panel(id="help", indent=KEYS)

    def on_mount(self) -> None:
        """One line a key."""
        lines: list[Line] = [*self._lines, ((f" {called(self, 'help.back', self.BINDINGS)} closes this", "dim"),)]
        self.query_one(Panel).show(lines, ((f" keys: {self._place}", "title"),))


def _key(app: App[None], binding: Binding) -> str:
    """The key itself: in the line of keys two can stand in one place, here each has a line of its own."""
    return name(app, replace(binding, key_display=None))


def _where(node: DOMNode) -> str:
    if isinstance(node, App):
        return "everywhere"
    return "on this screen" if isinstance(node, Screen) else f"in {NAMES.get(node.id or '', 'this part')}"
