"""Notes on sessions: written in the app, beside the run."""

from __future__ import annotations

import shutil

import pytest
from fabricated import Seen, make, planned, record
from school_of_runs import WIDE, day, go_to, one

from cockpit.tui.app import CockpitApp

pytestmark = pytest.mark.usefixtures("nobody_supervises")


async def test_n_writes_the_note_and_the_strip_shows_it(root, open_app):
    runs = day(root)
    async with open_app(WIDE, group="late") as seen:
        await seen.until("04-aggressive")
        await go_to(seen, runs["02"])
        await seen.press("n")
        await seen.until("note on late / 02-stable")
        await seen.press(*"ab", "escape")
        await seen.until("esc again loses what is not saved")
        await seen.press("c", "ctrl+s")
        await seen.until("note 02-stable: abc")
        assert (runs["02"] / "note.md").read_text() == "abc\n"
        await seen.press("n", "ctrl+a", "delete")
        await seen.press(*["backspace"] * 6, "ctrl+s")
        await seen.until(lambda s: "note 02-stable" not in s)
        assert not (runs["02"] / "note.md").exists()


async def test_a_long_note_is_edited_whole_and_a_note_left_as_it_is_is_not_written(root, open_app):
    path = make(root, [record(planned(), e) for e in range(1, 6)], outcome="stopped")
    text = "a line of the note\n" * 2000
    (path / "note.md").write_text(text)
    before = (path / "note.md").stat().st_mtime_ns
    async with open_app((120, 36), group="quickstart") as seen:
        await seen.until("5/40")
        await seen.press("n")
        await seen.until("note on")
        await seen.press("ctrl+s")
        await seen.until("5/40")
        assert (path / "note.md").stat().st_mtime_ns == before
        await seen.press("n")
        await seen.until("note on")
        await seen.press("x", "ctrl+s")
        await seen.until("5/40")
        await seen.until(lambda _: (path / "note.md").stat().st_mtime_ns != before)
    assert (path / "note.md").read_text() == text + "x\n"


async def test_a_note_on_a_run_that_is_removed_meanwhile_is_told_and_makes_no_folder(root, open_app):
    runs = day(root)
    async with open_app(WIDE, group="late") as seen:
        await seen.until("02-stable")
        await go_to(seen, runs["02"])
        await seen.press("n")
        await seen.until("note on late / 02-stable")
        shutil.rmtree(runs["02"])
        await seen.press("a", "ctrl+s")
        await seen.until("The note cannot be written")
        assert not runs["02"].exists()


async def test_with_the_published_folder_named_itself_nothing_is_asked_of_its_runs(root, open_app):
    run = one(root / "published", "g/run-seed0", 2, outcome="finished")
    app = CockpitApp(root / "published", interval=0.02)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        seen = Seen(app, pilot)
        await seen.press("2")
        await seen.until("seed 0")
        await go_to(seen, run)
        await seen.press("n")
        await seen.until("published, and so read only")
    assert not (run / "note.md").exists()
