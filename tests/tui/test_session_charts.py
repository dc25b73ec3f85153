"""A session's charts, its lines and panels, and the keys that move in them; the whole screen at three sizes."""

from __future__ import annotations

import math
from pathlib import Path

import msgspec
import pytest
from fabricated import append, make, planned, pupils, record
from golden import assert_becomes

from cockpit.load import Load, Meter
from cockpit.tui.widgets.chart import Chart
from engine.contract.folder import read_spec, write_spec
from engine.contract.reference import Figures
from engine.contract.stream import RunStarted, Warned, Writer

SIZES = [(80, 24), (120, 36), (200, 60)]
#: Quickstart with mixup, which is off from epoch 21 on; dropout is to come at 31.
RUN = planned(2)
SOURCES = {"run.mixup": "grid of preset quickstart"}
PHASES = ({"from_epoch": 21, "mixup": 0.0}, {"from_epoch": 31, "dropout": 0.2})


def wavy(epoch: int, **fields) -> object:
    """An epoch of a run that overfits, with a test accuracy that wavers."""
    test = 0.7 * (1 - math.exp(-epoch / 6)) + 0.02 * math.sin(epoch * 1.7)
    clean = min(0.99, test + 0.004 * epoch)
    mixing = 0.2 if epoch < 21 else 0.0
    return record(
        RUN,
        epoch,
        test_acc=test,
        train_acc_clean=clean,
        train_acc=clean - mixing,
        test_loss=1.1 + 0.01 * epoch,
        **fields,
    )


EPOCHS = [wavy(e) for e in range(1, 31)]


READ = Meter.read


@pytest.fixture(autouse=True)
def idle_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Meter, "read", lambda self: Load(1.5, 700 * 2**20, "0", 0.97, 38 * 2**30, 141 * 2**30))


def session(root: Path) -> Path:
    path = make(root, EPOCHS, run=RUN, log="".join(f"epoch {e} done\n" for e in range(20, 31)))
    spec, file = read_spec(path)
    figures = Figures(curve=((5, 0.3), (10, 0.45), (20, 0.6)), test_acc=0.66, best_test_acc=0.68, best_epoch=35)
    replace = msgspec.structs.replace
    write_spec(path, replace(spec, phases=PHASES), replace(file, reference=figures, sources=SOURCES))
    writer = Writer(path / "metrics.jsonl", 1)
    writer.append(Warned(kind="spike", message="the loss jumped to 12.5", epoch=12))
    writer.close()
    return path


@pytest.fixture
def opened(root, open_app):
    """The session, opened."""

    def at(size, make=session, **options):
        make(root)
        return open_app(size, group=RUN.group, clock=lambda: 0.0, **options)

    return at


async def enter(seen) -> str:
    await seen.until("30/40")
    await seen.press("enter")
    return await seen.until("cores")


@pytest.mark.parametrize("size", SIZES)
async def test_the_whole_screen(size, opened):
    async with opened(size) as seen:
        await enter(seen)
        await seen.until("epoch 30 done" if size[1] > 30 else "cores")
        await assert_becomes(seen, f"session-{size[0]}x{size[1]}")


async def test_the_whole_screen_in_ascii(opened, monkeypatch):
    monkeypatch.setenv("LC_ALL", "C")
    async with opened((120, 36)) as seen:
        await enter(seen)
        shown = await seen.until("epoch 30 done")
        assert shown.isascii()
        await assert_becomes(seen, "session-ascii-120x36")


@pytest.mark.parametrize("size", SIZES)
async def test_the_networks_have_lanes(size, root, open_app):
    run = pupils(root)["peers"]
    make(root, [record(run, e, node=n, test_acc=0.5 + n / 100 + e / 1000) for e in range(1, 31) for n in range(3)]
         + [record(run, e, test_acc=0.51 + e / 1000) for e in range(1, 31)], run=run)  # fmt: skip
    async with open_app(size, group="school", clock=lambda: 0.0) as seen:
        await enter(seen)
        shown = await seen.until("55.00@30")
        assert "2   54.00  ★ 54.00@30" in shown
        await assert_becomes(seen, f"session-networks-{size[0]}x{size[1]}")


@pytest.mark.parametrize(("size", "seen_at_once"), list(zip(SIZES, (2, 3, 4), strict=True)))
async def test_as_many_charts_as_there_is_room_for_and_a_key_for_the_next(size, seen_at_once, opened):
    titles = ["accuracy %", "loss", "gap, points", "learning rate"]
    async with opened(size) as seen:
        await enter(seen)
        for title in titles:
            await seen.until(title)
            charts = [chart for chart in seen.app.screen.query(Chart) if chart.display]
            assert len(charts) == seen_at_once
            assert max(charts, key=lambda chart: chart.size.height).picture.title == title
            await seen.press("t")
            await seen.pilot.pause()


async def test_the_chart_and_the_smoothing_are_kept_for_the_next_session(root, opened):
    async with opened((80, 24)) as seen:
        await enter(seen)
        await seen.press("t", "m")
        await seen.until("smoothed 0.6")
        await seen.press("escape", "enter")
        shown = await seen.until("loss · smoothed 0.6")
        assert "learning rate · smoothed" not in shown


