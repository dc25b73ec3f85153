from __future__ import annotations

import math
import re
import shutil

import msgspec
import pytest
from fabricated import append, make, planned, record, started

from cockpit.status import Status
from engine.contract.process import host
from engine.contract.stream import as_line

SIZES = [(80, 24), (120, 36)]
RUN = planned()
EPOCHS = [record(RUN, e) for e in range(1, 31)]


@pytest.mark.parametrize("size", SIZES)
async def test_charts_and_gap(size, root, open_app):
    make(root, EPOCHS)
    async with open_app(size, group="quickstart") as seen:
        await seen.until("30/40")
        await seen.press("enter")
        shown = await seen.until("learning rate")
        for wanted in (
            "quickstart / mixup0-seed0  ● running  epoch 30/40  left 0:15  14.0k img/s",
            "gap@30  ▲▲ warn",
            "clean      +5.00 points",
            "as trained -5.00",
            "93.95 at 30, now" if size[0] > 100 else "93.95@30, now",
            "settings at 30",
            "● test",
            "★",
            "┊",
            "clean 98.95  test 93.95",
            "gap +5.00",
        ):
            assert wanted in shown, wanted


async def test_live_update_cursor_and_stop(root, open_app):
    path = make(root, EPOCHS, log="one\ntwo [red]x[/red] \x1b[2J\n")
    async with open_app((120, 36), group="quickstart") as seen:
        await seen.until("30/40")
        await seen.press("enter")
        await seen.until("two [red]x[/red] ␛[2J")
        append(path, record(RUN, 31))
        await seen.until("epoch ▸ 31")
        await seen.press("left", "left")
        await seen.until("epoch ▸ 29")
        await seen.press("end")
        await seen.until("epoch ▸ 31")
        await seen.press("home")
        shown = await seen.until("epoch ▸ 1 ")
        assert "settings at 1" in shown
        await seen.press("s")
        await seen.until("stopping")
        assert (path / "control" / "stop").exists()


async def test_no_epochs_yet(root, open_app):
    make(root)
    async with open_app(group="quickstart") as seen:
        await seen.until("0/40")
        await seen.press("enter")
        await seen.until("waiting for the first epoch")
        await seen.press("left", "right")


@pytest.mark.parametrize("size", SIZES)
async def test_failed_says_why_with_the_log(size, root, open_app):
    make(root, EPOCHS[:5], outcome="failed", reason="loss is not a number", log="Traceback\nRuntimeError: boom\n")
    async with open_app(size, group="quickstart") as seen:
        await seen.until("5/40")
        await seen.press("enter")
        shown = await seen.until("RuntimeError: boom")
        assert "failed: loss is not a number" in shown
        await seen.press("s")
        await seen.until("Nothing to stop: the run is failed.")


async def test_nan_is_shown_as_such(root, open_app):
    bad = dict.fromkeys(("train_acc", "train_acc_clean", "test_acc", "train_loss"), math.nan)
    make(root, [*EPOCHS[:5], record(RUN, 6, **bad), record(RUN, 7), record(RUN, 8, **bad)])
    async with open_app(group="quickstart") as seen:
        await seen.until("8/40")
        await seen.press("enter")
        shown = await seen.until("gap@8  unknown")
        assert "test nan" in shown and "test accuracy is" in shown


async def test_all_nan(root, open_app):
    make(root, [record(RUN, 1, test_acc=math.nan, train_acc=math.nan, train_acc_clean=math.inf, lr=math.nan)])
    async with open_app(group="quickstart") as seen:
        await seen.until("1/40")
        await seen.press("enter")
        await seen.until("gap@1  unknown")


async def test_nodes_are_drawn(root, open_app):
    records = [r for e in range(1, 6) for r in (record(RUN, e, node=0), record(RUN, e, node=1), record(RUN, e))]
    make(root, records)
    async with open_app(group="quickstart") as seen:
        await seen.until("5/40")
        await seen.press("enter")
        await seen.until("accuracy %")


async def test_folder_deleted_while_open(root, open_app):
    path = make(root, EPOCHS, log="hello\n")
    async with open_app((120, 36), group="quickstart") as seen:
        await seen.until("30/40")
        await seen.press("enter")
        await seen.until("hello")
        shutil.rmtree(path)
        shown = await seen.until("folder is gone")
        assert "epoch ▸ 30" in shown


async def test_silence_is_told_by_the_clock(root, open_app):
    make(root, EPOCHS)
    now = [0.0]
    async with open_app((120, 36), group="quickstart", clock=lambda: now[0]) as seen:
        await seen.until("30/40")
        assert seen.app.snapshots[0].status == Status("running")
        now[0] = seen.app.snapshots[0].last.time + 200
        await seen.press("enter")
        await seen.until("no epoch for 3:20")


async def test_resizing_on_the_way(root, open_app):
    make(root, EPOCHS)
    async with open_app(group="quickstart") as seen:
        await seen.until("30/40")
        await seen.press("enter")
        await seen.until("accuracy %")
        for size in ((120, 36), (30, 8), (1, 1), (80, 24)):
            await seen.pilot.resize_terminal(*size)
            await seen.pilot.pause()
        await seen.until("epoch ▸ 30")


