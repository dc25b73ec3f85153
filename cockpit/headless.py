"""`cockpit run PRESET --headless`: the same work without a screen."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from rich.console import Console
from rich.live import Live
from rich.text import Text

from cockpit.console import stdout_console
from cockpit.insight.format import counted
from cockpit.launch.prepare import prepare
from cockpit.launch.queue import Queue
from cockpit.launch.slots import slots
from cockpit.plan import Plan
from cockpit.progress import lines, one_line
from cockpit.results import failures, results
from cockpit.snapshot import Snapshot
from cockpit.status import HELD

TICK_SECONDS = 0.5
#: A run that writes to a pipe or a file tells of its epochs at most this often, seconds.
QUIET_SECONDS = 10.0
QUIET_WITHIN_EPOCH_SECONDS = 60.0
EXIT_FAILED = 1
EXIT_INTERRUPTED = 130


def run_headless(plan: Plan, root: Path) -> int:
    """Do a plan's runs, or what is missing of them, and print what they came to; returns the exit code."""
    paths = prepare(plan, root)
    places = slots([run.spec for run in plan.runs])
    queue = Queue(paths, places)
    console = stdout_console()
    what = f"{counted(len(paths), 'run')}, {len(places)} at a time, in {paths[0].parent}"
    console.print(Text(f"{plan.preset.title}: {what}"), soft_wrap=True)
    interrupted = _Interrupts(queue, paths[0].parent / "launch.log")
    snapshots = _watch(queue, console, len(places))
    console.print(results(snapshots))
    failed = [s for s in snapshots if s.status.word not in ("finished", "stopped")]
    for text in failures(failed):
        console.print(text, soft_wrap=True)
    stopped = [s for s in snapshots if s.status.word == "stopped"]
    if stopped:
        console.print(Text(f"{len(stopped)} stopped and saved; the same command goes on with them"))
    if interrupted.count:
        return EXIT_INTERRUPTED
    return EXIT_FAILED if failed else 0


def _watch(queue: Queue, console: Console, places: int) -> list[Snapshot]:
    """Tick until nothing is left to do: live lines on a terminal, plain ones elsewhere."""
    if not console.is_terminal:
        told = _Told(console)
        while True:
            snapshots = queue.tick()
            told.tell(snapshots)
            if queue.over:
                return snapshots
            time.sleep(TICK_SECONDS)
    with Live(console=console, auto_refresh=False, transient=True) as live:
        while True:
            snapshots = queue.tick()
            live.update(lines(snapshots, places, console.size), refresh=True)
            if queue.over:
                return snapshots
            time.sleep(TICK_SECONDS)


class _Told:
    """What has been printed of each run, so that a line is printed only when there is news."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._state: dict[Path, str] = {}
        self._epoch: dict[Path, int] = {}
        self._when: dict[Path, float] = {}

    def tell(self, snapshots: Sequence[Snapshot]) -> None:
        """Print every run whose state changed, and those that got further, a while after their last line."""
        now = time.monotonic()
        for run in snapshots:
            is_new = self._state.get(run.path) != run.status.word
            quiet = QUIET_SECONDS if self._epoch.get(run.path, 0) != run.epoch else QUIET_WITHIN_EPOCH_SECONDS
            moved = run.status.word in HELD and now - self._when.get(run.path, 0.0) >= quiet
            if is_new or moved:
                self._state[run.path], self._epoch[run.path], self._when[run.path] = run.status.word, run.epoch, now
                self._console.print(one_line(run), soft_wrap=True)


class _Interrupts:
    """What signals do to a headless run: ^C and TERM stop its engines; a hang-up only takes the terminal away."""

    def __init__(self, queue: Queue, log: Path) -> None:
        self.count = 0
        self._queue, self._log = queue, log
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)
        signal.signal(signal.SIGHUP, self._go_on_without_terminal)

    def _stop(self, _: int, __: FrameType | None) -> None:
        self.count += 1
        self._queue.interrupt()

    def _go_on_without_terminal(self, _: int, __: FrameType | None) -> None:
        """A dropped connection must cost nothing: the queue goes on, and writes to launch.log."""
        log = os.open(self._log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for source, target in ((nothing, 0), (log, 1), (log, 2)):
            os.dup2(source, target)
