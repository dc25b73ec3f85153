"""The presets: what can be launched, and beside each what that would do."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.message import Message
from textual.timer import Timer
from textual.widget import Widget

from cockpit.followed import changed_at
from cockpit.presets import Shelf, own, shelves, shipped
from cockpit.snapshot import Snapshot
from cockpit.tui.away import Away
from cockpit.tui.keys import called
from cockpit.tui.screens.place import PlaceScreen
from cockpit.tui.screens.preset import PresetScreen
from cockpit.tui.screens.scrolling import ScrollKeys
from cockpit.tui.sheets import Sheet, Sheets
from cockpit.tui.widgets import presetlines
from cockpit.tui.widgets.filterline import FilterLine
from cockpit.tui.widgets.listing import Listing
from cockpit.tui.widgets.panel import Panel
from cockpit.tui.widgets.presets import PresetList
from cockpit.tui.widgets.scrolled import Scrolled

#: The cursor rests so long before a preset is expanded, and before its doctor is asked, seconds.
EXPAND_AFTER, EXAMINE_AFTER = 0.1, 1.5
#: How often the preset files are looked at, seconds.
LOOK_EVERY = 2.0


class Examined(Message):
    """The doctor has looked at a preset."""


class PresetsScreen(ScrollKeys, PlaceScreen):
    """A tree by kind at the left, what Enter would do at the right."""

    place = "presets"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "show_all", "show all", id="presets.show_all", show=False, tooltip="Empty the filter"),
        Binding(
            "o", "options", "launch with", id="presets.options", tooltip="Launch it with seeds, settings, a backend"
        ),
        Binding("v", "view", "its runs", id="presets.view", tooltip="Show its runs among the sessions"),
        Binding(
            "e", "edit", "edit a copy", id="presets.edit", tooltip="Make a copy of your own, and open it in $EDITOR"
        ),
        Binding(
            "slash", "filter", "filter", id="presets.filter", key_display="/", tooltip="Only presets with these words"
        ),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._sheets = Sheets(self.cockpit.root)
        self._resting: list[Timer] = []
        self._awaited: Shelf | None = None
        self._files: tuple[tuple[Path, int], ...] = ()
        # Another run has finished: what it took counts too. Until that is told, what was told before stands.
        self._pricing = Away(self, self._sheets.price, lambda _: self._show_sheet(), "No costs can be estimated")
        self._expanding = Away(self, self._sheets.expanded, lambda _: self._expanded(), "It cannot be expanded")

    def body(self) -> Iterable[Widget]:
        """The tree and the filter below it; the sheet."""
        with Container(id="shelf"):
            yield PresetList(id="presets")
            with Scrolled(id="beside"):
                yield Panel(id="sheet", indent=presetlines.TEXT)
        yield FilterLine(id="filter", placeholder="words in a preset's name, title, description, model or data")

    def on_mount(self) -> None:
        """As it was left."""
        view = self.cockpit.view
        self._list.folded = frozenset(view.folded_kinds)
        self._list.start_at(view.preset)
        self._list.focus()
        self._files = _files()
        self.set_interval(LOOK_EVERY, self._look)

    @property
    def _list(self) -> PresetList:
        return self.query_one("#presets", PresetList)

    def take(self, snapshots: tuple[Snapshot, ...]) -> None:
        """These are the runs now."""
        super().take(snapshots)
        self._list.take(snapshots)
        self._show_sheet()

    def wait_for_runs(self) -> None:
        """Presets are there before any run is read."""
        self.take(())

    @on(Listing.Moved)
    def _moved(self) -> None:
        shelf = self._list.selected
        self.cockpit.remember(
            folded_kinds=tuple(sorted(self._list.folded)), preset=shelf.name if shelf else self.cockpit.view.preset
        )
        self._show_sheet()
        self.refresh_bindings()
        if shelf is not None and shelf == self._awaited:
            return
        self._awaited = shelf
        self.query_one(Scrolled).scroll_home(animate=False)
        for timer in self._resting:
            timer.stop()
        if shelf:
            self._resting = [
                self.set_timer(EXPAND_AFTER, self._expand),
                self.set_timer(EXAMINE_AFTER, lambda: self._examine(shelf)),
            ]

    def _show_sheet(self) -> None:
        shelf = self._list.selected
        panel = self.query_one("#sheet", Panel)
        if shelf is None:
            folds = f" {called(self, 'list.open', Listing.BINDINGS)} folds and unfolds"
            panel.show([((" no preset" if self._list.cursor is None else folds, "dim"),)])
            return
        sheet = self._sheets.known(shelf)
        if sheet is None and shelf.preset is not None:
            panel.show([((f" {shelf.preset.title}", "title"),), ((" expanding", "dim"),)])
            return
        room = self.query_one(Scrolled).size
        width, height = room.width or 60, room.height or 20
        snapshots = self.cockpit.snapshots
        panel.show(presetlines.lines(sheet or Sheet(shelf=shelf), snapshots, width, height, self.cockpit.look))
        if sheet and self._sheets.outdated(sheet, snapshots):
            self._pricing.ask(sheet, snapshots)

    def _expand(self) -> None:
        """Expand the one under the cursor, then those that have runs, one by one: which of these are theirs?"""
        for shelf in (self._list.selected, *self._list.with_runs):
            if shelf and self._sheets.known(shelf) is None:
                self._expanding.ask(shelf, self.cockpit.snapshots)
                return

    def _expanded(self) -> None:
        found = self._sheets.wrong(), self._sheets.identities()
        if found != (self._list.wrong, self._list.identities):
            self._list.wrong, self._list.identities = found
            self._list.reload()
        self._show_sheet()
        self._expand()

    def _examine(self, shelf: Shelf) -> None:
        """The doctor asks the engine, which takes seconds: in a thread that nobody waits for when the app is left."""

        def examine() -> None:
            sheet = self._sheets.expanded(shelf, self.cockpit.snapshots)
            if sheet.doctor is None:
                self._sheets.examine(sheet)
                self.post_message(Examined())

        threading.Thread(target=examine, daemon=True).start()

    def on_examined(self) -> None:
        """The doctor has looked, and for that expanded it."""
        self._expanded()

    def _look(self) -> None:
        """Read the presets again when a file came, went or changed."""
        if self.is_current and (files := _files()) != self._files:
            self._files, self._awaited = files, None
            self._list.stock(shelves())
            self._list.reload()

    def on_resize(self) -> None:
        """The sheet is drawn to its width."""
        self.call_after_refresh(self._show_sheet)

    @on(Listing.Chosen, "#presets")
    def _open_preset(self) -> None:
        if shelf := self._list.selected:
            self.app.push_screen(PresetScreen(shelf))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What is done with a preset is offered only where the cursor stands on one."""
        offered = action not in ("options", "view", "edit") or self._list.selected is not None
        return offered and super().check_action(action, parameters)

    def action_options(self) -> None:
        """Launch it otherwise than it stands in its file."""
        from cockpit.tui.screens.launch import LaunchScreen

        if shelf := self._list.selected:
            self.app.push_screen(LaunchScreen(shelf))

    def action_view(self) -> None:
        """Its runs, among the sessions."""
        shelf = self._list.selected
        if shelf and not any(run.group == shelf.name for run in self.cockpit.snapshots):
            self.notify("It has no runs yet.", timeout=3, markup=False)
        elif shelf:
            self.cockpit.group = shelf.name
            self.cockpit.go_to_place("sessions")

    def action_edit(self) -> None:
        """A copy of one's own in one's editor; the app waits for it below."""
        from cockpit.newpreset import edited_copy

        if shelf := self._list.selected:
            with self.app.suspend():
                path, told = edited_copy(shelf.path, self.cockpit.root)
            self.notify(told, timeout=10, markup=False)
            self._look()
            if path:
                self._list.start_at(path.stem)
                self._list.reload()

    def action_filter(self) -> None:
        """Type words that a preset must have."""
        line = self.query_one("#filter", FilterLine)
        line.add_class("-open")
        line.focus()

    def action_show_all(self) -> None:
        """Filter nothing."""
        self.query_one("#filter", FilterLine).value = ""
        self._leave_filter()

    @on(FilterLine.Changed, "#filter")
    def _filter(self, event: FilterLine.Changed) -> None:
        self._list.filter(event.value)

    @on(FilterLine.Left)
    def _leave_filter(self) -> None:
        line = self.query_one("#filter", FilterLine)
        line.set_class(bool(line.value), "-open")
        self._list.focus()


def _files() -> tuple[tuple[Path, int], ...]:
    found = [path for folder in (shipped(), own()) for path in sorted(folder.glob("*.toml"))]
    return tuple((path, changed_at(path)) for path in found)
