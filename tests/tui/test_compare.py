"""The place to compare: by keys alone, from marks to a report."""

from __future__ import annotations

import math
import shutil

import pytest
import sessions_document
from contenders import SIZES, eight, opened
from fabricated import append, make, planned, record
from golden import assert_becomes


@pytest.mark.parametrize("size", SIZES)
async def test_without_marks_it_says_how_to_mark_and_offers_the_groups(size, root, open_app):
    eight(root)
    make(root, group="lonely")
    async with open_app(size) as seen:
        await seen.press("3")
        shown = await seen.until("8 sessions")
        assert "Nothing is marked. Mark two or more sessions with space" in " ".join(shown.split())
        assert "lonely" not in shown
        await seen.press("enter")
        shown = await seen.until("baseline A")
        assert len(seen.app.compared) == 8 and seen.app.marks == () and "H" in shown


async def test_the_side_says_what_differs_and_what_follows(root, open_app):
    paths = sessions_document.make(root)
    async with open_app((120, 36)) as seen:
        shown = await opened(seen, paths)
        for wanted in (
            "settings that differ",
            "max lr 0.1 0.15",
            "last 71.20@100 69.64@100 -1.56",
            "best 71.20@100 72.98@99 +1.78",
            "peak: B, +1.78 points",
            "production: A, +1.56 points",
        ):
            assert wanted in " ".join(shown.split()), wanted
        await seen.press("b")
        shown = await seen.until("baseline B")
        assert "+1.56" in shown and "A-B" in shown
        await seen.press("d")
        shown = await seen.until("all settings")
        assert "wideresnet28_10" in shown and "batch size" in shown
        await seen.press("d")
        await seen.until("test accuracy %")


async def test_parts_take_turns_where_it_is_narrow(root, open_app):
    paths = sessions_document.make(root)
    async with open_app((80, 24)) as seen:
        await opened(seen, paths)
        await seen.press("T")
        shown = await seen.until("B-A  events")
        assert "┤" not in shown and "at epoch 100" in shown
        await seen.press("tab")
        await seen.until("settings that differ")
        await seen.press("tab")
        await seen.until("one seed each: cannot be told apart")
        await seen.press("tab")
        await seen.until("┤")
        await seen.press("d")
        await seen.until("settings that differ")
        await seen.press("d")
        await seen.until("all settings")
        await seen.press("d")
        await seen.until("┤")


async def test_markdown_goes_to_the_clipboard_and_to_a_new_file_alone(root, open_app):
    paths = sessions_document.make(root)
    async with open_app((120, 36)) as seen:
        await opened(seen, paths)
        await seen.press("home", "y")
        await seen.until("Copied as Markdown")
        assert seen.app.clipboard.startswith("# B 04-aggressive against A 02-stable\n")
        assert "## At epoch 1\n" in seen.app.clipboard and "| +4.34 |" in seen.app.clipboard
        await seen.press("w")
        await seen.until("write the report to")
        await seen.press("enter")
        await seen.until("Written:")
        path = root / "compare-02-stable-04-aggressive.md"
        assert path.read_text() == seen.app.clipboard
        path.write_text("mine")
        await seen.press("w", "enter")
        await seen.until("is there already")
        assert path.read_text() == "mine"
        line = seen.app.screen.query_one("#writing-path")
        line.value = str(root / "nowhere" / "dir" / "x.md")
        await seen.press("enter")
        await seen.until("make the folder first, or name another")
        assert not (root / "nowhere").exists()
        await seen.press("escape")
        await seen.until("baseline A")


async def test_it_follows_runs_that_train_and_runs_that_go(root, open_app):
    paths = eight(root, epochs=10)[:3]
    async with open_app((120, 36)) as seen:
        await opened(seen, paths)
        await seen.until("at epoch 10")
        for path in paths:
            append(path, record(planned(), 11, test_acc=0.9))
        await seen.until("at epoch 11")
        await seen.press("left")
        append(paths[0], record(planned(), 12, test_acc=0.9))
        await seen.until("A 12")  # the verdict tells of the unequal ends, and the crosshair stays where it was put
        await seen.until("at epoch 10")
        shutil.rmtree(paths[2])
        await seen.until(lambda shown: "lr2" not in shown)
        shutil.rmtree(paths[1])
        await seen.until("One session is marked")


