from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from fabricated import make, planned, record, school

from cockpit import presets
from cockpit.plan import plan
from cockpit.tui.screens import presets as place
from engine.contract.finding import Finding

SIZES = [(80, 24), (120, 36), (200, 60)]
SHIPPED = Path(presets.__file__).parents[1] / "presets"


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(place, "EXAMINE_AFTER", 0.2)


@pytest.mark.parametrize("size", SIZES)
async def test_beside_a_preset_stands_what_it_would_do(size, root, open_app):
    for number in range(3):
        make(root, [record(planned(number), e) for e in range(1, 41)], number=number, outcome="finished")
    async with open_app(size) as seen:
        shown = await seen.until("2 mixup x 2 seed = 4 runs")
        assert "target     test_acc 96.00 %" in shown
        await seen.until(lambda shown: "(from 3 earlier runs)" in " ".join(shown.split()))
        if size[1] > 24:
            shown = await seen.until("nothing wrong")
            assert "crop───" in shown and "none───" in shown  # augmentation's lane
            rows = [line[48:].split() for line in shown.splitlines()]
            assert ["0", "✓", "✓"] in rows and ["0.2", "✓", "·"] in rows


async def test_the_grid_shows_each_runs_state(root, open_app, tmp_path, monkeypatch):
    shutil.copy(SHIPPED / "sweep-resnet18.toml", presets.shipped())
    async with open_app((120, 36)) as seen:
        await seen.press("down")
        shown = await seen.until("= 8 runs")
        assert "··" in shown


@pytest.mark.parametrize(
    ("finding", "told"),
    [
        (Finding("fault", "memory", "does not fit", "take less"), "✗ memory: does not fit; take less"),
        (Finding("warning", "login", "ends with you", "linger"), "▲ login: ends with you; linger"),
    ],
)
async def test_what_the_doctor_finds_is_told(finding, told, doctor, open_app):
    doctor.append(finding)
    async with open_app((120, 36)) as seen:
        await seen.until(told)


async def test_what_is_missing_is_told_with_its_remedy(open_app):
    school("cifar100")
    async with open_app((120, 36)) as seen:
        await seen.press("end")
        await seen.until("✗ no data set 'cifar100'")
        shown = await seen.until("teacher")
        assert "72.11" in shown and "★ 73.22" in shown  # what was published


async def test_words_filter_the_presets_and_escape_shows_all_again(open_app):
    school()
    async with open_app((120, 36)) as seen:
        await seen.until("school")
        await seen.press("slash", *"teacher students")
        shown = await seen.until(lambda s: "quickstart" not in s)
        assert "school" in shown and "presets with teacher students" in shown
        await seen.press("escape")
        await seen.until("quickstart")


async def test_kinds_fold_and_stay_folded_at_the_next_start(open_app):
    school()
    for _ in range(2):
        async with open_app((120, 36)) as seen:
            await seen.until("▾ distillation")
            if _ == 0:
                await seen.press("home", "left")
            shown = await seen.until("▸ sweep  1")
            assert "   quickstart" not in shown
    async with open_app((120, 36)) as seen:
        await seen.until("▸ sweep")
        await seen.press("home", "enter")
        await seen.until("▾ sweep")


async def test_a_preset_that_is_written_while_one_looks_appears(open_app, monkeypatch):
    monkeypatch.setattr(place, "LOOK_EVERY", 0.05)
    async with open_app((120, 36)) as seen:
        await seen.until("quickstart")
        path = school()
        await seen.until("school")
        path.write_text("title = 3\n")
        os.utime(path, ns=(1, 1))
        await seen.until("✗ school")
        path.unlink()
        await seen.until(lambda shown: "school" not in shown)


async def test_v_shows_its_runs(root, open_app):
    async with open_app((120, 36)) as seen:
        await seen.until("quickstart")
        await seen.press("v")
        await seen.until("It has no runs yet")
        make(root, [record(planned(), 1)])
        await seen.until("● 1")
        await seen.press("v")
        await seen.until("1/40")
        assert seen.app.current_mode == "sessions"


async def test_what_stands_beside_is_scrolled_to_its_end_and_begins_anew_with_another(open_app):
    shutil.copy(SHIPPED / "session-04-aggressive.toml", presets.shipped())
    async with open_app((80, 24)) as seen:
        await seen.until("Quickstart:")
        await seen.press("down", "down", "down")
        shown = await seen.until("J K scroll")
        assert "Session 04:" in shown and "★ 72.98 at 99" not in shown
        for _ in range(8):  # what the doctor finds may make it longer meanwhile
            await seen.press("J")
        shown = await seen.until("69.64, ★ 72.98 at 99")
        await seen.press("up", "up", "down", "down")
        await seen.until("Session 04:")
        await seen.press("enter")
        await seen.until("from epoch 41")
        await seen.press(*"JJ")
        await seen.until("from epoch 71")


async def test_runs_of_other_settings_in_its_group_are_none_of_a_presets_own(root, open_app):
    [other] = plan("quickstart", ["run.epochs=7", "run.phases=[]"], only="mixup0-seed0*").runs
    make(root, [record(planned(), e) for e in range(1, 41)], outcome="finished")
    make(root, [record(other, e) for e in range(1, 8)], run=other, outcome="finished")
    async with open_app((120, 36)) as seen:
        shown = await seen.until("1 of 4")
        assert "✓ 2" in shown
