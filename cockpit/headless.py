"""`cockpit run PRESET --headless`: the same work without a screen."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.text import Text

from cockpit.console import stdout_console
from cockpit.experts import expert_sets, in_words, measured
from cockpit.insight.format import counted
from cockpit.launch.backends import together
from cockpit.launch.control import ask
from cockpit.launch.prepare import prepare
from cockpit.launch.slots import check_device
from cockpit.launch.watched import Watched
from cockpit.notify import ring
from cockpit.plan import Plan
from cockpit.progress import lines, one_line
from cockpit.results import failures, results, targets, warnings
from cockpit.snapshot import Snapshot
from cockpit.status import HELD, OPEN, WORKING
from engine.contract.cleaning import clean

TICK_SECONDS = 0.5
#: A run that writes to a pipe or a file tells of its epochs at most this often, seconds.
QUIET_SECONDS = 10.0
QUIET_WITHIN_EPOCH_SECONDS = 60.0
EXIT_FAILED = 1
EXIT_INTERRUPTED = 130


def run_headless(plan: Plan, root: Path, **asked: Any) -> int:
    """Have a plan's runs done, or what is missing of them, and print what they came to.

    The queue does them; this only watches, and may go away. `asked` are what control.ask takes. Returns 0 when
    every run is finished, 130 when it was interrupted, else 1.

    Raises:
        UserError: this machine lacks what they are to be trained on; nothing was launched.
    """
    check_device([run.spec for run in plan.runs], asked.get("backend", "local"))
    paths = prepare(plan, root)
    ask(paths, **asked)
    places = together([run.spec for run in plan.runs], asked.get("backend", "local"), asked.get("per_gpu", 1))
    console = stdout_console()
    at_a_time = f", {places} at a time" if places else ""
    what = f"{counted(len(paths), 'run')}{at_a_time}, in {paths[0].parent}"
    console.print(Text(f"{plan.preset.title}: {what}"), soft_wrap=True)
    watched = Watched(paths)
    return _see_through(watched, places or len(paths), _Interrupts(watched.interrupt, paths[0].parent / "launch.log"))


def watch(root: Path, paths: Sequence[Path]) -> int:
    """Watch runs that are there until they have ended; to leave changes nothing for them."""
    watched = Watched(paths)
    return _see_through(watched, 1, _Interrupts(watched.leave, root / "watch.log"))


def _see_through(watched: Watched, places: int, interrupts: _Interrupts) -> int:
    console = stdout_console()
    snapshots = _watch(watched, console, places, interrupts)
    try:
        _conclude(console, snapshots, left=bool(interrupts.count))
        ring(snapshots[0].group, [s.status.word for s in snapshots])
    except OSError:
        interrupts.leave_terminal()
        _conclude(stdout_console(), snapshots, left=bool(interrupts.count))
    if interrupts.count:
        return EXIT_INTERRUPTED
    return 0 if all(s.status.word == "finished" and not s.problem for s in snapshots) else EXIT_FAILED


def _conclude(console: Console, snapshots: Sequence[Snapshot], *, left: bool) -> None:
    """The table, what was warned of, what failed and why."""
    console.print(results(snapshots))
    # Whoever leaves while runs are at work, or have their turn to come, is told of no failure.
    going = WORKING | {"queued", "waiting"}
    stays = () if left else [s for s in snapshots if s.status.word in OPEN and s.status.reason and not s.status.held]
    over = [s for s in snapshots if s.problem or s.status.word not in going or s in stays]
    for text in (*warnings(snapshots), *failures(over)):
        console.print(text, soft_wrap=True)
    sets = expert_sets(snapshots)
    for experts, found in zip(sets, measured(sets, "last") if sets else (), strict=True):
        console.print(in_words(experts, found, "last"), soft_wrap=True)
    for text in targets(snapshots):
        console.print(text, soft_wrap=True)
    if any(s.status.word in ("failed", "out-of-memory", "lost", "blocked") for s in snapshots):
        console.print("the same command tries again what failed, from its last checkpoint")
    stopped = sum(s.status.word == "stopped" for s in snapshots)
    if stopped:
        console.print(Text(f"{counted(stopped, 'run')} stopped and saved; the same command goes on"))
    if held := sum(s.status.held for s in snapshots):
        console.print(Text(f"{counted(held, 'run')} held; to go on: the same command, or cockpit queue release"))


def _watch(watched: Watched, console: Console, places: int, interrupts: _Interrupts) -> list[Snapshot]:
    """Look until nothing is left to do: live lines on a terminal, plain ones elsewhere."""
    on_terminal = console.is_terminal and not console.is_dumb_terminal
    told: _Bars | _Told = _Bars(console, places) if on_terminal else _Told(console)
    trouble = ""
    while True:
        snapshots = watched.look()
        try:
            if watched.trouble != trouble:
                trouble = watched.trouble
                console.print(Text(clean(f"warning: {trouble}")), soft_wrap=True)
            told.tell(snapshots)
            if watched.over:
                told.close()
        except OSError:
            # The terminal went without a word of it. The runs matter more than telling of them.
            interrupts.leave_terminal()
            told = _Told(stdout_console())
        if watched.over:
            return snapshots
        time.sleep(TICK_SECONDS)


class _Bars:
    """Live lines on a terminal, drawn over one another; gone when it closes."""

    def __init__(self, console: Console, places: int) -> None:
        self._console, self._places = console, places
        self._live = Live(console=console, auto_refresh=False, transient=True)
        self._live.start()

    def tell(self, snapshots: Sequence[Snapshot]) -> None:
        """Draw them as they are now."""
        self._live.update(lines(snapshots, self._places, self._console.size), refresh=True)

    def close(self) -> None:
        """Leave the terminal as it was."""
        self._live.stop()


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

    def close(self) -> None:
        """Nothing to undo."""


class _Interrupts:
    """What signals do: ^C and TERM interrupt, as the caller says; a hang-up only takes the terminal away."""

    def __init__(self, interrupt: Callable[[], None], log: Path) -> None:
        self.count = 0
        self._interrupt, self._log = interrupt, log
        self._on_terminal = [fd for fd in (0, 1, 2) if os.isatty(fd)]
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)
        # Under nohup a hang-up is ignored already, and that is as good.
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            signal.signal(signal.SIGHUP, lambda *_: self.leave_terminal())

    def _stop(self, _: int, __: FrameType | None) -> None:
        self.count += 1
        self._interrupt()

    def leave_terminal(self) -> None:
        """A dropped connection must cost nothing: the queue goes on, and what went to the terminal to launch.log."""
        for fd in self._on_terminal:
            try:
                flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND if fd else os.O_RDONLY
                file = os.open(self._log if fd else os.devnull, flags, 0o644)
            except OSError:
                file = os.open(os.devnull, os.O_RDWR)
            os.dup2(file, fd)
            os.close(file)
        self._on_terminal = []