async def test_events_are_jumped_to_and_read_out(opened):
    async with opened((120, 36)) as seen:
        await enter(seen)
        read = []
        for key in ("[", "[", "[", "]", "]", "]"):
            await seen.press(key)
            await seen.pilot.pause()
            read.append(next(line for line in (await seen.until("epoch ▸")).splitlines() if "epoch ▸" in line))
        assert "★ best" in read[0]
        assert "epoch ▸ 21" in read[1] and "mixup" in read[1]
        assert "epoch ▸ 12" in read[2] and "▲ the loss jumped to 12.5" in read[2]
        assert read[3] == read[1] and read[4] == read[0]
        # What is still to come is an event like any other, and says that nothing is there yet.
        assert "epoch ▸ 31" in read[5] and "still to come" in read[5]


async def test_at_eighty_columns_what_happened_goes_before_figures(opened):
    async with opened((80, 24)) as seen:
        await enter(seen)
        await seen.press("[", "[")
        line = next(line for line in (await seen.until("epoch ▸ 21")).splitlines() if "epoch ▸" in line)
        assert "mixup 0.2 > off" in line and "test " in line and "loss" not in line


async def test_what_is_counted_under_mixup_says_so(opened):
    async with opened((200, 60)) as seen:
        shown = await enter(seen)
        assert "○ as trained (mixup)" in shown and "(mixup off since 21)" in shown
        assert "trained (mixup)" not in shown.splitlines()[-10:]
        await seen.press("home")
        line = next(line for line in (await seen.until("epoch ▸ 1 ")).splitlines() if "epoch ▸" in line)
        assert "(mixup)" in line


async def test_zoom_is_of_all_charts_and_moves_with_the_cursor(opened):
    async with opened((200, 60)) as seen:
        await enter(seen)
        charts = list(seen.app.screen.query(Chart))
        await seen.press("left", "+", "+")
        parts = {chart.lens.x for chart in charts}
        assert len(parts) == 1 and parts != {None}
        first, last = parts.pop()
        assert first <= 29 <= last and last - first == 10
        await seen.press("home")
        assert {chart.lens.x for chart in charts} == {(1, 11)}
        await seen.press("full_stop")
        assert charts[0].lens.x[0] > 1
        await seen.press("}")
        assert charts[0].lens.y and not charts[1].lens.y
        await seen.press("0")
        assert {chart.lens.x for chart in charts} == {None} and not charts[0].lens.y


async def test_log_is_of_the_chart_in_hand_and_smoothing_of_all(opened):
    async with opened((200, 60)) as seen:
        await enter(seen)
        await seen.press("t", "l", "m")
        shown = await seen.until("loss · smoothed 0.6 · log")
        assert "accuracy % · smoothed 0.6  " in shown


async def test_all_settings_and_where_each_came_from(opened):
    async with opened((120, 36)) as seen:
        await enter(seen)
        await seen.press("e")
        shown = await seen.until("all settings at 30")
        assert "grid of preset quickstart" in shown
        assert "mixup                  off since 21" in shown and "accuracy %" not in shown
        await seen.press("pagedown")
        await seen.press("pagedown")
        await seen.until("checkpoint_epochs")
        await seen.press("escape")
        await seen.until("accuracy %")


async def test_a_run_elsewhere_is_not_measured_here(root, opened, monkeypatch):
    monkeypatch.setattr(Meter, "read", lambda self: Load(absent="not on this machine but on node7"))
    async with opened((120, 36)) as seen:
        await seen.until("30/40")
        await seen.press("enter")
        await seen.until("not on this machine but on node7")


async def test_resumed_and_resized_while_it_runs(root, opened):
    async with opened((80, 24)) as seen:
        await enter(seen)
        await seen.press("+", "m")
        for size in ((200, 60), (20, 6), (1, 1), (120, 36)):
            await seen.pilot.resize_terminal(*size)
            await seen.pilot.pause()
        path = root / RUN.group / RUN.name
        writer = Writer(path / "metrics.jsonl", 2)
        writer.append(
            RunStarted(
                epochs=40,
                steps_per_epoch=20,
                train_images=1,
                test_images=1,
                parameters=(1,),
                device="cpu",
                environment={},
                epoch=30,
            )
        )
        writer.close()
        append(path, wavy(31))
        await seen.until("epoch 31/40")
        await seen.until("↻ resumed")
        assert len({chart.lens.x for chart in seen.app.screen.query(Chart)}) == 1


async def test_missing_figures_are_a_dash(root, open_app):
    make(root, [record(RUN, e, test_loss=None, train_acc_clean=None, test_acc=None) for e in range(1, 4)], run=RUN)
    async with open_app((120, 36), group=RUN.group, clock=lambda: 0.0) as seen:
        await seen.until("3/40")
        await seen.press("enter")
        shown = await seen.until("epoch ▸ 3")
        line = next(line for line in shown.splitlines() if "epoch ▸" in line)
        assert "clean -" in line and "test -" in line and "gap -" in line


def test_a_meter_tells_of_this_very_process_and_of_no_ended_one(root):
    path = make(root, EPOCHS[:2], run=RUN)
    meter = Meter(path)
    first, second = READ(meter), READ(meter)
    assert first.cores is None and second.cores is not None and second.cores >= 0
    assert second.memory and second.memory > 2**20
    ended = make(root, EPOCHS[:2], run=planned(3), outcome="finished")
    assert READ(Meter(ended)) == Load(absent="no engine is at work")
    assert READ(Meter(root / "nothing")) == Load(absent="no engine has it")
