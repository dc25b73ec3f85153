"""The line of keys of the sessions offers what would do something, and nothing else."""

from __future__ import annotations

import pytest
from school_of_runs import WIDE, day, go_to, one

pytestmark = pytest.mark.usefixtures("nobody_supervises")


def offered(shown: str) -> str:
    """The line of keys."""
    return shown.splitlines()[-1]


async def test_only_keys_that_would_do_something_are_offered(root, open_app):
    runs = day(root)
    async with open_app(WIDE, group="kd") as seen:
        await seen.until("04-aggressive")
        await go_to(seen, runs["02"])
        await seen.until(lambda s: "s stop" not in offered(s) and "R resume" not in offered(s))
        assert "f fork" in offered(await seen.until("n note"))
        await go_to(seen, runs["logit0"])
        await seen.until(lambda s: "s stop" in offered(s) and "R resume" not in offered(s))
        await seen.press("s")
        await seen.until(lambda s: "s stop" not in offered(s) and "R resume" in offered(s))  # it is stopping now
        await go_to(seen, runs["fitnets"])
        await seen.until(lambda s: "f fork" not in offered(s) and "R resume" in offered(s))


async def test_without_a_run_no_key_for_runs_is_offered(root, open_app):
    async with open_app(WIDE) as seen:
        await seen.press("2")
        shown = offered(await seen.until("sessions: none yet"))
        assert "q quit" in shown and "? help" in shown
        for word in ("open", "mark", "compare", "stop", "filter", "resume", "fork", "group", "sort", "note"):
            assert word not in shown
        day(root)
        await seen.until(lambda s: "space mark" in offered(s) and "/ filter" in offered(s))


async def test_what_is_published_is_offered_nothing_that_would_change_it_and_a_key_says_why(root, open_app):
    one(root / "published", "g/run-seed0", 2, outcome="stopped")
    async with open_app(WIDE) as seen:
        await seen.press("2")
        shown = offered(await seen.until("published/g"))
        assert "enter open" in shown
        for word in ("stop", "resume", "fork", "note"):
            assert word not in shown
        await seen.press("R")
        await seen.until("run-seed0 is published, and so read only.")
