"""Each key of the sessions, by what it leaves in real run folders and what it says."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from fabricated import make, planned, record
from school_of_runs import WIDE, day, go_to, one, write

from cockpit import request
from cockpit.insight.copied import markdown
from cockpit.launch import control
from cockpit.request import Request
from engine.contract.folder import Started, attempts, claim, publish
from engine.contract.process import identify

pytestmark = pytest.mark.usefixtures("nobody_supervises")


def queue(run: Path, order: float, *, hold: bool = False) -> None:
    request.write(run, Request(time=order, order=order, hold=hold))


def three(root: Path) -> list[Path]:
    """Three that are queued, in this order."""
    runs = [one(root, f"g/run{n}-seed0", 0, mixup=n / 10, attempted=False) for n in range(3)]
    for order, run in enumerate(runs):
        queue(run, 10.0 + order)
    return runs


async def test_s_stops_after_the_epoch_and_large_s_at_once(root, open_app, monkeypatch):
    stopped = []
    monkeypatch.setattr(control, "stop_now", lambda run: stopped.append(run))
    runs = day(root)
    async with open_app(WIDE, group="kd") as seen:
        await seen.until("04-aggressive")
        await go_to(seen, runs["logit0"])
        await seen.press("s")
        await seen.until("logit-seed0: stops after its epoch.")
        assert (runs["logit0"] / "control" / "stop").exists()
        await seen.until("◑ stopping")
        await seen.press("S")
        await seen.until("saves and stops.")
        assert stopped == [runs["logit0"]]
        await go_to(seen, runs["02"])
        await seen.press("s")
        await seen.until("Nothing to stop: the run is finished.")


async def test_a_whole_group_is_stopped_only_after_a_yes(root, open_app):
    runs = day(root)
    async with open_app(WIDE, group="kd") as seen:
        await seen.until("04-aggressive")
        await seen.press("home", "s")
        shown = await seen.until("Stop 2 runs after this epoch?")  # the others of the seven are not at work
        assert (
            "kd / logit-seed1  running" in shown
            and "teacher" not in shown.partition("Stop 2")[2].partition("y yes")[0]
        )
        await seen.press("n")
        await seen.until(lambda s: "Stop 2 runs" not in s)
        assert not (runs["logit0"] / "control").exists()
        await seen.press("s")
        await seen.until("Stop 2 runs")
        await seen.press("y")
        await seen.until("Of 7 runs: 2 stop after their epoch; 5 left as they are.")
        assert (runs["logit1"] / "control" / "stop").exists() and not (runs["04"] / "control").exists()


async def test_k_kills_only_after_a_yes(root, open_app, monkeypatch):
    killed = []
    monkeypatch.setattr(control, "kill", lambda run: killed.append(run) or True)
    runs = day(root)
    async with open_app(WIDE, group="kd") as seen:
        await seen.until("04-aggressive")
        await go_to(seen, runs["logit0"])
        await seen.press("K")
        shown = await seen.until("Kill 1 run?")
        assert "kd / logit-seed0  running" in shown
        await seen.press("enter")  # enter is no
        await seen.press("K")
        await seen.until("Kill 1 run?")
        assert killed == []
        await seen.press("y")
        await seen.until("logit-seed0: killed.")
        assert killed == [runs["logit0"]]


async def test_h_holds_and_releases_what_is_queued(root, open_app, nobody_supervises):
    runs = three(root)
    async with open_app(WIDE, group="g") as seen:
        await seen.until("run0")
        await go_to(seen, runs[1])
        await seen.press("h")
        await seen.until("run1-seed0: held; h releases it.")
        assert [request.read(run).hold for run in runs] == [False, True, False]
        await seen.until("◌ held")
        await seen.press("slash", *"status:held", "enter")
        await seen.until(lambda shown: "run1" in shown and "run0" not in shown)
        await seen.press("h")
        await seen.until("run1-seed0: released.")
        assert not request.read(runs[1]).hold and nobody_supervises == [root]


async def test_that_a_run_is_held_is_said_where_its_state_has_no_column_too(root, open_app, nobody_supervises):
    runs = three(root)
    async with open_app((50, 24), group="g") as seen:
        await seen.until("run0")
        await go_to(seen, runs[1])
        await seen.press("h")
        await seen.until(
            lambda shown: any("run1" in line and "queued held" in line for line in shown.splitlines()[:10])
        )


async def test_it_is_moved_to_the_front_and_the_end_of_the_queue(root, open_app):
    runs = three(root)
    orders = lambda: [run for _, run in sorted((request.read(run).order, run) for run in runs)]  # noqa: E731
    async with open_app(WIDE, group="g") as seen:
        await seen.until("run0")
        await go_to(seen, runs[1])
        await seen.press("less_than_sign")
        await seen.until("first in the queue")
        assert orders() == [runs[1], runs[0], runs[2]]
        await seen.press("greater_than_sign")
        await seen.until("last in the queue")
        assert orders() == [runs[0], runs[2], runs[1]]


async def test_r_asks_for_what_failed_once_more(root, open_app, nobody_supervises):
    runs = day(root)
    async with open_app(WIDE, group="kd") as seen:
        await seen.until("04-aggressive")
        await go_to(seen, runs["rkd"])
        await seen.press("R")
        await seen.until("rkd-seed0: queued.")
        await seen.until("◌ 2 queued")
        asked = request.read(runs["rkd"])
        assert asked and asked.after == 1 and nobody_supervises == [root]
        await go_to(seen, runs["02"])
        await seen.press("R")
        await seen.until("Nothing to resume: the run is finished.")


async def test_d_puts_away_and_back_and_never_what_is_at_work(root, open_app):
    runs = day(root)
    async with open_app(WIDE, group="late") as seen:
        await seen.until("04-aggressive")
        await go_to(seen, runs["02"])
        await seen.press("d")
        await seen.until(lambda s: "02-stable  " not in s)
        assert (runs["02"] / "archived").exists()
        await go_to(seen, runs["04"])
        await seen.press("d")
        await seen.until("Nothing to archive: the run is running.")
        await write(seen, "archived:yes", "enter")
        await seen.until("1 of 9")
        await go_to(seen, runs["02"])
        await seen.press("d")
        await seen.until("back among the others")
        await seen.press("escape")
        await seen.until("04-aggressive")
        assert not (runs["02"] / "archived").exists()


async def test_large_d_removes_after_a_yes_and_never_what_is_at_work(root, open_app):
    runs = day(root)
    async with open_app(WIDE, group="late") as seen:
        await seen.until("04-aggressive")
        await go_to(seen, runs["04"])
        await seen.press("D")
        await seen.until("Not removed: 04-aggressive is at work. Stop first.")
        await go_to(seen, runs["02"])
        await seen.press("D")
        await seen.until("Remove 1 run with checkpoints and all?")
        await seen.press("escape")
        assert runs["02"].exists()
        await seen.press("D")
        await seen.until("Remove 1 run")
        await seen.press("y")
        await seen.until(lambda s: "02-stable  " not in s)
        assert not runs["02"].exists() and runs["04"].exists()


async def test_what_began_while_it_was_asked_is_not_removed(root, open_app):
    runs = three(root)
    async with open_app(WIDE, group="g") as seen:
        await seen.until("run0")
        await go_to(seen, runs[0])
        await seen.press("D")
        await seen.until("Remove 1 run")
        process = identify(os.getpid())
        publish(claim(runs[0], attempts(runs[0])) / "started.json", Started(process=process, time=time.time()))
        await seen.press("y")
        await seen.until("Nothing to remove")
        assert runs[0].exists() and request.read(runs[0])


async def test_y_copies_a_markdown_table(root, open_app):
    day(root)
    async with open_app(WIDE, group="late") as seen:
        await seen.until("04-aggressive")
        copied = []
        seen.app.copy_to_clipboard = copied.append
        await seen.press("y")
        await seen.until("Copied 1 run as a Markdown table")
        (table,) = copied
        assert table == markdown([seen.app.screen.in_hand])
        heading, rule, row = table.splitlines()
        assert heading.count("|") == rule.count("|") == row.count("|") == 12
        assert "| late | 04-aggressive | 0 | running | 77/100 |" in row


async def test_large_l_follows_the_whole_log(root, open_app):
    path = make(root, [record(planned(), 1)], log="".join(f"line {n} [b]x[/b] \x1b[2J\n" for n in range(100)))
    async with open_app((80, 24), group="quickstart") as seen:
        await seen.until("1/40")
        await seen.press("L")
        shown = await seen.until("line 99 [b]x[/b] ␛[2J")
        assert "of 100, following" in shown
        with (path / "attempts" / "1" / "log.txt").open("a") as log:
            log.write("the newest\n")
        await seen.until("the newest")
        await seen.press("home")
        await seen.until(lambda s: "line 0 " in s and "1-22 of 101" in s and "following" not in s)
        await seen.press("escape")
        await seen.until("2 Sessions")


async def test_keys_that_ask_work_on_an_open_session_too(root, open_app):
    runs = day(root)
    async with open_app(WIDE, group="kd") as seen:
        await seen.until("04-aggressive")
        await go_to(seen, runs["logit0"])
        await seen.press("enter")
        await seen.until("learning rate")
        await seen.press("n", "x", "ctrl+s")
        await seen.until("learning rate")
        await seen.press("s")
        await seen.until("stops after its epoch")
        assert (runs["logit0"] / "note.md").read_text() == "x\n"


async def test_what_came_of_a_key_names_keys_and_no_commands(root, open_app):
    runs = three(root)
    async with open_app(WIDE, group="g") as seen:
        await seen.until("run0")
        await go_to(seen, runs[1])
        await seen.press("s")
        await seen.until("run1-seed0: held; to go on: R.")
