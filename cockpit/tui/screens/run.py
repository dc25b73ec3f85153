"""The keys that ask something of the runs in hand: stop, hold, go on, move, put away, note, copy, fork."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar, Literal

from textual import on
from textual.binding import Binding, BindingType

from cockpit import asking, owner
from cockpit.insight.copied import markdown
from cockpit.insight.format import counted
from cockpit.snapshot import Snapshot
from cockpit.status import HELD, Status, Word
from cockpit.tui.answers import Answers, Ask, nothing_to
from cockpit.tui.away import Away
from cockpit.tui.doable import Verb, can
from cockpit.tui.keys import called
from cockpit.tui.screens.watching import Watching
from cockpit.tui.widgets.keyline import KeyLine
from cockpit.tui.widgets.listing import Listing
from cockpit.tui.widgets.sessions import SessionsTable
from engine.contract.cleaning import clean, reason
from engine.contract.errors import UserError

KEYS: list[BindingType] = [
    Binding("c", "compare", "compare", id="run.compare", tooltip="Compare the marked runs"),
    Binding("s", "stop('epoch')", "stop", id="run.stop", tooltip="Save and stop after this epoch; hold the queued"),
    Binding("S", "stop('now')", "stop now", id="run.stop_now", show=False, tooltip="Save and stop at once"),
    Binding("K", "kill", "kill", id="run.kill", show=False, tooltip="Stop by force, back to the last checkpoint"),
    Binding("R", "resume", "resume", id="run.resume", tooltip="Queue what stopped, failed, was lost or is held"),
    Binding("h", "hold", "hold", id="run.hold", show=False, tooltip="Hold what is queued, or release it"),
    Binding("less_than_sign", "first", "first", id="run.first", key_display="<", show=False, tooltip="Do it first"),
    Binding("greater_than_sign", "last", "last", id="run.last", key_display=">", show=False, tooltip="Do it last"),
    Binding("f", "fork", "fork", id="run.fork", tooltip="Go on from one of its epochs with other settings"),
    Binding("n", "note", "note", id="run.note", tooltip="Write the run's note"),
    Binding("L", "log", "log", id="run.log", show=False, tooltip="The whole log of the last attempt"),
    Binding("y", "copy", "copy", id="run.copy", show=False, tooltip="Copy as a Markdown table"),
    Binding("d", "archive", "archive", id="run.archive", show=False, tooltip="Put away or back: archived:yes"),
    Binding("D", "remove", "remove", id="run.remove", show=False, tooltip="Remove with checkpoints and all; asks"),
]  # fmt: skip
#: Key -> what it would do to the runs in hand, and to the one under the cursor alone.
_OF_ALL: dict[str, Verb] = {
    "run.stop": "stop", "run.stop_now": "stop now", "run.kill": "kill", "run.resume": "resume", "run.hold": "hold",
    "run.first": "move", "run.last": "move", "run.archive": "archive",
}  # fmt: skip
_OF_ONE: dict[str, Verb] = {"run.fork": "fork", "run.note": "note"}
#: Asked of more runs than this without a mark, a key asks back.
UNASKED = 1


class RunScreen(Watching):
    """A screen on which runs are in hand: one, or those that are marked."""

    BINDINGS: ClassVar[list[BindingType]] = []

    @property
    def in_hand(self) -> Snapshot | None:
        """The run that the keys are about; None when none is."""
        raise NotImplementedError

    @property
    def epoch_in_hand(self) -> int:
        """The epoch that a fork is from: the newest, unless the screen has a cursor on another."""
        return self.in_hand.epoch if self.in_hand else 0

    @property
    def targets(self) -> list[Snapshot]:
        """All the runs that the keys are about."""
        return [self.in_hand] if self.in_hand else []

    @property
    def are_marked(self) -> bool:
        """Whether they were picked one by one, and not by where the cursor stands."""
        return False

    @property
    def are_in_view(self) -> bool:
        """Whether all that the keys are about can be seen."""
        return True

    def offers(self, key: str) -> bool:
        """Whether the line of keys is to name a key, by its id: not one that would only say why it does nothing."""
        if key in _OF_ALL:
            return any(can(_OF_ALL[key], run) for run in self.targets)
        if key in _OF_ONE:
            return self.in_hand is not None and can(_OF_ONE[key], self.in_hand)
        return bool(self.targets) or not key.startswith("run.")

    def worded(self, key: str, word: str) -> str:
        """What the line of keys calls a key, by its id: marks are what it asks, wherever the cursor is."""
        return f"{word} marked" if self.are_marked and key in _OF_ALL else word

    @on(Listing.Moved)
    def offer_anew(self) -> None:
        """Another run is in hand, or it stands otherwise: so may the line of keys."""
        for line in self.query(KeyLine):
            line.follow()

    def action_compare(self) -> None:
        """All that is marked, with the run that is shown."""
        marks = self.cockpit.marks
        if self.in_hand and not self.are_marked and self.in_hand.path not in marks:
            marks = (*marks, self.in_hand.path)
        if len(marks) < 2:
            mark = called(self, "sessions.mark", SessionsTable.BINDINGS)
            self._say(f"Nothing to compare with: mark two or more runs with {mark}.")
            return
        self.cockpit.compared = marks
        self.cockpit.go_to_place("compare")

    def action_stop(self, how: asking.Stop) -> None:
        """Save and stop; what is queued is held."""
        verb: Verb = "stop" if how == "epoch" else "stop now"
        self._ask_of(lambda run, status: asking.stop(run, status, how), verb, f"Stop {{}} {_HOW[how]}?")

    def action_kill(self) -> None:
        """By force; what is lost by it is worth a question."""
        runs = [run for run in self.targets if run.status.word in HELD]
        if not runs:
            self._nothing_to("kill", self.targets)
            return
        question = f"Kill {counted(len(runs), 'run')}? What came after the last checkpoint is done again."

        def ask(run: Path, status: Status) -> str:
            return asking.stop(run, status, "kill")

        self._confirmed(question, runs, lambda: self._ask(runs, ask, "kill"))

    def action_resume(self) -> None:
        """Ask for them once more, and have a queue at work."""
        self._ask_of(asking.again, "resume", "Queue {} again?", queues=True)

    def action_hold(self) -> None:
        """Hold what is queued; where all of it is held, release it."""
        queued = [run for run in self.targets if run.status.word in ("queued", "waiting", "blocked")]
        held = bool(queued) and all(run.status.held for run in queued)
        what: Literal["hold", "release"] = "release" if held else "hold"

        def ask(run: Path, status: Status) -> str:
            came = asking.change(run, status, what)
            return "held; h releases it" if came and what == "hold" else came

        self._ask_of(ask, what, f"{what.capitalize()} {{}}?", queues=held)

    def action_first(self) -> None:
        """Before all others in the queue."""
        self._move(last=False)

    def action_last(self) -> None:
        """Behind all others in the queue."""
        self._move(last=True)

    def _move(self, *, last: bool) -> None:
        places = asking.places(self.cockpit.root, last=last)
        where = "last in the queue" if last else "first in the queue"

        def ask(run: Path, status: Status) -> str:
            return where if asking.move(run, status, order=next(places)) else ""

        self._ask_of(ask, "move", f"Put {{}} {where.split()[0]}?")

    def action_archive(self) -> None:
        """Put away what is not at work; where all of it is away, back."""
        runs = self.targets
        back = bool(runs) and all(run.archived for run in runs)

        def ask(run: Path, status: Status) -> str:
            if not back and status.word in HELD:
                return ""
            owner.archive(run, not back)
            return "back among the others" if back else "put away; archived:yes shows it"

        self._ask_of(ask, "archive", "Put {} back?" if back else "Archive {}?")

    def action_remove(self) -> None:
        """All that a run left behind, never of one at work."""
        runs = [run for run in self.targets if not run.published]
        busy = [run for run in runs if run.status.word in HELD]
        if busy or not runs:
            self._say(f"Not removed: {_named(busy)} at work. Stop first." if busy else "Nothing to remove.")
            return

        def ask(run: Path, status: Status) -> str:
            if status.word in HELD:
                return ""
            asking.remove([run])
            return "removed"

        question = f"Remove {counted(len(runs), 'run')} with checkpoints and all? This cannot be taken back."
        self._confirmed(question, runs, lambda: self._ask(runs, ask, "remove"))

    def action_note(self) -> None:
        """Write down what there is to say of the run."""
        from cockpit.tui.screens.note import NoteScreen

        run = self.in_hand
        if run is None or self._refuses([run]):
            return

        def keep(text: str | None) -> None:
            if text is None:
                return
            try:
                owner.write_note(run.path, text)
            except (OSError, UserError) as error:
                self._say(f"The note cannot be written: {clean(str(error))}", bad=True)

        text = owner.read_note(run.path, owner.EDITED + 1)
        if len(text) > owner.EDITED:
            self._say(f"The note is too long to be edited here: {clean(str(run.path / owner.NOTE))}", bad=True)
            return
        self.app.push_screen(NoteScreen(f"{run.group} / {run.label}", clean(text)), keep)

    def action_log(self) -> None:
        """The whole log."""
        from cockpit.tui.screens.log import LogScreen

        if self.in_hand:
            self.app.push_screen(LogScreen(self.in_hand))

    def action_copy(self) -> None:
        """Into the terminal's clipboard (OSC 52)."""
        if runs := self.targets:
            self.app.copy_to_clipboard(markdown(runs))
            self._say(f"Copied {counted(len(runs), 'run')} as a Markdown table, if the terminal allows it.")

    def action_fork(self) -> None:
        """Choose what a copy of the run is to do otherwise from an epoch on."""
        from cockpit.tui.screens.fork import ForkScreen

        if self.in_hand and not can("fork", self.in_hand):
            self._nothing_to("fork", [self.in_hand])
        elif self.in_hand:
            self.app.push_screen(ForkScreen(self.in_hand, self.epoch_in_hand))

    def _ask_of(self, ask: Ask, verb: Verb, question: str, *, queues: bool = False) -> None:
        """Ask it of the runs in hand; of several not marked one by one, or out of sight, only after a yes.

        Of several those are left out that would stay as they are; one alone is asked whatever it seems to be.
        """
        runs = self.targets
        if not runs or self._refuses(runs):
            return
        meant = runs if len(runs) == 1 else [run for run in runs if can(verb, run)]
        left = [run.status.word for run in runs if not can(verb, run)] if len(runs) > 1 else []
        if not meant:
            self._nothing_to(verb, runs)
        elif (len(runs) > UNASKED and not self.are_marked) or not self.are_in_view:
            asked = question.format(f"{counted(len(meant), 'run')}{'' if self.are_in_view else ' (not all in view)'}")
            self._confirmed(asked, meant, lambda: self._ask(meant, ask, verb, left, queues=queues))
        else:
            self._ask(meant, ask, verb, left, queues=queues)

    def _confirmed(self, question: str, runs: Sequence[Snapshot], then: Callable[[], object]) -> None:
        from cockpit.tui.screens.confirm import ConfirmScreen

        if self._refuses(runs):
            return
        names = [f"{run.group} / {run.label}  {run.status.word}" for run in runs]

        def answered(yes: bool | None) -> None:
            if yes:
                then()

        self.app.push_screen(ConfirmScreen(question, names), answered)

    def _refuses(self, runs: Sequence[Snapshot]) -> bool:
        """Whether a run is published, so that nothing may be asked of it or any that were picked with it."""
        published = [run for run in runs if run.published]
        if published:
            self._say(f"{_named(published)} published, and so read only.")
        return bool(published)

    def _ask(
        self, runs: Sequence[Snapshot], ask: Ask, verb: str, others: Sequence[Word] = (), *, queues: bool = False
    ) -> None:
        """Ask it away from the screen's thread: folders may be slow, and schedulers are. `others` are not asked."""

        marked, root = self.are_marked, self.cockpit.root

        def asked() -> tuple[Answers, subprocess.Popen[bytes] | str | None]:
            answers = Answers.of(runs, ask, others, marked=marked)
            return answers, _queue(root) if answers.came and queues else None

        def tell(came: tuple[Answers, subprocess.Popen[bytes] | str | None]) -> None:
            answers, queue = came
            for what in (*answers.wrong, *([queue] if isinstance(queue, str) else [])):
                self._say(what, bad=True)
            if not isinstance(queue, str):
                self.cockpit.look_after(queue)
            if told := answers.told(verb):
                self._say(told)
            self.answered()

        # The app's, so that what came of it is told if the screen is left meanwhile.
        Away(self.app, asked, tell, "That cannot be asked").start()

    def answered(self) -> None:
        """What a key asked of the runs has reached them."""

    def _nothing_to(self, verb: str, runs: Sequence[Snapshot]) -> None:
        if runs:
            words = ["imported" if run.imported else run.status.word for run in runs]
            self._say(nothing_to(verb, words, len(runs), marked=self.are_marked))

    def _say(self, text: str, *, bad: bool = False) -> None:
        self.notify(text, severity="error" if bad else "information", timeout=8 if bad else 3, markup=False)


_HOW = {"epoch": "after this epoch", "now": "at once", "kill": "by force"}


def _queue(root: Path) -> subprocess.Popen[bytes] | str | None:
    """A queue at work: its process where one had to be started, or why none could be."""
    from cockpit.launch.supervisor import ensure

    try:
        return ensure(root)
    except Exception as error:
        return f"No queue could be started: {reason(error)}"


def _named(runs: Sequence[Snapshot]) -> str:
    if len(runs) == 1:
        return f"{runs[0].label} is"
    return f"{runs[0].label} and {len(runs) - 1} more are" if runs else ""
