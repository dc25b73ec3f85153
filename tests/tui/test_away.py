"""What is looked at away from the screen's thread: whatever goes wrong there, the app stays, and says so once."""

from __future__ import annotations

import errno
import threading
from pathlib import Path

import pytest
from fabricated import make, planned, record
from textual.widgets._toast import Toast

from cockpit import asking, machine
from cockpit.load import Meter
from cockpit.tui.away import Away
from cockpit.tui.screens import following, log, matrix
from cockpit.tui.widgets.masthead import Masthead

STALE = OSError(errno.ESTALE, "Stale file handle\x1b[2J")


class Spoiled:
    """A look that raises for as long as it is spoiled, and counts."""

    def __init__(self, whole, error: Exception = STALE) -> None:
        self.whole, self.error, self.looks = whole, error, 0
        self.spoiled = True

    def __call__(self, *args, **kwargs):
        self.looks += 1
        if self.spoiled:
            raise self.error
        return self.whole(*args, **kwargs)


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(machine, "FIRST_SECONDS", 0.01)
    monkeypatch.setattr("cockpit.tui.screens.machine.LOOK_SECONDS", 0.05)
    monkeypatch.setattr("cockpit.tui.screens.following.LOAD_SECONDS", 0.05)


@pytest.fixture
def run(root: Path) -> Path:
    return make(root, [record(planned(), e) for e in range(1, 6)], name="work-aaaaaa", log="begun\n")


async def test_a_disk_that_fails_is_told_of_once_by_the_machine_and_looked_at_again(run, open_app, monkeypatch):
    disks = Spoiled(machine._disks)
    monkeypatch.setattr(machine, "_disks", disks)
    async with open_app((120, 36)) as seen:
        said = []
        monkeypatch.setattr(seen.app, "notify", lambda text, **_: said.append(text))
        await seen.press("5")
        await seen.until(lambda _: disks.looks > 3)
        assert said == ["The machine cannot be looked at: OSError: [Errno 116] Stale file handle␛[2J"]
        disks.error = RuntimeError("no home")
        await seen.until(lambda _: len(said) > 1)
        assert said[1:] == ["The machine cannot be looked at: RuntimeError: no home"]
        disks.spoiled = False
        await seen.until("GB free of")
        disks.spoiled = True
        await seen.until(lambda _: len(said) > 2)


@pytest.mark.parametrize(
    ("where", "name", "keys", "told", "mended"),
    [
        (following, "tail", ("2", "enter"), "The log cannot be read: OSError", "begun"),
        (Meter, "read", ("2", "enter"), "The engine cannot be looked at: OSError", "MiB"),
        (log, "log_of", ("2", "L"), "The log cannot be read: OSError", "begun"),
        (matrix, "of_group", ("4",), "The preset of quickstart cannot be read: OSError", ""),
    ],
)
async def test_what_cannot_be_read_is_told_of_and_read_when_it_can_be(
    where, name, keys, told, mended, run, open_app, monkeypatch
):
    look = Spoiled(getattr(where, name))
    monkeypatch.setattr(where, name, lambda *args: look(*args))
    async with open_app((120, 50), group="quickstart") as seen:
        await seen.until("5/40")
        await seen.press(*keys)
        await seen.until(told)
        look.spoiled = False
        before = look.looks
        if name == "of_group":
            await seen.press("s")
        await seen.until(lambda shown: look.looks > before and mended in shown)
        assert len(seen.app.screen.query(Toast)) == 1


@pytest.mark.parametrize("left", ["quit", "popped"])
async def test_a_look_that_outlives_its_screen_comes_to_nothing(left, run, open_app, monkeypatch):
    begun, go_on = threading.Event(), threading.Event()
    whole = following.tail

    def slow(*args):
        begun.set()
        go_on.wait(5)
        return whole(*args)

    monkeypatch.setattr(following, "tail", slow)
    async with open_app((120, 36), group="quickstart") as seen:
        await seen.until("5/40")
        await seen.press("enter")
        await seen.until(lambda _: begun.is_set())
        await seen.press("q" if left == "quit" else "escape")
        go_on.set()
        if left == "popped":
            await seen.until("enter open")
            await seen.pilot.pause(0.1)
            await seen.until("5/40")


