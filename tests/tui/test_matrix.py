"""The place Matrix on the folders that the shipped presets really expand to."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from fabricated import make, record
from golden import assert_becomes

import cockpit
from cockpit import presets
from cockpit.plan import plan
from cockpit.tui.view import file_of
from engine.contract.folder import Ended, publish
from engine.contract.stream import RunFinished, Writer

SIZES = [(80, 24), (120, 36), (200, 60)]
SHIPPED = Path(cockpit.__file__).parents[1] / "presets"


@pytest.fixture(autouse=True)
def no_power_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hundreds of files are written: none needs to survive one here."""
    monkeypatch.setattr(os, "fsync", lambda handle: None)


def folders(root: Path, name: str, *, finished: int, running: int = 0, skip: int = 0) -> list[Path]:
    """A preset's folders, the first of them finished, the next at work; the others asked for, but for the last."""
    shutil.copy(SHIPPED / f"{name}.toml", presets.shipped())
    runs = plan(name, needs_data=False, root=root).runs
    paths = []
    for number, run in enumerate(runs[: len(runs) - skip]):
        done = number < finished
        at_work = done or number < finished + running
        epoch = run.spec.epochs if done else run.spec.epochs // 2
        test = 0.6 + 0.01 * run.spec.seed + 0.001 * number
        paths.append(
            make(
                root, [record(run, epoch, test_acc=test)] if at_work else [], run=run, preset=name, attempted=at_work
            )
        )
        if done:
            end(paths[-1], epoch)
    return paths


def end(path: Path, epoch: int) -> None:
    writer = Writer(path / "metrics.jsonl", 1)
    writer.append(RunFinished(epoch=epoch))
    writer.close()
    publish(path / "attempts" / "1" / "ended.json", Ended(outcome="finished", exit_code=0, time=1.0))


@pytest.mark.parametrize("size", SIZES)
async def test_a_sweep_of_2x2x2_over_any_two_axes(size, root, open_app):
    folders(root, "sweep-resnet18", finished=8)
    async with open_app(size, interval=0.2) as seen:
        await seen.press("4")
        shown = await seen.until("down: model   across: augmentation   mean over optimizer, seeds")
        await assert_becomes(seen, f"matrix-sweep-{size[0]}")
        assert "60.05" in shown and "60.65" in shown and "±" not in shown, "the means over both optimisers"
        await seen.press("x")
        await seen.until("down: model   across: optimizer   mean over augmentation, seeds")
        await seen.press("a")
        await seen.until("at augmentation = basic")
        await seen.press("a", "a", "t")
        await seen.until("down: optimizer   across: model   mean over augmentation, seeds")
        await seen.press("m")
        await seen.until("best test accuracy, % (selected on the test set)")
        await seen.press("m")
        await seen.until("clean gap, points (clean train less test)")
        await seen.press("m")
        await seen.until("gap, points (train as trained less test)")
        await seen.press("m", "m", "m")
        await seen.until("best test accuracy, % (selected on the test set)")
        await seen.press("enter")
        await seen.until("sgd · timm_resnet18: 2 runs")
        await seen.press("enter")
        await seen.until("sweep-resnet18 / timm_resnet18-")


@pytest.mark.parametrize("size", SIZES)
async def test_the_distillation_matrix_of_96_fills_live_and_opens(size, root, open_app):
    paths = folders(root, "kd-beta", finished=24, running=1, skip=3)
    async with open_app(size, interval=0.2) as seen:
        await seen.press("4")
        await seen.until("down: method   across: data")
        for wanted in ("teacher", "factor_transfer", "cifar100", "61.10 ±1.10", "differences to pure"):
            await seen.until(wanted)
        await seen.until(lambda shown: "no run yet" in shown and "◌ queued" in shown)
        await assert_becomes(seen, f"matrix-distillation-{size[0]}")
        await seen.press("right")
        await seen.until(
            lambda shown: "teacher · cifar100" in shown and "62.40 so far   n 0 of 3, running 17 %" in shown
        )
        await seen.until("~62.40")
        end(paths[24], 150)
        await seen.until("62.40   n 1 of 3")
        await seen.press("left", "enter")
        await seen.until("teacher · cifar10: 3 runs")
        await seen.press("down", "enter")
        await seen.until("kd-beta / cifar10-teacher-seed1")
        await seen.press("escape")
        await seen.until("down: method")


