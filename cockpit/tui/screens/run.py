"""The keys that ask something of the run in hand: stop it after its epoch, or at once, or have it go on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from textual.binding import Binding

from cockpit.snapshot import Snapshot
from cockpit.status import ENDED, HELD
from cockpit.tui.screens.watching import Watching
from engine.contract.cleaning import clean
from engine.contract.errors import UserError

KEYS = [
    Binding("s", "stop", "stop", id="run.stop", tooltip="Ask the run to save and stop after this epoch"),
    Binding("S", "stop_now", "stop now", id="run.stop_now", show=False, tooltip="Have it save and stop at once"),
    Binding("R", "resume", "resume", id="run.resume", tooltip="Queue a run that stopped, failed, was lost or held"),
]


class RunScreen(Watching):
    """A screen on which a run is in hand."""

    @property
    def in_hand(self) -> Snapshot | None:
        """The run that the keys are about; None when none is."""
        raise NotImplementedError

    def action_stop(self) -> None:
        """After this epoch; a run that is queued is held."""
        from cockpit.launch.control import stop_after_epoch

        self._stop(stop_after_epoch, "Asked to save and stop after this epoch.")

    def action_stop_now(self) -> None:
        """After this step."""
        from cockpit.launch.control import stop_now

        self._stop(stop_now, "Asked to save and stop at once.")

    def _stop(self, stop: Callable[[Path], None], said: str) -> None:
        from cockpit.launch.control import hold

        run = self.in_hand
        if run is None:
            return
        if run.status.word in HELD:
            self._try(lambda: stop(run.path), said)
        elif run.status.word in ENDED:
            self.notify(f"Nothing to stop: the run is {run.status.word}.", timeout=3, markup=False)
        else:
            self._try(lambda: hold(run.path), "Held: it is not started until it is resumed.")

    def action_resume(self) -> None:
        """Ask for it once more, and have a queue at work."""
        from cockpit.launch.control import ask
        from cockpit.launch.supervisor import ensure

        run = self.in_hand
        if run is None:
            return
        if run.status.word == "finished" or run.status.word in HELD:
            self.notify(f"Nothing to resume: the run is {run.status.word}.", timeout=3, markup=False)
            return

        def again() -> None:
            ask([run.path])
            self.cockpit.look_after(ensure(self.cockpit.root))

        self._try(again, "Queued: it goes on from its last checkpoint.")

    def _try(self, ask: Callable[[], object], said: str) -> None:
        try:
            ask()
        except (OSError, UserError) as error:
            self.notify(f"That cannot be asked of it: {clean(str(error))}", severity="error", markup=False)
        else:
            self.notify(said, timeout=3, markup=False)