async def test_widgets_that_are_gone_before_their_screen_end_nothing(run, open_app, monkeypatch):
    async with open_app((120, 36)) as seen:
        await seen.press("5")
        await seen.until("GB free of")
        await seen.app.screen.query_one("#gpus").remove()
        await seen.pilot.pause(0.2)
        await seen.until("at work")


async def test_what_is_asked_meanwhile_is_looked_at_next_and_only_the_last_of_it(root, open_app):
    go_on, looked, shown = threading.Event(), [], []

    def look(what: str) -> str:
        looked.append(what)
        go_on.wait(5)
        return what

    async with open_app() as seen:
        away = Away(seen.app.screen, look, shown.append, "It cannot be seen")
        for what in ("first", "second", "third"):
            away.ask(what)
        away.start("never")
        go_on.set()
        await seen.until(lambda _: shown == ["first", "third"])
        assert looked == ["first", "third"]


async def test_what_was_asked_of_a_run_is_told_and_gets_its_queue_whoever_has_left_its_screen(
    root, open_app, monkeypatch
):
    make(root, [record(planned(), e) for e in range(1, 6)], outcome="failed")
    begun, go_on, queues = threading.Event(), threading.Event(), []
    whole = asking.standing_of

    def slow(path):
        begun.set()
        go_on.wait(5)
        return whole(path)

    monkeypatch.setattr(asking, "standing_of", slow)
    monkeypatch.setattr("cockpit.launch.supervisor.ensure", queues.append)
    async with open_app((120, 36), group="quickstart") as seen:
        await seen.until("5/40")
        await seen.press("enter")
        await seen.until("learning rate")
        await seen.press("R")
        await seen.until(lambda _: begun.is_set())
        await seen.press("escape")
        go_on.set()
        await seen.until("queued")
        await seen.until(lambda _: queues == [seen.app.root])


async def test_a_screen_that_is_being_taken_down_is_not_there_to_be_drawn_on(run, open_app, monkeypatch):
    """Its widgets go before it does, and until then the app still hears of runs that change."""
    there = []
    monkeypatch.setattr(
        Masthead, "on_unmount", lambda masthead: there.append(masthead.screen.is_there), raising=False
    )
    async with open_app() as seen:
        await seen.until("1 preset")
        assert seen.app.screen.is_there
    assert there == [False]


async def test_what_fails_for_one_of_several_is_told_and_the_others_have_their_queue(root, open_app, monkeypatch):
    paths = [make(root, [record(planned(n), 1)], number=n, outcome="failed") for n in range(2)]
    whole, queues = asking.again, []

    def odd(path, status):
        if path == paths[1]:
            raise ValueError("odd")
        return whole(path, status)

    monkeypatch.setattr(asking, "again", odd)
    monkeypatch.setattr("cockpit.launch.supervisor.ensure", queues.append)
    async with open_app((120, 36), group="quickstart") as seen:
        await seen.until(lambda _: len(seen.app.snapshots) == 2)
        seen.app.mark(tuple(paths))
        await seen.press("R")
        await seen.until("that cannot be asked of it: odd")
        await seen.until(lambda _: queues == [root])


async def test_a_fork_whose_checkpoints_cannot_be_read_says_so(root, open_app, monkeypatch):
    make(root, [record(planned(), e) for e in range(1, 6)], outcome="stopped")
    monkeypatch.setattr("cockpit.tui.screens.fork.checkpoints", Spoiled(None))
    async with open_app((120, 36), group="quickstart") as seen:
        await seen.until("5/40")
        await seen.press("f")
        await seen.until("its checkpoints cannot be read: [Errno 116] Stale file handle")
        await seen.press("enter")
        await seen.until("Not launched. its checkpoints cannot be read")
