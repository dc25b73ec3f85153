"""Run folders as the engine leaves them, and what the app shows of them."""

from __future__ import annotations

import math
import os
import time
import unicodedata
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

from textual._wait import wait_for_idle
from textual.events import Key
from textual.keys import REPLACED_KEYS, _character_to_key, _get_unicode_name_from_key

from cockpit.expand import Planned
from cockpit.plan import plan
from cockpit.presets import own
from cockpit.tui.app import CockpitApp
from engine.contract import schedule
from engine.contract.folder import Ended, Gap, Progress, SpecFile, Started, publish, write_spec
from engine.contract.process import identify
from engine.contract.stream import Epoch, RunFinished, RunStarted, Warned, Writer

#: How often what a key asks for is handed on: app, screen, widget, and a screen that this opens.
HANDS = 4
#: How long an app that is not idle is waited for after the keys, seconds.
SETTLE = 0.2
#: A preset of everything that teaches; `DATA` stands for its data set.
SCHOOL = """
title = "A teacher and its students"
kind = "distillation"
description = "LONG"

[run]
data = "DATA"
model = "resnet8"
epochs = 40
batch_size = 64

[grid]
run.seed = [0]

[grid.method]
teacher = { model = "resnet20" }
pure = { objective = "supervised" }
logit = { objective = "logit", teacher = { method = "teacher" } }
factor_transfer = { objective = "factor_transfer", teacher = { method = "teacher" } }
apart = { nodes = 2 }
peers = { objective = "mutual", nodes = 3 }

[reference]
source = "a paper [bold]of\\u001b old[/bold]"

[[reference.runs]]
run = "teacher*"
test_acc = 0.7211

[[reference.runs]]
run = "logit*"
best_test_acc = 0.7322
note = "by others"
"""


def school(data: str = "digits", *, sentences: int = 1) -> Path:
    """That preset, among the user's own."""
    own().mkdir(parents=True, exist_ok=True)
    path = own() / "school.toml"
    long = "Look at it from every side before you say what it is, and say it twice. " * sentences
    path.write_text(SCHOOL.replace("DATA", data).replace("LONG", long))
    return path


def pupils(root: Path, data: str = "digits") -> dict[str, Planned]:
    """Its runs by method."""
    made = plan(str(school(data)), needs_data=False, root=root)
    return {run.label.partition("-")[0]: run for run in made.runs}


@cache
def planned(number: int = 0) -> Planned:
    return plan("quickstart").runs[number]


@cache
def _gap() -> Gap:
    return plan("quickstart").preset.gap


def record(run: Planned, epoch: int, **fields: object) -> Epoch:
    clean = 0.99 * (1 - math.exp(-epoch / 4))
    values = {
        "lr": schedule.lr(run.spec, epoch - 1),
        "train_acc": clean - 0.1,
        "train_loss": 2 * math.exp(-epoch / 6),
        "train_acc_clean": clean,
        "test_acc": clean - 0.05,
        "test_loss": 0.4,
        "images_per_second": 14034.0,
        "seconds": 1.5,
    }
    return Epoch(epoch=epoch, **(values | fields))


def started(run: Planned, **fields: object) -> RunStarted:
    return RunStarted(
        **fields,
        epochs=run.spec.epochs,
        steps_per_epoch=20,
        train_images=1437,
        test_images=360,
        parameters=(78_000,),
        device="cpu",
        environment={},
    )


def make(
    root: Path,
    epochs: Sequence[Epoch] = (),
    *,
    name: str = "",
    group: str = "quickstart",
    outcome: str | None = None,
    reason: str = "",
    log: str = "",
    number: int = 0,
    run: Planned | None = None,
    preset: str = "quickstart",
    attempted: bool = True,
    progress: Progress | None = None,
    warnings: Sequence[str] = (),
    **begun: object,
) -> Path:
    """A run folder as the engine leaves it; without an outcome it is held by this very process.

    One that was not attempted is only asked for; `begun` are fields of the record of its start.
    """
    group = run.group if run else group
    run = run or planned(number)
    path = root / group / (name or run.name)
    gap = _gap()
    write_spec(
        path,
        run.spec,
        SpecFile(run={}, preset=preset, gap=gap, inputs=run.inputs, at=run.at, reference=run.reference),
    )
    if not attempted:
        return path
    attempt = path / "attempts" / "1"
    process = identify(os.getpid())
    assert process
    publish(attempt / "started.json", Started(process=process, time=time.time()))
    (attempt / "log.txt").write_text(log)
    writer = Writer(path / "metrics.jsonl", 1)
    writer.append(started(run, **begun))
    for epoch in epochs:
        writer.append(epoch)
    for text in warnings:
        writer.append(Warned(kind="test", message=text, epoch=1))
    if outcome == "finished":
        writer.append(RunFinished(epoch=epochs[-1].epoch if epochs else 0))
    writer.close()
    if progress:
        publish(attempt / "progress.json", progress)
    if outcome:
        publish(attempt / "ended.json", Ended(outcome=outcome, exit_code=0, time=time.time(), reason=reason))
    return path


def append(path: Path, epoch: Epoch) -> None:
    writer = Writer(path / "metrics.jsonl", 1)
    writer.append(epoch)
    writer.close()


def _key(name: str) -> Key:
    """The event a terminal would give for a key: one that types has its character."""
    if len(name) == 1 and not name.isalnum():
        name = _character_to_key(name)
    try:
        character = unicodedata.lookup(_get_unicode_name_from_key(REPLACED_KEYS.get(name, name)))
    except KeyError:
        character = name if len(name) == 1 else None
    return Key(name, character)


def text(app: CockpitApp) -> str:
    """What the screen shows, as plain lines."""
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips)


def flat(shown: str) -> str:
    """Its words in one line: beside a path, whose length is the machine's, lines break anywhere."""
    return " ".join(shown.split())


class Seen:
    """An app under a pilot, with waiting for what it shows."""

    def __init__(self, app: CockpitApp, pilot) -> None:
        self.app, self.pilot = app, pilot

    async def until(self, wanted: str | Callable[[str], bool], seconds: float = 20.0) -> str:
        end = time.monotonic() + seconds
        while True:
            await self.pilot.pause(0.01)
            shown = text(self.app)
            if (wanted in shown) if isinstance(wanted, str) else wanted(shown):
                return shown
            if time.monotonic() > end:
                raise AssertionError(f"never seen: {wanted!r} in\n{shown}")

    async def read(self, seconds: float = 3.0) -> None:
        """Until every run there is has been read, if it can be."""
        end = time.monotonic() + seconds
        while self.app.unread != 0 and not self.app.problem and time.monotonic() < end:
            await self.pilot.pause(0.005)

    async def press(self, *keys: str) -> None:
        """Press keys, each once what the one before asked for has reached every widget.

        Textual's own press waits up to two seconds after each key for a process to be idle, and one that polls is not.
        """
        for key in keys:
            self.app.post_message(_key(key))
            for _ in range(HANDS):
                await self.pilot._wait_for_screen()
        # What works away from the screen has a moment to come back, as Textual's press would have given it.
        await wait_for_idle(0, SETTLE)

    async def burst(self, *keys: str) -> None:
        """Keys that come faster than a screen can follow, as a terminal that hung sends them."""
        for key in keys:
            self.app.post_message(_key(key))
        await wait_for_idle(0, SETTLE)
        for _ in range(HANDS):
            await self.pilot._wait_for_screen()
