"""Runs folders that change under the app: it stays up, and says what it sees."""

from __future__ import annotations

import shutil

import pytest
from fabricated import Seen, append, make, planned, record

from cockpit.listing import as_record, reasons
from cockpit.runs import RunsFolder
from cockpit.tui.app import CockpitApp
from cockpit.tui.widgets.reading import warning_lines
from engine.contract.stream import RunFinished, Writer

EPOCHS = [record(planned(), e) for e in range(1, 6)]


@pytest.fixture
def runs(root):
    return [make(root, EPOCHS, name=f"{name}-aaaaa{n}", number=n) for n, name in enumerate(("first", "second"))]


async def test_two_cockpits_on_one_folder_show_the_same_and_act_for_both(root, runs, open_app):
    async with open_app((120, 30), group="quickstart") as one:
        other = CockpitApp(root, interval=0.02, group="quickstart")
        async with other.run_test(size=(80, 24), notifications=True) as pilot:
            two = Seen(other, pilot)
            for seen in (one, two):
                await seen.until(lambda shown: shown.count("5/40") == 2)
            append(runs[0], record(planned(), 6))
            for seen in (one, two):
                await seen.until("6/40")
            await one.press("s")
            await two.until("stopping" if other.size.width > 100 else "◑")


async def test_a_folder_removed_under_the_table_takes_its_row_along(root, runs, open_app):
    async with open_app((120, 30), group="quickstart") as seen:
        await seen.until(lambda shown: "first" in shown and "second" in shown)
        await seen.press("space")
        shutil.rmtree(runs[0])
        await seen.until(lambda shown: "first" not in shown and "second" in shown)
        assert seen.app.marks == ()
        await seen.press("enter")
        await seen.until("epoch 5/40")
        shutil.rmtree(root)
        await seen.until("folder is gone")
        await seen.press("escape")
        await seen.until("no runs: there is no such folder")


def test_a_rewritten_stream_is_told_of_beside_its_unreadable_lines(root, runs):
    folder = RunsFolder(root)
    assert warning_lines(folder.poll()[0]) == []
    stream = runs[0] / "metrics.jsonl"
    good = stream.read_bytes()
    stream.write_bytes(good[: len(good) // 2] + b"{\n")
    told = ["".join(text for text, _ in line) for line in warning_lines(folder.poll()[0])]
    assert told == [
        " ▲ 1 line of the metric stream cannot be read",
        " ▲ the metric stream was rewritten 1 time while this looked",
    ]


@pytest.mark.parametrize("mess", ["folder", "gone", "binary", "long", "shorter"])
async def test_a_stream_spoiled_under_the_session_is_told_of_and_mends(mess, root, runs, open_app):
    stream = runs[0] / "metrics.jsonl"
    good = stream.read_bytes()
    async with open_app((120, 36), group="quickstart") as seen:
        await seen.until(lambda shown: shown.count("5/40") == 2)
        await seen.press("enter")
        await seen.until("epoch 5/40")
        if mess in ("folder", "gone"):
            stream.unlink()
            if mess == "folder":
                stream.mkdir()
            await seen.until("metrics.jsonl: is ")
            if mess == "folder":
                stream.rmdir()
        elif mess == "shorter":
            stream.write_bytes(good[: len(good) // 2])
            await seen.until(lambda shown: "epoch 5/40" not in shown and "/40" in shown)
        else:
            stream.write_bytes(good + (b"\x00\xff\x1b[2J\n" * 3 if mess == "binary" else b"x" * (5 << 20) + b"\n"))
            await seen.until("3 lines of the metric stream" if mess == "binary" else "1 line of the metric stream")
        stream.write_bytes(good)
        shown = await seen.until("epoch 5/40")
        append(runs[0], record(planned(), 6))
        shown = await seen.until("epoch 6/40")
        assert "cannot be read" not in shown and "metrics.jsonl" not in shown


def _finished(root):
    path = make(root, [record(planned(), e) for e in range(1, 41)], outcome="finished", number=2)
    writer = Writer(path / "metrics.jsonl", 1)
    writer.append(RunFinished(epoch=40))
    writer.close()
    return path


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_a_hole_in_a_finished_runs_stream_shows_in_every_list(size, root, open_app):
    path = _finished(root)
    lines = (path / "metrics.jsonl").read_bytes().splitlines(keepends=True)
    (path / "metrics.jsonl").write_bytes(b"".join([*lines[:10], b"\x07\xffnoise\n", *lines[20:]]))
    (run,) = RunsFolder(root).poll()
    told = "1 line of the metric stream cannot be read; epochs 10-19 are missing"
    assert as_record(run)["warnings"] == [told]
    assert [line.plain for line in reasons([run])] == [f"quickstart/{path.name}: damaged: {told}"]
    async with open_app(size, group="quickstart") as seen:
        shown = await seen.until("epochs 10-19 are missing" if size[0] > 80 else "1 line of the metric stream")
        assert ("✓ finished▲" if size[0] > 80 else "✓▲") in shown


async def test_an_emptied_stream_is_broken_wherever_the_run_is_shown(root, open_app):
    (_finished(root) / "metrics.jsonl").write_bytes(b"")
    async with open_app((120, 36), group="quickstart") as seen:
        await seen.until("broken")
        await seen.press("enter")
        shown = await seen.until("finished, ✗ broken")
        assert "the run has finished, and this does not say so" in shown
        assert "settings cannot be read" not in shown and "waiting for the first" not in shown