async def test_any_size_is_survived(root, open_app):
    paths = eight(root)
    async with open_app((120, 36)) as seen:
        await opened(seen, paths)
        for key, sizes in (("v", ((30, 8), (1, 1))), ("T", ((100, 20), (80, 24)))):
            await seen.press(key)
            for size in sizes:
                await seen.pilot.resize_terminal(*size)
                await seen.pilot.pause()
        await seen.until("at epoch 30")


async def test_ascii_alone(root, open_app, monkeypatch):
    monkeypatch.setenv("LC_ALL", "C")
    paths = eight(root)
    async with open_app((120, 36)) as seen:
        shown = await opened(seen, paths)
        assert shown.isascii() and "A * lr0" in shown and "B x lr1" in shown
        await seen.press("v")
        assert (await seen.until("1 of 2")).isascii()


async def test_whatever_state_they_are_in(root, open_app):
    bad = dict.fromkeys(("test_acc", "train_acc", "train_acc_clean", "lr"), math.nan)
    paths = [
        make(root, [record(planned(), e) for e in range(1, 9)]),
        make(root, [record(planned(), 1), record(planned(), 2, **bad)], name="wild-111111", outcome="failed"),
        make(root, name="later-222222", attempted=False),
        make(root, [record(planned(), 1)], name="broken-333333"),
    ]
    (paths[3] / "spec.toml").write_text("nonsense")
    async with open_app((120, 36)) as seen:
        shown = await opened(seen, paths)
        assert "A ● mixup0" in shown and "wild ✗" in shown and "later ◌" in shown
        await seen.press("t", "t", "v", "v", "T", "tab", "d", "y")
        await seen.until("Copied")


async def test_nothing_but_queued_runs(root, open_app):
    paths = [make(root, name=f"later{n}-22222{n}", attempted=False) for n in range(2)]
    async with open_app() as seen:
        await opened(seen, paths)
        await seen.press("left", "x", "right_square_bracket", "t", "v", "y")
        await seen.until("nothing measured yet")


@pytest.mark.parametrize("size", SIZES)
async def test_as_drawn(size, root, open_app):
    paths = sessions_document.make(root)
    async with open_app(size) as seen:
        await opened(seen, paths)
        await seen.press("x", "right_square_bracket", "right_square_bracket", "right_square_bracket")
        await seen.until("epoch 41  B aug")
        await assert_becomes(seen, f"compare-{size[0]}x{size[1]}")


async def test_as_drawn_of_eight_side_by_side_in_ascii(root, open_app, monkeypatch):
    monkeypatch.setenv("LC_ALL", "C")
    paths = eight(root)
    async with open_app((120, 36)) as seen:
        await opened(seen, paths)
        await seen.press("v", "home", "L")
        await seen.until("at epoch 11")
        await assert_becomes(seen, "compare-eight-ascii")


async def test_what_is_said_of_them_can_be_read_whole_where_it_is_wide_too(root, open_app):
    paths = sessions_document.make(root)
    async with open_app((120, 36)) as seen:
        await opened(seen, paths)
        await seen.press("tab", "tab")
        shown = await seen.until(lambda shown: shown.count("settings that differ") == 1 and "┤" not in shown)
        await seen.press("tab")
        shown = await seen.until(lambda shown: "settings that differ" in shown and "┤" not in shown)
        assert shown.count("verdict") == 1 and " …" not in shown.partition("verdict")[2]
        await seen.press("tab")
        await seen.until("┤")


async def test_marks_measure_part_and_baseline_are_kept_between_starts(root, open_app):
    paths = sessions_document.make(root)
    async with open_app((120, 36)) as seen:
        await opened(seen, paths)
        await seen.press("b", "t", "T")
        await seen.until("baseline B")
        measure = seen.app.screen.board.worked.measure.name
        assert measure != "test"
    async with open_app((120, 36)) as seen:
        await seen.until("baseline B")
        board = seen.app.screen.board
        assert seen.app.marks == tuple(paths)
        assert (board.worked.measure.name, board.pane) == (measure, "table")
        shutil.rmtree(paths[1])
        await seen.until(lambda _: seen.app.marks == (paths[0],))
    async with open_app((120, 36)) as seen:
        await seen.until("One session is marked")