@pytest.mark.parametrize("size", SIZES)
async def test_mutual_learning_as_a_row_over_the_number_of_nodes(size, root, open_app):
    folders(root, "dml-resnet32", finished=5, running=1)
    async with open_app(size, interval=0.2) as seen:
        await seen.press("4")
        shown = await seen.until("across: nodes")
        # Along one axis there is no other to choose, and nothing to slice.
        keys = shown.splitlines()[-1]
        assert "m metric" in keys and not any(word in keys for word in ("x cols", "d rows", "a slice"))
        lines = {line.split()[0].strip("›"): line for line in shown.splitlines() if line.strip()}
        assert lines["nodes"].split() == ["nodes", "1", "2", "3", "4", "5", "6", "7"]
        assert "~60.50" in lines["last"] and "60.40" in lines["last"]
        assert lines["to"].split("to nodes 1" if size[0] > 80 else "to 1")[1].replace("░", "").replace("▒", "").replace("▓", "").replace("█", "").split() == [
            "+0.10", "+0.20", "+0.30", "+0.40",
        ]  # fmt: skip
        assert "73.21" in lines["publ."]
        await assert_becomes(seen, f"matrix-nodes-{size[0]}")
        await seen.press("right", "right", "right", "enter")
        await seen.until("dml-resnet32 / dml_4")


async def test_it_scrolls_both_ways_and_the_heads_stay(root, open_app):
    folders(root, "kd-beta", finished=96)
    async with open_app((50, 14), interval=0.2) as seen:
        await seen.press("4")
        shown = await seen.until(lambda shown: "method 1-" in shown and "teacher" in shown)
        assert "nst" not in shown and "tinyimagenet" not in shown
        await seen.press("end")
        shown = await seen.until("nst · tinyimagenet")
        assert "›nst" in shown and "tin" in shown and "teacher" not in shown


async def test_another_group_is_picked_from_a_list_and_kept(root, open_app):
    folders(root, "dml-resnet32", finished=7)
    folders(root, "sweep-resnet18", finished=8)
    async with open_app() as seen:
        await seen.press("4")
        await seen.until("sweep-resnet18  last test")
        await seen.press("g")
        await seen.until("Which group?")
        await seen.press("up", "enter")
        await seen.until("dml-resnet32  last test")
    async with open_app() as seen:
        await seen.until("dml-resnet32  last test")


async def test_its_axes_slice_and_shades_are_kept_between_starts_as_far_as_they_still_exist(root, open_app):
    folders(root, "sweep-resnet18", finished=8)
    async with open_app((120, 36), interval=0.2) as seen:
        await seen.press("4")
        await seen.until("down: model   across: augmentation")
        await seen.press("x", "t", "a", "s")
        left = await seen.until("shades over each column   at augmentation = basic")
        assert "down: optimizer   across: model" in left
    async with open_app((120, 36), interval=0.2) as seen:
        await seen.until("down: optimizer   across: model   shades over each column   at augmentation = basic")
    kept = file_of(root)
    kept.write_text(kept.read_text().replace('"basic"', '"gone"').replace('"optimizer"', '"gone"'))
    async with open_app((120, 36), interval=0.2) as seen:
        shown = await seen.until("across: model   shades over each column")
        assert "gone" not in shown and "mean over" in shown


async def test_it_is_copied_as_markdown(root, open_app):
    folders(root, "dml-resnet32", finished=7)
    async with open_app() as seen:
        await seen.press("4")
        await seen.until("across: nodes")
        await seen.press("y")
        await seen.until("Copied as Markdown.")
        assert "| nodes | 1 | 2 | 3 |" in seen.app.clipboard


async def test_no_figure_of_a_cell_is_cut(root, open_app):
    shutil.copy(SHIPPED / "kd-beta.toml", presets.shipped())
    for run in plan("kd-beta", needs_data=False, root=root).runs:
        records = [record(run, run.spec.epochs, test_acc=0.79 - 0.0196 * run.spec.seed)]
        end(make(root, records, run=run, preset="kd-beta"), run.spec.epochs)
    async with open_app((80, 24), interval=0.2) as seen:
        await seen.press("4")
        await seen.until("77.04 ±1.96  ▒ 77.04 ±1.96")
        await seen.press("m", "m")
        # The sign takes the room of a digit: what is shown is rounded, not cut to 1.9.
        await seen.until("+21.96 ±2.0  ▒ +21.96 ±2.0")


async def test_a_terminal_of_ascii_has_shades_in_ascii(root, open_app, monkeypatch):
    monkeypatch.setenv("LC_ALL", "C")
    folders(root, "sweep-resnet18", finished=8)
    async with open_app() as seen:
        await seen.press("4")
        shown = await seen.until("60.05")
        assert shown.isascii() and "# 60.65" in shown


async def test_a_place_without_runs_says_so(open_app):
    async with open_app() as seen:
        await seen.press("4")
        shown = await seen.until("no runs to tabulate yet")
        assert not any(word in shown for word in ("enter runs", "m metric", "y copy"))
        await seen.press("enter", "x", "m", "a", "y", "t", "s", "down")


async def test_a_cell_without_a_run_opens_nothing(root, open_app):
    folders(root, "dml-resnet32", finished=6, skip=1)
    async with open_app() as seen:
        await seen.press("4")
        await seen.until("none")
        await seen.press("end", "enter")
        await seen.until("No run stands there yet.")
