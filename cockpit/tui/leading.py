"""The ways that lead to what can be done: the palette, jump mode, help."""

from __future__ import annotations

from textual.app import App
from textual.await_complete import AwaitComplete
from textual.command import CommandPalette

from cockpit.tui.palette import Commands


class Palette(CommandPalette):
    """Textual's own, which is left once however many keys come in one burst."""

    def dismiss(self, result: object = None) -> AwaitComplete:
        """Leave it, unless it was left already."""
        return super().dismiss(result) if self.is_current else AwaitComplete()  # type: ignore[arg-type]


class Leading(App[None]):
    """An app that has them."""

    COMMANDS = {Commands}  # noqa: RUF012

    def action_command_palette(self) -> None:
        """Find what can be done."""
        if not CommandPalette.is_open(self):  # type: ignore[arg-type]
            self.push_screen(Palette(id="--command-palette"))

    def action_jump(self) -> None:
        """A letter on everything that can take the focus or be opened."""
        from cockpit.tui.screens.jump import JumpScreen

        JumpScreen.over(self)

    def action_help(self) -> None:
        """The keys that work where the focus is."""
        from cockpit.tui.screens.help import HelpScreen

        self.push_screen(HelpScreen.of(self))
