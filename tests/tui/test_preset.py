from __future__ import annotations

import sys

import pytest
from fabricated import make

from cockpit.launch import begin, supervisor
from engine.contract.errors import UserError

SIZES = [(80, 24), (120, 36)]


@pytest.mark.parametrize("size", SIZES)
async def test_enter_shows_what_a_preset_would_run(size, root, open_app):
    make(root, outcome="finished")
    async with open_app(size) as seen:
        await seen.until("quickstart")
        await seen.press("enter")
        await seen.until("✓ finished")
        shown = await seen.until("from epoch 21")
        assert "4 runs, 3 new" in shown and "4 runs · digits · resnet8 · 40 epochs" in shown
        assert "✓ finished" in next(line for line in shown.splitlines() if "mixup0-seed0" in line)
        assert "learning rate" in shown and "from epoch 21: augmentation" in shown
        await seen.press("escape")
        await seen.until("1 preset")


async def test_launch_starts_the_real_thing_and_goes_to_its_group(root, open_app, monkeypatch):
    started = []

    class Process(supervisor.Begun):  # what the launch starts ends at once and badly, and says why
        def __init__(self, arguments, **options):
            started.append(arguments)
            told = "import sys; print('out of \\x1b luck'); sys.exit(4)"
            super().__init__([sys.executable, "-c", told], **options)

    monkeypatch.setattr(supervisor, "Begun", Process)
    async with open_app() as seen:
        await seen.until("quickstart")
        await seen.press("enter")
        await seen.until("mixup0.2-seed1")
        await seen.press("enter")
        shown = await seen.until("▾ quickstart")
        assert "◌ 4" in shown and "mixup0.2" in shown
        await seen.until("the queue's process ended with code 4")
        shown = await seen.until("out of ␛ luck")
        assert seen.app.current_mode == "sessions"
        assert seen.app.screen.sessions.selected.group == "quickstart"
    assert "cockpit.launch.supervisor" in started[0]


async def test_an_error_of_launching_is_told(open_app, monkeypatch):
    def refuse(*args: object) -> None:
        raise UserError("runs", "", "cannot be written", "mend [/] its permissions")

    monkeypatch.setattr(begin, "begin", refuse)
    async with open_app() as seen:
        await seen.until("quickstart")
        await seen.press("enter")
        await seen.until("mixup0.2-seed1")
        await seen.press("enter")
        await seen.until("mend [/] its permissions")


async def test_a_plan_that_is_refused_cannot_be_launched(open_app, monkeypatch):
    from cockpit.tui.screens import preset

    def refuse(*_: object, **__: object) -> None:
        raise UserError("quickstart.toml", "run.data", "no data set 'x'", "bring it")

    monkeypatch.setattr(preset, "plan", refuse)
    async with open_app() as seen:
        await seen.until("quickstart")
        await seen.press("enter")
        await seen.until("quickstart.toml: run.data: no data set 'x'")
        await seen.press("enter")
        await seen.until("Not launched.")
