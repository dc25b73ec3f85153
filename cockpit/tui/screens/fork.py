"""A fork about to be: at which epoch, with which settings from there on, and what that makes of the learning rate."""

from __future__ import annotations

from typing import ClassVar, TypeAlias

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.timer import Timer
from textual.widgets import Footer, Static

from cockpit.changes import Change, changed, parse_changes
from cockpit.epochs import record_at
from cockpit.fork import ForkPlan, checkpoints, plan_fork
from cockpit.insight.fork import in_words, rates
from cockpit.snapshot import Snapshot
from cockpit.tui.away import Away
from cockpit.tui.launching import Launching
from cockpit.tui.look import Line, shortened
from cockpit.tui.screens.watching import Watching
from cockpit.tui.widgets import forking
from cockpit.tui.widgets.changes import ChangesLine, parted
from cockpit.tui.widgets.panel import Panel
from engine.contract.checkpoints import CheckpointManifest
from engine.contract.cleaning import clean, reason
from engine.contract.errors import UserError
from engine.contract.stream import Epoch

#: How long typing must pause before all is checked that needs the disk, seconds.
PAUSE_SECONDS = 0.3
#: The epoch of a fork, and its changes as they are typed.
_Asked: TypeAlias = tuple[int, tuple[str, ...]]


