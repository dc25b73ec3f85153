"""The line a filter is written in: it is tried with every letter, and one that cannot be read changes nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal
from textual.message import Message
from textual.widgets import Input, Static

from cockpit.insight.measures import ALIASES, MEASURES
from cockpit.insight.query import Query, parse
from cockpit.insight.suggestions import Completion, completions
from cockpit.snapshot import Snapshot
from cockpit.tui.keys import called
from cockpit.tui.look import Line
from cockpit.tui.widgets.panel import Panel
from engine.contract.errors import UserError


class QueryInput(Input):
    """One line of text; Tab goes on with what is likely meant."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "complete(1)", "complete", id="query.complete", tooltip="Go on with a key or value there is"),
        Binding("shift+tab", "complete(-1)", "back", id="query.back", show=False, tooltip="The completion before"),
        Binding("escape", "clear", "clear", id="query.clear", tooltip="Show all runs again"),
        Binding("down", "leave", "to the list", id="query.leave", show=False, tooltip="Keep it, and to the list"),
    ]

    class Asked(Message):
        """A completion, that the line be left, or cleared, is asked for."""

        def __init__(self, what: str, by: int = 0) -> None:
            super().__init__()
            self.what, self.by = what, by

    def action_complete(self, by: int) -> None:
        """The next way to go on."""
        self.post_message(self.Asked("complete", by))

    def action_clear(self) -> None:
        """Show all runs again."""
        self.post_message(self.Asked("clear"))

    def action_leave(self) -> None:
        """Back to the list."""
        self.post_message(self.Asked("leave"))


class QueryLine(Container):
    """Hidden while there is no filter. `query` is the last that could be read."""

    class Changed(Message):
        """Another filter holds."""

        def __init__(self, query: Query) -> None:
            super().__init__()
            self.query = query

    class Left(Message):
        """The line is done with."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.filter = Query()
        self._error = ""
        self._runs: Sequence[Snapshot] = ()
        self._told = ""
        self._offered: list[Completion] = []
        self._taken = -1
        self._editing = False

    def compose(self) -> ComposeResult:
        """The line itself, and one that says what it does."""
        with Horizontal(id="query-line"):
            yield Static("/ ", id="query-slash")
            yield QueryInput(id="query-input", compact=True, select_on_focus=False)
        yield Panel(id="query-hint", indent=3)

    def on_mount(self) -> None:
        """Hidden, unless a filter was there when the app was left."""
        self._show()

    def start(self, query: Query) -> None:
        """Begin with this filter."""
        self.filter = query
        self._show()

    def take(self, runs: Sequence[Snapshot], shown: int) -> None:
        """These are the runs now, and so many of them match the filter."""
        self._runs = runs
        self._told = f"{shown} of {len(runs)}"
        self._show()

    def open(self) -> None:
        """Write."""
        self._editing, self._error, self._taken = True, "", -1
        line = self.query_one(QueryInput)
        line.value = self.filter.text + " " if self.filter.text else ""
        self._offer(line.value)
        self._show()
        line.focus()
        line.cursor_position = len(line.value)

    def clear(self) -> None:
        """No filter."""
        self._editing, self._error = False, ""
        self._hold(Query())
        self._show()

    @on(Input.Changed, "#query-input")
    def _try(self, event: Input.Changed) -> None:
        event.stop()
        if not self._editing:
            return
        if not (0 <= self._taken < len(self._offered) and self._offered[self._taken].text == event.value):
            self._offer(event.value)
        try:
            query = parse(self._finished(event.value))
        except UserError as error:
            self._error = f"{error.key}: {error.problem}; {error.remedy}"
        else:
            self._error = ""
            self._hold(query)
        self._show()

    @on(Input.Submitted, "#query-input")
    def _submit(self, event: Input.Submitted) -> None:
        event.stop()
        try:
            self._hold(parse(event.value))
        except UserError as error:
            # What is wrong was not seen yet where ways to go on stood in its place.
            unseen, self._offered = bool(self._offered), []
            self._error = f"{error.key}: {error.problem}; {error.remedy}"
            if unseen:
                self._show()
                return
        self._leave()

    @on(QueryInput.Asked)
    def _answer(self, event: QueryInput.Asked) -> None:
        event.stop()
        if event.what == "clear":
            self.clear()
            self.post_message(self.Left())
        elif event.what == "leave":
            self._leave()
        elif self._offered:
            self._taken = (self._taken + event.by) % len(self._offered) if self._taken >= 0 else 0
            line = self.query_one(QueryInput)
            line.value = self._offered[self._taken].text
            line.cursor_position = len(line.value)
            if len(self._offered) == 1:
                self._offer(line.value)

    def _finished(self, text: str) -> str:
        """The text without a last word that may become a key, or that no run is called by yet."""
        head, space, word = text.rpartition(" ")
        begun = word.lstrip("-").casefold()
        if not re.fullmatch(r"\w+", begun):
            return text
        is_key = any(name.startswith(begun) for name in (*MEASURES, *ALIASES))
        return head + space if is_key or not any(parse(begun).matches(run) for run in self._runs) else text

    def _offer(self, text: str) -> None:
        self._offered, self._taken = completions(text, self._runs), -1

    def _leave(self) -> None:
        """What cannot be read is let go: the last that could holds."""
        self._editing, self._error = False, ""
        self._show()
        self.post_message(self.Left())

    def _hold(self, query: Query) -> None:
        if query != self.filter:
            self.filter = query
            self.post_message(self.Changed(query))

    def _show(self) -> None:
        self.display = self._editing or bool(self.filter.text)
        self.query_one("#query-line").display = self._editing
        self.query_one("#query-hint", Panel).show(self._hint())

    def _hint(self) -> list[Line]:
        """Why it is not understood, how it can go on, or, once written, what it is."""
        if not self._editing:
            shown = f"   {self._told} shown, {called(self, 'sessions.all', self.screen.BINDINGS)} shows all"
            return [((" / ", "bold"), (self.filter.text, "bold"), (shown, "dim"))]
        if self._error and (not self._offered or self.query_one(QueryInput).value.endswith(" ")):
            kept = f"   shown is: {self.filter.text}" if self.filter.text else "   all are shown"
            return [(("   ✗ ", "bad"), (self._error, ""), (kept, "dim"))]
        lines: list[Line] = [((f"   {self._told}", "dim"),)]
        for i, each in enumerate(self._offered):
            way: Line = (("   ", ""), (each.part, "here" if i == self._taken else "bold"), (f" {each.about}", "dim"))
            if sum(cell_len(text) for text, _ in (*lines[-1], *way)) <= (self.size.width or 80):
                lines[-1] = (*lines[-1], *way)
            else:
                lines.append(way)
        return lines
