"""How the app is opened from the command line."""

from __future__ import annotations

import gc
import subprocess
import sys
from pathlib import Path

from cockpit.config import config
from cockpit.runs import check_place
from cockpit.snapshot import Snapshot
from cockpit.tui import keys
from cockpit.tui.app import CockpitApp


def run(
    root: Path,
    group: str | None = None,
    mouse: bool = True,
    started: subprocess.Popen[bytes] | None = None,
    played: tuple[Snapshot, float | None] | None = None,
) -> int:
    """Open the app, stay in it until it is left, and return its exit code.

    Without `mouse` the terminal keeps its own selection. `started` is a queue's process to look after. `played`
    is a run to play again, and at which speed.

    Raises:
        UserError: the runs folder is none, has no such group, or the keys in config.toml are not as they must be.
    """
    check_place(root, group, named=False)
    path, held = config()
    keys.check(held.keys, path)
    # The thread that reads must not keep the screen waiting for the interpreter: ten times as often as by default.
    sys.setswitchinterval(0.0005)
    # What was imported stays: it need not be looked through for garbage again and again while runs are read.
    gc.freeze()
    app = CockpitApp(root, group=group)
    app.look_after(started)
    if played:
        from cockpit.tui.screens.replay import ReplayScreen

        app.opening = ReplayScreen(*played)
    app.run(mouse=mouse)
    return app.return_code or 0