async def test_keys_of_the_charts_are_none_while_all_settings_stand_in_their_place(root, open_app):
    make(root, EPOCHS[:5], outcome="stopped")
    async with open_app((200, 60), group="quickstart") as seen:
        await seen.until("5/40")
        await seen.press("enter")
        await seen.until("t chart")
        await seen.press("e")
        shown = await seen.until(lambda shown: "all settings at" in shown and "t chart" not in shown)
        assert "+ - zoom" not in shown and "m smooth" not in shown
        await seen.press("e")
        await seen.until("t chart")


async def test_in_the_help_each_key_has_its_own_line(root, open_app):
    make(root, EPOCHS[:5], outcome="stopped")
    async with open_app((120, 60), group="quickstart") as seen:
        await seen.until("5/40")
        await seen.press("question_mark")
        await seen.until("in the sessions")
        await seen.press("escape", "enter")
        await seen.until("◂ ▸ epoch")
        await seen.press("question_mark")
        shown = await seen.until("keys: session")
        rows = [" ".join(line.split()).strip("│ ") for line in shown.splitlines()]
        for row in ("◂ The epoch before", "▸ The epoch after", "[ The event before", "] The next event"):
            assert row in rows, row


async def test_of_a_run_whose_folder_is_gone_nothing_goes_on(root, open_app):
    path = make(root, EPOCHS)
    async with open_app((120, 36), group="quickstart", clock=lambda: 1e10) as seen:
        await seen.until("30/40")
        await seen.press("enter")
        await seen.until("no epoch for")
        shutil.rmtree(path)
        shown = await seen.until("✗ gone")
        assert "the run's folder is gone" in shown
        assert "running" not in shown and "left" not in shown.splitlines()[0] and "no epoch for" not in shown
        await seen.press("s")
        await seen.until("the run's folder is gone")
        await seen.press("L")
        await seen.until("the run's folder is gone, and its log with it")


async def test_a_resumed_run_is_given_time_for_its_first_epoch(root, open_app):
    now = 1e9 + 5000
    path = make(root, [record(RUN, e, seconds=1.5) for e in range(1, 31)])
    lines = (path / "metrics.jsonl").read_text()
    stamps = re.sub(r'"time":[0-9.e+]+', '"time":1000000000.0', lines)
    begun = msgspec.structs.replace(started(RUN, epoch=30), time=now - 5, attempt=2, seq=99)
    (path / "metrics.jsonl").write_bytes(stamps.encode() + as_line(begun))
    async with open_app((120, 36), group="quickstart", clock=lambda: now) as seen:
        await seen.until("30/40")
        await seen.press("enter")
        shown = await seen.until("epoch 30/40")
        assert "no epoch for" not in shown


async def test_everything_as_measured_is_kept_like_the_smoothing(root, open_app):
    make(root, EPOCHS)
    async with open_app((120, 36), group="quickstart") as seen:
        await seen.until("30/40")
        await seen.press("enter", "m", "m")
        await seen.until("smoothed 0.9")
        await seen.press("0", "escape", "enter")
        assert "smoothed" not in await seen.until("accuracy %")
    assert seen.app.view.smoothing == 0.0


async def test_jump_mode_opens_charts_and_what_is_shown_in_part(root, open_app):
    make(root, EPOCHS, log="a line\n")
    async with open_app((120, 36), group="quickstart") as seen:
        await seen.until("30/40")
        await seen.press("enter")
        await seen.until("a line")
        await seen.press("ctrl+o")
        shown = await seen.until(" a ")
        letters = {line.strip()[0] for line in shown.splitlines() if re.match(r"\s[asdfg] ", line)}
        assert {"a", "s", "d"} <= letters  # a chart each
        await seen.press("d")
        await seen.until("learning rate")
        assert seen.app.view.chart == "lr"


async def test_end_follows_the_newest_from_ahead_of_it_too(root, open_app):
    make(root, EPOCHS[:9])
    async with open_app((120, 36), group="quickstart") as seen:
        await seen.until("9/40")
        await seen.press("enter")
        await seen.until("epoch ▸ 9")
        await seen.press("right_square_bracket")
        await seen.until("epoch ▸ 21")
        await seen.press("end")
        await seen.until("epoch ▸ 9")


async def test_without_its_settings_the_cursor_moves_over_what_was_measured(root, open_app):
    path = make(root, EPOCHS)
    (path / "spec.toml").write_text("nonsense = [")
    async with open_app((120, 36), group="quickstart") as seen:
        await seen.until("✗ broken")
        await seen.press("enter")
        await seen.until("epoch ▸ 30")
        await seen.press("left")
        await seen.until("epoch ▸ 29")


async def test_a_host_that_is_hostile_reaches_no_terminal(root, open_app):
    path = make(root, EPOCHS)
    begun = path / "attempts" / "1" / "started.json"
    begun.write_text(begun.read_text().replace(host(), "evil\\u001b]0;x\\u0007", 1))
    async with open_app((120, 36), group="quickstart") as seen:
        await seen.until("30/40")
        await seen.press("enter")
        shown = await seen.until("not on this machine")
        assert "\x1b" not in shown and "evil␛" in shown
