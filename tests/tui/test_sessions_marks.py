"""Marked sessions: they are stopped together, compared, and kept while a filter hides them."""

from __future__ import annotations

import pytest
from school_of_runs import WIDE, day, go_to, write

pytestmark = pytest.mark.usefixtures("nobody_supervises")


async def test_keys_in_a_burst_mark_and_compare(root, open_app):
    day(root)
    async with open_app(WIDE, group="kd") as seen:
        await seen.until("04-aggressive")
        for key in ("down", "space", "space", "c"):  # no pause between them
            seen.app.simulate_key(key)
        await seen.until("[3 Compare]")
        await seen.pilot.pause(0.3)
        assert len(seen.app.marks) == 2 and seen.app.current_mode == "compare"


async def test_marks_outlive_a_filter_and_lead_to_a_comparison(root, open_app):
    runs = day(root)
    async with open_app(WIDE, group="kd") as seen:
        await seen.until("04-aggressive")
        await write(seen, "nothing_is_called_so", "enter")
        await seen.until("0 of 9")
        await seen.press("c")
        await seen.until("Nothing to compare with: mark two or more runs with space.")
        await seen.press("escape")
        await go_to(seen, runs["logit0"])
        await seen.press("space")
        await write(seen, "group:late", "enter")
        await seen.until("2 of 9")
        await go_to(seen, runs["04"])
        await seen.press("space")
        await seen.until("2 marked")
        assert seen.app.marks == (runs["logit0"], runs["04"])
        await seen.press("c")
        await seen.until("[3 Compare]")
        assert seen.app.current_mode == "compare"
        await seen.press("2")
        await seen.until("2 of 9")
        await seen.press("asterisk")
        await seen.until(lambda s: "marked" not in s)
        assert seen.app.marks == ()


async def test_what_is_marked_is_stopped_together_and_told_how_many(root, open_app):
    runs = day(root)
    async with open_app(WIDE, group="kd") as seen:
        await seen.until("04-aggressive")
        for name in ("logit0", "04", "02"):
            await go_to(seen, runs[name])
            await seen.press("space")
        shown = await seen.until("3 marked")
        assert "s stop marked" in shown.splitlines()[-1]
        assert sum(row[1:2] == "*" for row in shown.splitlines()) == 3
        await seen.press("s")
        await seen.until("Of 3 marked runs: 2 stop after their epoch; 1 left as it is.")
        assert (runs["logit0"] / "control" / "stop").exists() and (runs["04"] / "control" / "stop").exists()


async def test_that_a_key_is_about_the_marked_is_said_where_the_cursor_is_on_another(root, open_app):
    runs = day(root)
    async with open_app(WIDE, group="kd") as seen:
        await seen.until("04-aggressive")
        await go_to(seen, runs["02"])
        await seen.press("space")
        await go_to(seen, runs["04"])
        assert "s stop" not in (await seen.until("1 marked")).splitlines()[-1]
        await seen.press("s")
        await seen.until("Nothing to stop: the marked run is finished.")
        assert not (runs["04"] / "control" / "stop").exists()


async def test_what_is_marked_and_hidden_is_not_stopped_without_a_yes(root, open_app):
    runs = day(root)
    async with open_app((80, 24), group="kd") as seen:
        await seen.until("04")
        await go_to(seen, runs["logit0"])
        await seen.press("space")
        await seen.until("1 marked")
        await write(seen, "group:late", "enter")
        await seen.until("2 of 9")
        await seen.press("s")
        await seen.until("Stop 1 run (not all in view) after this epoch?")
        await seen.press("n")
        await seen.until(lambda s: "not all in view" not in s)
        assert not (runs["logit0"] / "control").exists()