class ForkScreen(Watching):
    """What a fork would be, checked as it is typed; enter launches it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter", "launch", "launch", id="fork.launch", key_display="enter", priority=True,
            tooltip="Start the fork; it goes on when you leave",
        ),
        Binding(
            "up", "choose(-1)", "epoch", id="fork.earlier", key_display="↑ ↓", priority=True,
            tooltip="Fork at an earlier epoch: those that have a checkpoint",
        ),
        Binding(
            "down", "choose(1)", "later", id="fork.later", show=False, priority=True, tooltip="Fork at a later epoch"
        ),
        Binding("escape", "app.pop_screen", "back", id="fork.back", tooltip="Make no fork"),
    ]  # fmt: skip

    def __init__(self, run: Snapshot, epoch: int | None = None) -> None:
        """`epoch` is where the cursor stood: the fork is offered at the checkpoint there, or the nearest before."""
        super().__init__()
        self.run = run
        self._wanted = epoch
        self._epochs: tuple[CheckpointManifest, ...] | None = None
        self._at: CheckpointManifest | None = None
        self._change: Change | None = None
        #: What is wrong with what is typed, and what is found wrong on the disk, or is to be known before it is done.
        self._error, self._refusal = "", ""
        self._half = self._unread = ""
        self._plan: ForkPlan | None = None
        self._pause: Timer | None = None
        self._launching = Launching(self)
        # Their disk may be slow: manifests, a checkpoint's content, the stream, the teacher, the data.
        self._finding = Away(self, self._find, self._found, "The checkpoints cannot be read")
        self._planning = Away(self, self._planned, self._tell, "The fork cannot be checked")

    def compose(self) -> ComposeResult:
        """The run, its epochs, the changes and what can be typed; its name; the rate before and after; in words."""
        yield Panel(id="header", indent=None)
        yield Panel(id="epochs", indent=None)
        with Container(id="typed"):
            yield Static(" change", id="label", markup=False)
            yield ChangesLine(id="changes")
        yield Panel(id="hint", indent=forking.TEXT)
        yield Panel(id="name", indent=None)
        with Container(id="rates"):
            yield Panel(id="theirs", indent=None)
            yield Panel(id="ours", indent=None)
        yield Panel(id="words", indent=3)
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Ask the disk where the run can be forked."""
        self.query_one(ChangesLine).focus()
        self._finding.start()
        self._show()

    def take(self, snapshots: tuple[Snapshot, ...]) -> None:
        """The run as it is now: one that trains on has other checkpoints after each epoch."""
        now = next((s for s in snapshots if s.path == self.run.path), self.run)
        before, self.run = self.run, now
        if now.epoch != before.epoch:
            self._finding.ask()

    def _find(self) -> tuple[tuple[CheckpointManifest, ...], str]:
        try:
            return tuple(checkpoints(self.run.path)), ""
        except Exception as error:
            return (), f"its checkpoints cannot be read: {reason(error)}"

    def _found(self, came: tuple[tuple[CheckpointManifest, ...], str]) -> None:
        found, self._unread = came
        self._epochs = found
        known = {manifest.epoch: manifest for manifest in found}
        if self._at is None or self._at.epoch not in known:
            wanted = self._at.epoch if self._at else self._wanted
            # One that leaves something to do; the last epoch can still be chosen, to go on with more of them.
            limit = min(self.run.planned - 1, wanted or self.run.planned)
            before = [epoch for epoch in known if epoch <= limit]
            self._at = known[max(before)] if before else found[0] if found else None
        self._judge()

    @on(ChangesLine.Changed)
    def _judge(self) -> None:
        """What can be told at once: whether the changes make sense, and what they do."""
        if self._pause:
            self._pause.stop()
        self._change, self._error, self._plan, self._refusal = None, "", None, ""
        spec, before = self.run.spec, self._before()
        if self._epochs is not None and not self._epochs:
            why = "a run has one from its first epoch on, unless it was packed"
            why = "it was imported, and never had one here" if self.run.imported else why
            why = "it is published, and so read only" if self.run.published else why
            why = why if self.run.path.is_dir() else "the run's folder is gone"
            self._error = self._unread or f"no checkpoint to fork at: {why}"
        elif spec and self._at and before:
            # A name that is half typed is no mistake yet: what is told and drawn stays as it is without it.
            typed, self._half = parted(self.query_one(ChangesLine).value)
            try:
                told = parse_changes(typed, "change")
                self._change = Change(spec, changed(spec, self._at.epoch, told, "change"), before)
            except UserError as error:
                self._error = clean(str(error)).removeprefix("change: ")
            else:
                self._pause = self.set_timer(PAUSE_SECONDS, self._check)
        self._show()

    def _before(self) -> Epoch | None:
        at = self._at.epoch if self._at else 0
        return record_at(self.run.epochs, at)

    def _check(self) -> None:
        if self._change and self._plan is None and not (self._refusal or self._half):
            self._planning.ask(*self._asked())

    def _asked(self) -> _Asked:
        return self._at.epoch if self._at else 0, tuple(parted(self.query_one(ChangesLine).value)[0])

    def _planned(self, epoch: int, changes: tuple[str, ...]) -> tuple[_Asked, ForkPlan | str]:
        try:
            return (epoch, changes), plan_fork(self.run.path, epoch, changes, root=self.cockpit.root)
        except Exception as error:
            return (epoch, changes), reason(error)

    def _tell(self, planned: tuple[_Asked, ForkPlan | str]) -> None:
        asked, came = planned
        if asked == self._asked():
            self._plan, self._refusal = (None, came) if isinstance(came, str) else (came, "")
            self._show()

    def action_choose(self, by: int) -> None:
        """The next epoch that has a checkpoint, or the one before."""
        if self._epochs and self._at in self._epochs:
            place = self._epochs.index(self._at) + by
            self._at = self._epochs[min(max(place, 0), len(self._epochs) - 1)]
            self._judge()

    def action_launch(self) -> None:
        """Start it, unless something is wrong with it."""
        if problem := self._error or self._refusal:
            self.notify(f"Not launched. {problem}", severity="error", markup=False)
        elif self._half:
            self.notify(f"Not launched. {self._half} has no value: write {self._half}=VALUE.", markup=False)
        elif self._change:
            parent, root, (epoch, changes) = self.run.path, self.cockpit.root, self._asked()
            self._launching.launch(lambda: plan_fork(parent, epoch, changes, root=root).plan)

    def on_resize(self) -> None:
        """Another width, other curves."""
        self._show()

    def _show(self) -> None:
        run, width = self.run, self.size.width or 80
        at = self._at.epoch if self._at else 0
        self.query_one("#header", Panel).show([((" fork  ", "title"), (f"{run.group} / {run.label}", ""))])
        self.query_one("#epochs", Panel).show([forking.epochs(self._epochs, self._at, width)])
        self.query_one("#hint", Panel).show([forking.hint(self.query_one(ChangesLine).value, run.spec, at)])
        words_of = in_words(self._change) if self._change else ()
        cautions = self._plan.plan.cautions if self._plan else ()
        self.query_one("#words", Panel).show(forking.told(self._error or self._refusal, cautions, words_of))
        self._show_rates(width // 2 - 2)
        planned = self._plan.plan.runs[0] if self._plan else None
        room = width - forking.TEXT - len(run.group) - len(" / ")
        becomes = [forking.labelled("becomes", f"{run.group} / {shortened(planned.name, room)}")] if planned else []
        self.query_one("#name", Panel).show(becomes)

    def _show_rates(self, width: int) -> None:
        """The learning rate before and after, side by side."""
        drawn: tuple[list[str], list[str]] = ([], [])
        if self._change:
            drawn = rates(self._change, width, ascii_only=not self.cockpit.look.unicode)
        titles = {"theirs": " learning rate of its parent", "ours": " learning rate of the fork"}
        for (name, title), lines in zip(titles.items(), drawn, strict=True):
            panel: list[Line] = [((f" {line}", "plan" if name == "theirs" else "test"),) for line in lines]
            self.query_one(f"#{name}", Panel).show(panel, ((title, "title"),) if lines else ())
