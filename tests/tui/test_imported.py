"""An imported session on the screens: over, with where it came from in the place of settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from cockpit import imported
from cockpit.imported import Imported
from engine.contract.stream import Epoch, RunFinished, Writer

TOLD = Imported(
    source="/old/logs/a", epochs=3, fields={"test_acc": "acc\x1b/test"}, notes=("acc/test is in percent",)
)


@pytest.fixture
def session(root: Path) -> Path:
    path = root / "past" / "a-123456"
    imported.write(path, TOLD)
    writer = Writer(path / "metrics.jsonl", 1)
    for epoch in (1, 2, 3):
        writer.append(Epoch(epoch=epoch, test_acc=0.2 * epoch))
    writer.append(RunFinished(epoch=3))
    writer.close()
    return path


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (200, 60)])
async def test_it_is_opened_as_any_other(size, session, open_app):
    async with open_app(size, group="past") as seen:
        await seen.until("3/3")
        await seen.press("enter")
        shown = await seen.until("/old/logs/a")
        for wanted in ("past / a", "finished", "imported", "acc␛/test", "test 60.00", "no train accuracy"):
            assert wanted in shown, wanted


async def test_nothing_runs_it(session, open_app):
    async with open_app((120, 36), group="past") as seen:
        shown = await seen.until("3/3")
        await seen.until(lambda shown: "c compare" in shown and "f fork" not in shown)
        await seen.press("enter")
        await seen.until("/old/logs/a")
        shown = await seen.until("compare")
        assert "f fork" not in shown and "s stop" not in shown and "R resume" not in shown
        await seen.press("R", "s")
        await seen.pilot.pause(0.2)
        assert not (session / "queue.json").exists() and not (session / "attempts").exists()


async def test_it_is_left_out_of_a_matrix_with_a_word(session, open_app):
    async with open_app() as seen:
        await seen.press("4")
        await seen.until("no run of it has settings to place it by")
