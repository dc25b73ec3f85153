"""Two cockpits on one runs folder: what is done in one is seen in the other, for the folder is all they share."""

from __future__ import annotations

from contextlib import asynccontextmanager

import pytest
from fabricated import append, make, planned, record

EPOCHS = [record(planned(), e) for e in range(1, 6)]


@pytest.fixture
def open_both(open_app):
    """Two apps, both on the sessions."""

    @asynccontextmanager
    async def opened():
        async with open_app((120, 36), group="quickstart") as one, open_app((120, 36), group="quickstart") as other:
            for seen in (one, other):
                await seen.until("5/40")
            yield one, other

    return opened


async def test_an_epoch_is_seen_in_both(root, open_both):
    path = make(root, EPOCHS)
    async with open_both() as both:
        append(path, record(planned(), 6))
        for seen in both:
            await seen.until("6/40")


async def test_what_one_stops_stops_in_the_other_which_leaves_it_so(root, open_both):
    path = make(root, EPOCHS)
    async with open_both() as (one, other):
        await one.press("s")
        await one.until("stops after its epoch")
        await other.until("◑ stopping")
        await other.press("s")
        await other.until("stop")
        assert (path / "control" / "stop").exists()
        await one.until("◑ stopping")


async def test_what_one_archives_notes_and_removes_the_other_shows_so(root, open_both):
    kept = make(root, EPOCHS)
    gone = make(root, EPOCHS, number=1, outcome="stopped")
    async with open_both() as (one, other):
        for seen in (one, other):
            await seen.until(lambda shown: "seed 0" in shown and "seed 1" in shown)
            seen.app.screen.sessions.point_at(gone)
        await one.press("n", *"odd", "ctrl+s")
        await other.until("note mixup0-seed1: odd")
        await other.press("d")
        await one.until(lambda shown: "seed 1" not in shown)
        assert one.app.screen.in_hand.path == kept
        await one.press("slash", *"archived:yes", "enter")
        await one.until("seed 1")
        one.app.screen.sessions.point_at(gone)
        await one.press("d")
        await other.until("seed 1")
        other.app.screen.sessions.point_at(gone)
        await other.press("D")
        await other.until("Remove 1 run")
        await one.press("escape")
        await one.until("seed 0")
        await other.press("y")
        await one.until(lambda shown: "seed 1" not in shown)
        assert not gone.exists() and kept.exists()


async def test_a_session_open_in_one_says_that_the_other_removed_its_folder(root, open_both):
    path = make(root, EPOCHS, outcome="stopped")
    async with open_both() as (one, other):
        await one.press("enter")
        await one.until("accuracy %")
        await other.press("D")
        await other.until("Remove 1 run")
        await other.press("y")
        await one.until("folder is gone")
        assert not path.exists()
