"""Where the cursor of the sessions is when what is listed changes: keys that cannot be taken back go by it."""

from __future__ import annotations

from fabricated import append
from school_of_runs import WIDE, day, epoch_of, go_to, one, write


async def test_it_stays_on_its_run_whatever_the_grouping(root, open_app):
    runs = day(root)
    async with open_app(WIDE, group="kd") as seen:
        await seen.until("04-aggressive")
        for label in ("kd/teacher-seed2", "logit1", "rkd", "02"):
            await go_to(seen, runs[label])
            await seen.press("g")
            await seen.until("setting ")
            assert runs[label] in [run.path for run in seen.app.screen.sessions.below]
            append(runs["logit0"], epoch_of(89, 150, 0.62, 0.11))  # news of another moves nothing
            await seen.press("g")
            await seen.until("kd/rkd")
            assert seen.app.screen.in_hand.path == runs[label]
            await seen.press("g")
            await seen.until("▾ kd")
            assert seen.app.screen.in_hand.path == runs[label]


async def test_from_a_line_of_several_it_goes_to_one_of_them_and_back(root, open_app):
    day(root)
    async with open_app(WIDE, group="kd") as seen:
        await seen.until("04-aggressive")
        await seen.press("g")
        await seen.until("3 seeds")
        await seen.press("o")
        while seen.app.screen.sessions.item.title != "teacher":
            await seen.press("down")
        setting = seen.app.screen.sessions.cursor
        await seen.press("g")
        await seen.until("kd/teacher")
        assert "teacher" in seen.app.screen.in_hand.label
        await seen.press("g", "g")
        await seen.until("3 seeds")
        assert seen.app.screen.sessions.cursor == setting
        await seen.press("right")  # it is opened, and the cursor stays
        await seen.until(lambda s: s.count(" teacher ") == 4)
        assert seen.app.screen.sessions.cursor == setting


async def test_a_filter_that_is_written_and_let_go_leaves_it_where_it_was(root, open_app):
    runs = day(root)
    async with open_app(WIDE, group="kd") as seen:
        await seen.until("04-aggressive")
        await go_to(seen, runs["04"])
        await seen.press("slash", *"rkd")
        await seen.until("1 of 9")
        assert seen.app.screen.in_hand.path == runs["rkd"]
        await seen.press("escape")
        await seen.until("04-aggressive")
        assert seen.app.screen.in_hand.path == runs["04"]
        await write(seen, "rkd", "enter")  # kept, the cursor is where it is seen
        await seen.until("1 of 9 shown")
        await seen.press("escape")
        await seen.until("04-aggressive")
        assert seen.app.screen.in_hand.path == runs["rkd"]


async def test_it_is_on_the_run_that_was_taken_back_from_the_archive(root, open_app):
    runs = day(root)
    for name in ("02", "logit1"):
        (runs[name] / "archived").write_text("")
    async with open_app(WIDE, group="kd") as seen:
        await seen.until("04-aggressive")
        await write(seen, "archived:yes", "enter")
        await seen.until("2 of 9")
        await go_to(seen, runs["02"])
        await seen.press("d")
        await seen.until("1 of 9")
        await seen.press("escape")
        await seen.until("04-aggressive")
        assert seen.app.screen.in_hand.path == runs["02"]


async def test_it_goes_to_no_other_run_by_itself(root, open_app):
    runs = day(root)
    async with open_app(WIDE, group="kd") as seen:
        await seen.until("04-aggressive")
        await write(seen, "status:running", "enter")
        await seen.until("3 of 9")
        await go_to(seen, runs["logit0"])
        (runs["logit0"] / "control").mkdir()
        (runs["logit0"] / "control" / "stop").write_text("")
        await seen.until("2 of 9")
        here = seen.app.screen.in_hand.path
        (runs["logit0"] / "control" / "stop").unlink()
        await seen.until("3 of 9")
        assert seen.app.screen.in_hand.path == here != runs["logit0"]
        await seen.press("g", "g", "g")
        await seen.until("▾ kd")
        assert seen.app.screen.in_hand.path == here


async def test_ones_own_runs_come_before_those_that_are_published(root, open_app):
    one(root / "published", "a/theirs-seed0", 2, outcome="finished")
    mine = one(root, "zoo/mine-seed0", 2, outcome="finished")
    async with open_app(WIDE) as seen:
        await seen.press("2")
        shown = await seen.until("published/a")
        assert shown.index("zoo") < shown.index("published/a")
        assert seen.app.screen.in_hand.path == mine
        await seen.press("g", "g")
        shown = await seen.until("zoo/mine")
        assert shown.index("zoo/mine") < shown.index("published/a/theirs")


async def test_a_cursor_that_nobody_has_moved_stays_on_its_run_all_the_same(root, open_app):
    day(root)
    async with open_app(WIDE) as seen:
        await seen.press("2")
        await seen.until("04-aggressive")
        first = seen.app.screen.in_hand.path
        await seen.press("o", "o", "o", "o")
        assert seen.app.screen.in_hand.path == first
        await write(seen, "seed:2", "enter")
        await seen.until("of 9 shown")
        found = seen.app.screen.in_hand.path
        await seen.press("escape")
        await seen.until("04-aggressive")
        assert found == seen.app.screen.in_hand.path != first
        one(root, "aaa/new-seed0", 3, 0.5)
        await seen.until("▾ aaa")
        assert seen.app.screen.in_hand.path == found
