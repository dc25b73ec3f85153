"""The place to compare: by keys alone, from marks to a report."""

from __future__ import annotations

import math
import shutil

import pytest
import sessions_document
from fabricated import append, make, planned, record
from golden import assert_becomes
from msgspec.structs import replace

from cockpit.tui.widgets.painted import Painted

SIZES = [(80, 24), (120, 36), (200, 60)]


def eight(root, epochs=30):
    """Eight sessions that differ in their learning rate; the later ones begin slower and end higher."""
    made = []
    for number in range(8):
        run = planned()
        run = replace(run, spec=replace(run.spec, lr=0.1 * (number + 1)), name=f"lr{number}-{number:06x}")
        records = [
            record(run, e, test_acc=0.4 + (0.008 + 0.002 * number) * (e - number)) for e in range(1, epochs + 1)
        ]
        made.append(make(root, records, run=run))
    return made


async def opened(seen, paths):
    """Go to the place with these marked."""
    await seen.until(lambda _: len(seen.app.snapshots) >= len(paths))
    seen.app.mark(tuple(paths))
    await seen.press("3")
    return await seen.until("baseline A")


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


@pytest.mark.parametrize("size", SIZES)
async def test_the_crosshair_reads_the_documents_values_to_the_digit(size, root, open_app):
    paths = sessions_document.make(root)
    async with open_app(size) as seen:
        shown = await opened(seen, paths)
        assert "A ● 02-stable" in shown and "B ◆ 04-aggressive" in shown and "7 settings differ" in shown
        assert "epoch 100  A best 71.20; A crosses above B at 99.6" in shown
        await seen.press("home", *["right"] * 6)
        shown = await seen.until("at epoch 40")
        assert "59.54" in shown and "63.88" in shown and "+4.34" in shown
        await seen.press("right")
        shown = await seen.until("epoch 41  B augmentation full > reduced, mixup 0.2 > 0.15")
        assert "+5.53" in shown


async def test_jumps_go_to_crossings_and_events(root, open_app):
    paths = sessions_document.make(root)
    async with open_app((120, 36)) as seen:
        await opened(seen, paths)
        await seen.press("x")
        await seen.until("epoch 10  B crosses above A at 5.8")
        await seen.press("x")
        await seen.until("epoch 100  A best")
        await seen.press("X", "right_square_bracket")
        await seen.until("epoch 21  B lr restarts at 0.15")
        await seen.press("right_square_bracket", "right_square_bracket")
        await seen.until("epoch 41  B aug")
        await seen.press("left_square_bracket")
        await seen.until("epoch 26  A lr restarts")
        await seen.press("down")
        await seen.until("epoch 30  nothing happened here")
        await seen.press("home")
        await seen.until("epoch 1  nothing")
        await seen.press("L")
        await seen.until("epoch 70  nothing")
        await seen.press("end")
        await seen.until("epoch 100  A best")


async def test_pages_move_the_crosshair_but_where_there_is_something_to_scroll(root, open_app):
    paths = eight(root)
    async with open_app((80, 24)) as seen:
        await opened(seen, paths)
        await seen.press("pageup")
        await seen.until("at epoch 20")
        await seen.press("T", "pageup", "pagedown", "pageup")
        await seen.until("epoch 10  ")
        await seen.press("d", "d", "pagedown")
        await seen.until(lambda _: seen.app.screen.query_one("#compare-settings").scroll_y > 0)
        await seen.until("epoch 10  ")
        await seen.press("d", "home")
        await seen.until("at epoch 1 ")
        await seen.press("pagedown", "end")
        await seen.until("at epoch 30")


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


@pytest.mark.parametrize("size", SIZES)
async def test_eight_are_ranked_and_their_glyphs_differ(size, root, open_app):
    paths = eight(root)
    async with open_app(size) as seen:
        await opened(seen, paths)
        shown = await seen.until("H□")
        ranks = [
            line.split()[0] for line in shown.splitlines() if " lr" in line and "@" in line for line in [line[-60:]]
        ]
        assert len(ranks) == 8 or size == (80, 24)
        assert all(f"{letter}{glyph}" in shown for letter, glyph in zip("ABCDEFGH", "●◆▲■○◇△□", strict=True))
        await seen.press("home")
        shown = await seen.until("at epoch 1 ")
        first = shown[shown.index("at epoch 1 ") :]
        assert first.index("A●") < first.index("H□")
        await seen.press("end")
        last = await seen.until("at epoch 30")
        last = last[last.index("at epoch 30") :]
        assert last.index("H□") < last.index("A●")


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


async def test_a_step_of_the_crosshair_sends_few_cells(root, open_app, monkeypatch):
    paths = eight(root)
    async with open_app((120, 36)) as seen:
        await opened(seen, paths)
        await seen.press("left", "left")
        await seen.pilot.pause(0.05)
        sent = []
        kept = Painted.refresh

        def refresh(self, *regions, **options):
            sent.extend(region.area for region in regions) if regions else sent.append(self.size.area)
            return kept(self, *regions, **options)

        monkeypatch.setattr(Painted, "refresh", refresh)
        await seen.press("left")
        await seen.pilot.pause(0.05)
        # Two charts have a cell or two a line, each row of values its figures; the screen has 4,320 cells.
        assert 0 < sum(sent) < 700


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
