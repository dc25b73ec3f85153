"""The one thread that reads the runs folder, and the two things it has to say."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from textual.message import Message

from cockpit.runs import RunsFolder
from cockpit.snapshot import Snapshot
from cockpit.status import WORKING
from engine.contract.cleaning import clean

#: For how long runs are read before those that were are shown, the first time and then, seconds; after that each
#: time twice as long, for what is shown has to be drawn, but never longer than news of the others may wait.
FIRST_SECONDS, NEXT_SECONDS, MOST_SECONDS = 0.1, 0.4, 1.0
#: How old the load in the masthead may become, seconds.
LOAD_SECONDS = 5.0


class RunsChanged(Message):
    """At least one run is not what it was; those that are have their very snapshot.

    `exists` says whether the folder does, `unread` how many runs are still being read, `load` how busy the GPUs are.
    """

    def __init__(self, snapshots: tuple[Snapshot, ...], exists: bool, unread: int = 0, load: str = "") -> None:
        super().__init__()
        self.snapshots, self.exists, self.unread, self.load = snapshots, exists, unread, load


class PollFailed(Message):
    """The runs could not be read; it is tried again."""

    def __init__(self, error: str) -> None:
        super().__init__()
        self.error = error


class Poller:
    """Reads the folder every `interval` seconds until stopped, and posts only what is new."""

    def __init__(
        self,
        root: Path,
        interval: float,
        post: Callable[[Message], object],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._root, self._interval, self._post, self._clock = root, interval, post, clock
        self._stopped = threading.Event()
        self._loaded, self._load_text = float("-inf"), ""

    def stop(self) -> None:
        """Read no more; run() returns at once."""
        self._stopped.set()

    def run(self) -> None:
        """Follow the folder; for a thread of its own."""
        folder = RunsFolder(self._root)
        known: Seen | None = None
        patience, failed = FIRST_SECONDS, ""
        while not self._stopped.is_set():
            try:
                runs = tuple(folder.poll(patience))
                # That the last is read is news, even where it was no run.
                now = runs, self._root.is_dir(), bool(folder.unread)
                if known is None or _differ(known, now):
                    self._post(RunsChanged(*now[:2], folder.unread, self._load(runs)))
            except Exception as error:  # Whatever it is, a cockpit that watches must go on watching.
                if str(error) != failed or known is not None:
                    self._post(PollFailed(clean(f"{type(error).__name__}: {error}")))
                known, failed = None, str(error)
            else:
                known = now
                patience = min(MOST_SECONDS, max(NEXT_SECONDS, 2 * patience if folder.unread else 0.0))
            self._stopped.wait(0.0 if folder.unread else self._interval)

    def _load(self, runs: Sequence[Snapshot]) -> str:
        """How busy the GPUs are, looked at now and then, and only while something is at work: else nothing moves.

        Runs are shown though their GPUs cannot be looked at; why that is, the machine's place tells.
        """
        if not any(run.status.word in WORKING for run in runs):
            return ""
        if self._clock() - self._loaded > LOAD_SECONDS:
            from cockpit.machine import gpus, in_short

            self._loaded, self._load_text = self._clock(), ""
            with suppress(Exception):
                self._load_text = in_short(gpus({})[0])
        return self._load_text


#: The runs, whether there is a folder of them, and whether some are still to be read.
Seen = tuple[tuple[Snapshot, ...], bool, bool]


def _differ(old: Seen, new: Seen) -> bool:
    if old[1:] != new[1:] or len(old[0]) != len(new[0]):
        return True
    return any(a is not b for a, b in zip(old[0], new[0], strict=True))
