"""The curves of the comparison: their measure and order, how they are told apart, and one for all seeds."""

from __future__ import annotations

import threading

import pytest
import sessions_document
from contenders import SIZES, eight, opened
from fabricated import make, planned, record
from msgspec.structs import replace

from cockpit.tui.screens import compare
from cockpit.tui.widgets import board


async def test_the_measure_and_the_order_of_charts(root, open_app):
    paths = eight(root)
    async with open_app((120, 36)) as seen:
        await opened(seen, paths)
        for wanted in (
            "clean train accuracy %",
            "train accuracy as trained %",
            "clean gap, points",
            "gap as trained",
        ):
            await seen.press("t")
            await seen.until(wanted)
        await seen.press("v")
        await seen.until("the baseline faint behind; 1 of 2")
        await seen.press("v")
        await seen.until("2 of 2")
        await seen.press("v", "m")
        await seen.until("smoothed 0.6")


async def test_a_zoom_of_values_ends_with_the_measure_that_they_are_of(root, open_app):
    paths = eight(root)[:2]
    async with open_app((120, 36)) as seen:
        await opened(seen, paths)
        await seen.press("right_curly_bracket")
        chart = seen.app.screen.charts[0]
        assert chart.lens.y is not None
        await seen.press("t")
        await seen.until("clean train accuracy %")
        assert chart.lens.y is None


async def test_opened_where_it_was_left_it_names_its_keys(root, open_app):
    paths = eight(root)[:2]
    async with open_app((120, 36)) as seen:
        await opened(seen, paths)
    async with open_app((120, 36)) as seen:
        shown = await seen.until("baseline A")
        assert "x cross" in shown.splitlines()[-1]


@pytest.mark.parametrize("title", [[], ["m"], ["t", "t", "m"]])
async def test_side_by_side_that_there_are_more_is_said_whatever_the_title(title, root, open_app):
    paths = eight(root)[:3]
    async with open_app((80, 24)) as seen:
        await opened(seen, paths)
        await seen.press("v", *title)
        shown = await seen.until("1 of 2, v for more")
        assert "C lr2" not in shown
        await seen.press("v")
        await seen.until("C lr2")
        await seen.pilot.resize_terminal(50, 24)
        await seen.until(", v for more")


async def test_a_curve_alone_is_solid_whichever_it_is(root, open_app):
    paths = eight(root)[:2]
    async with open_app((120, 36)) as seen:
        await opened(seen, paths)
        assert [one.stroke for one in seen.app.screen.board.charts[0].picture.series[:2]] == ["solid", "dashed"]
        await seen.press("v", "b")
        await seen.until("baseline B")
        parts = seen.app.screen.board.charts[0]._parts
        assert [each.series[-1].stroke for each in parts] == ["solid", "solid"]


async def test_the_mark_of_a_crossing_is_explained_where_there_is_one(root, open_app):
    paths = sessions_document.make(root)
    async with open_app((80, 24)) as seen:
        assert "◆ B  × crossing" in await opened(seen, paths)
        apart = [
            make(root, [record(planned(n), e, test_acc=0.5 + n / 10) for e in (1, 2)], number=n, group="apart")
            for n in (0, 2)
        ]
        assert "× crossing" not in await opened(seen, apart)


async def test_seeds_are_one_line(root, open_app):
    paths = [
        make(root, [record(planned(n), e, test_acc=0.5 + 0.01 * e + 0.02 * n) for e in range(1, 9)], number=n)
        for n in range(4)
    ]
    async with open_app((120, 36)) as seen:
        shown = await opened(seen, paths)
        assert "A ● mixup0 (2 seeds)" in shown and "B ◆ mixup0.2 (2 seeds)" in shown
        assert "means and what their seeds span" in shown
        assert "59.00 ±1.41" in shown and "63.00 ±1.41" in shown and "+4.00" in shown


async def test_a_contender_with_seeds_left_out_says_of_how_many(root, open_app):
    made = []
    for number, seed in ((0, 0), (0, 1), (1, 0)):
        run = planned()
        run = replace(run, spec=replace(run.spec, lr=0.1 * (number + 1), seed=seed), name=f"lr{number}s{seed}-aaaaaa")
        made.append(make(root, [record(run, 1)] if seed == 0 else [], run=run))
    async with open_app((120, 36)) as seen:
        assert "(1 of 2 seeds)" in await opened(seen, made)


@pytest.mark.parametrize("size", SIZES)
async def test_a_seed_that_ended_early_is_named_where_it_is_always_seen(size, root, open_app):
    made = []
    for number, seed, epochs in ((0, 0, 20), (0, 1, 1), (1, 0, 20)):
        run = planned()
        run = replace(run, spec=replace(run.spec, lr=0.1 * (number + 1), seed=seed), name=f"lr{number}s{seed}-aaaaaa")
        records = [record(run, e) for e in range(1, epochs + 1)]
        made.append(make(root, records, run=run, outcome="stopped" if epochs == 1 else None))
    async with open_app(size) as seen:
        shown = " ".join((await opened(seen, made)).split())
        assert "(2 seeds, to epoch 1, where seed 1 ended: unmark it)" in shown
        seen.app.mark((made[0], made[2]))
        await seen.until(lambda shown: "unmark" not in shown and "at epoch 20" in shown)


async def test_no_key_waits_while_it_is_worked_out_and_what_was_asked_last_is_shown(root, open_app, monkeypatch):
    paths = eight(root, epochs=10)[:3]
    go_on, whole = threading.Event(), compare.worked_out

    def slow(*args):
        go_on.wait(10)
        return whole(*args)

    monkeypatch.setattr(compare, "worked_out", slow)
    async with open_app((120, 36)) as seen:
        await seen.until(lambda _: len(seen.app.snapshots) == 8)
        seen.app.mark(tuple(paths))
        await seen.press("3")
        await seen.until("comparing 3 sessions")
        await seen.press("t", "b", "y", "w", "right", "down", "x", "v", "v", "2")
        await seen.until("lr0")
        await seen.press("3")
        go_on.set()
        shown = await seen.until("baseline A")
        assert seen.app.clipboard == "" and "comparing" not in shown
        go_on.clear()
        await seen.press("b")
        assert "baseline A" in await seen.until("baseline")
        await seen.press("b")
        go_on.set()
        await seen.until("baseline C")


async def test_other_sessions_hide_what_was_said_of_the_ones_before_and_a_fault_is_said_in_its_place(
    root, open_app, monkeypatch
):
    paths = eight(root, epochs=10)
    go_on = threading.Event()
    whole = board._work_out

    def spoiled(runs, *args):
        if len(runs) == 3:
            go_on.wait(10)
            raise ValueError("odd\x1b[2J")
        return whole(runs, *args)

    monkeypatch.setattr(board, "_work_out", spoiled)
    async with open_app((120, 36)) as seen:
        assert "peak: B" in await opened(seen, paths[:2])
        seen.app.mark(tuple(paths[3:6]))
        shown = await seen.until("comparing 3 sessions")
        assert "peak" not in shown and "test accuracy" not in shown and "cross" not in shown.splitlines()[-2]
        go_on.set()
        shown = await seen.until("they cannot be compared: ValueError: odd␛[2J")
        assert "peak" not in shown
        seen.app.mark(tuple(paths[:2]))
        assert "peak: B" in await seen.until("baseline A")
