"""A session played again: moved by a clock of the test's own, paused, sought in, never as if it ran."""

from __future__ import annotations

import pytest
from fabricated import make, planned, record
from msgspec.structs import replace

from cockpit.runs import RunsFolder
from cockpit.tui.screens.replay import ReplayScreen

SIZES = [(80, 24), (120, 36), (200, 60)]
RUN = planned()
#: 40 epochs of a minute, with two idle hours before epoch 21, where it was resumed.
EPOCHS = tuple(
    replace(record(RUN, e, seconds=60.0), time=1e9 + 60 * e + 7200 * (e > 20), attempt=1 + (e > 20))
    for e in range(1, 41)
)


@pytest.fixture
def play(root, open_app):
    """Open the app and play that session; with it comes a function that lets time pass."""

    def begin(size=(120, 36), speed: float | None = 60.0, **run):
        class Playing:
            async def __aenter__(self):
                self.path = make(root, EPOCHS, outcome="finished")
                self.now = 0.0
                self._app = open_app(size)
                seen = await self._app.__aenter__()
                await seen.until("quickstart")
                whole = replace(RunsFolder(root).poll()[0], epochs=EPOCHS, problem="", **run)
                await seen.app.push_screen(ReplayScreen(whole, speed, clock=lambda: self.now))
                await seen.until("replay  epoch 0/40")
                return seen, self.passes

            async def __aexit__(self, *error):
                return await self._app.__aexit__(*error)

            def passes(self, seconds: float) -> None:
                self.now += seconds

        return Playing()

    return begin


@pytest.mark.parametrize("size", SIZES)
async def test_it_plays_epoch_by_epoch_at_its_speed(size, play):
    async with play(size) as (seen, passes):
        passes(3)
        await seen.until("replay  epoch 3/40")
        shown = await seen.until("epoch ▸ 3 ")
        assert "playing 3:00 of 40:00" in shown and "x60" in shown
        assert not [line for line in shown.splitlines() if "running" in line or "finished" in line]
        passes(2.5)
        shown = await seen.until("5:30 of 40:00")
        assert "replay  epoch 5/40" in shown
        passes(100)
        shown = await seen.until("replay  epoch 40/40")
        assert "end" in shown and "finished" in shown


async def test_it_halts_and_goes_on(play):
    async with play() as (seen, passes):
        passes(3)
        await seen.until("epoch 3/40")
        await seen.press("space")
        await seen.until("paused")
        passes(10)
        await seen.pilot.pause(0.5)
        await seen.press("space")
        passes(1)
        await seen.until("replay  epoch 4/40")


async def test_seeking_by_epochs_and_to_its_ends(play):
    async with play() as (seen, _):
        await seen.press("space", "full_stop", "full_stop", "full_stop")
        await seen.until("replay  epoch 3/40")
        await seen.press("comma")
        await seen.until("replay  epoch 2/40")
        await seen.press("end")
        await seen.until("replay  epoch 40/40")
        await seen.press("home")
        await seen.until("replay  epoch 0/40")


async def test_its_speed_is_changed(play):
    async with play() as (seen, _):
        await seen.press("greater_than_sign")
        await seen.until("x120")
        await seen.press("less_than_sign", "less_than_sign", "less_than_sign")
        await seen.until("x10")


async def test_without_a_speed_the_whole_takes_half_a_minute(play):
    async with play(speed=None) as (seen, _):
        await seen.until("x120")


async def test_idle_time_is_skipped_and_told(play):
    async with play((200, 60)) as (seen, passes):
        passes(19)
        shown = await seen.until("epoch 19/40")
        assert "skipped" not in shown
        passes(1.5)
        shown = await seen.until("20:30 of 40:00")
        assert "skipped 2 h 00 before epoch 21, resumed" in shown


async def test_nothing_can_be_asked_of_a_run_that_is_played(play, root):
    async with play() as (seen, _):
        await seen.press("s", "S", "R")
        await seen.pilot.pause(0.1)
        assert not (RunsFolder(root).poll()[0].path / "control").exists()
        assert "Nothing to" not in await seen.until("replay")
        await seen.press("escape")
        await seen.until(lambda shown: "replay" not in shown)


async def test_what_happens_to_the_run_meanwhile_changes_nothing(play, root):
    async with play() as (seen, passes):
        passes(3)
        await seen.until("epoch 3/40")
        seen.app.screen.take(())
        shown = await seen.until("replay  epoch 3/40")
        assert "gone" not in shown


async def test_a_session_is_played_from_its_own_screen(root, open_app):
    make(root, EPOCHS[:3])
    async with open_app(group="quickstart") as seen:
        await seen.until("3/40")
        await seen.press("enter")
        await seen.until("accuracy %")
        await seen.press("p")
        await seen.until("replay  epoch")
        await seen.press("escape")
        await seen.until(lambda shown: "accuracy %" in shown and "replay" not in shown)


async def test_it_has_one_timer_for_each_thing_that_it_follows(play, monkeypatch):
    begun = []
    real = ReplayScreen.set_interval

    def counted(screen, interval, callback, **options):
        begun.append(getattr(callback, "__name__", ""))
        return real(screen, interval, callback, **options)

    monkeypatch.setattr(ReplayScreen, "set_interval", counted)
    async with play() as (_, _):
        ours = [name for name in begun if not name.startswith("_on_")]
        assert sorted(ours) == ["_follow_load", "_follow_log", "_show_header", "_tick"]
