"""How the app is opened from the command line."""

from __future__ import annotations

import subprocess
from pathlib import Path

from cockpit.config import config
from cockpit.tui import keys
from cockpit.tui.app import CockpitApp


def run(
    root: Path, group: str | None = None, mouse: bool = True, started: subprocess.Popen[bytes] | None = None
) -> int:
    """Open the app, stay in it until it is left, and return its exit code.

    Without `mouse` the terminal keeps its own selection. `started` is a queue's process to look after.

    Raises:
        UserError: the keys in config.toml name what is not there.
    """
    path, held = config()
    keys.check(held.keys, path)
    app = CockpitApp(root, group=group)
    app.look_after(started)
    app.run(mouse=mouse)
    return app.return_code or 0
