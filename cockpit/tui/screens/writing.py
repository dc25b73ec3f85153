"""Where a report is to be written; a file that is there already stays as it is, and no folder is made for it."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.widgets import Input

from cockpit.tui.keys import called
from cockpit.tui.look import Line
from cockpit.tui.screens.dialog import Dialog
from cockpit.tui.widgets.panel import Panel
from engine.contract.cleaning import clean
from engine.contract.folder import publish


class WritingScreen(Dialog[Path | None]):
    """Asks for a file and writes it; it ends with the file, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "back", id="writing.back", tooltip="Write nothing"),
    ]

    def __init__(self, text: str, path: Path) -> None:
        super().__init__()
        self._text, self._path = text, path

    def compose(self) -> ComposeResult:
        """A line to type in, and one for what is wrong."""
        with Container(id="writing"):
            yield Panel(id="writing-about", indent=3)
            yield Input(str(self._path), id="writing-path", select_on_focus=False)

    def on_mount(self) -> None:
        """Begin with the name that is proposed."""
        self._tell((f" enter writes it, {called(self, 'writing.back', self.BINDINGS)} leaves", "dim"))
        self.query_one(Input).focus()

    def _tell(self, span: tuple[str, str]) -> None:
        lines: list[Line] = [(span,)]
        self.query_one("#writing-about", Panel).show(lines, ((" write the report to", "title"),))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Write it, unless it is there."""
        path = Path(event.value.strip()).expanduser().absolute()
        folder = path.parent
        if folder != self._path.absolute().parent and not folder.is_dir():
            # A folder that nobody made is most likely one that was mistyped.
            self._tell((f" ✗ make the folder first, or name another: there is no {clean(str(folder))}", "bad"))
            return
        try:
            publish(path, self._text.encode(), exclusive=True)
        except FileExistsError:
            self._tell((" ▲ is there already, and stays as it is: name another file", "watch"))
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            self._tell((f" ✗ {clean(reason)}", "bad"))
        else:
            self.dismiss(path)

    def action_leave(self) -> None:
        """Write nothing."""
        self.dismiss(None)
