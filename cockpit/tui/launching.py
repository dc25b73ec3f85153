"""What a screen launches, away from its thread: run folders are written on disks that may be slow."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from typing import Any

from textual.screen import Screen

from cockpit.plan import Plan
from cockpit.tui.away import Away
from cockpit.tui.screens.watching import cockpit_of
from engine.contract.cleaning import reason


class Launching:
    """Launches what one screen plans, one plan at a time."""

    def __init__(self, screen: Screen[Any]) -> None:
        self._screen = screen
        self.busy = False

    def launch(self, planned: Callable[[], Plan], **asked: Any) -> None:
        """Expand it there, and launch it; `asked` are what control.ask takes.

        What was seen may not be what is launched: data and checkpoints can have come or gone since.
        """
        if self.busy:
            return
        self.busy = True
        root = cockpit_of(self._screen).root

        def begun() -> tuple[Plan, subprocess.Popen[bytes] | None] | str:
            try:
                from cockpit.launch.begin import begin

                made = planned()
                return made, begin(made, root, **asked)
            except Exception as error:
                return reason(error)

        # The app hears of it, whoever has left meanwhile: the queue that was started is to be looked after.
        Away(self._screen.app, begun, self._begun, "Not launched").start()

    def _begun(self, came: tuple[Plan, subprocess.Popen[bytes] | None] | str) -> None:
        self.busy = False
        cockpit = cockpit_of(self._screen)
        if isinstance(came, str):
            cockpit.notify(f"Not launched. {came}", severity="error", markup=False)
            return
        made, queue = came
        first = made.runs[0]
        alone = cockpit.root / first.group / first.name if len(made.runs) == 1 else None
        cockpit.launched(self._screen, first.group, queue, alone)
