from __future__ import annotations

import pytest
from fabricated import flat

from cockpit.config import place
from cockpit.launch import begin
from engine.contract.errors import UserError

SIZES = [(80, 24), (120, 36), (200, 60)]


@pytest.fixture
def launched(monkeypatch):
    """What would have been launched: its runs, and what was asked of them."""
    asked = []

    def record(plan, root, **options):
        asked.append((plan, options))

    monkeypatch.setattr(begin, "begin", record)
    return asked


async def opened(seen) -> None:
    await seen.until("= 4 runs")
    await seen.press("o")
    await seen.until("enter launches 4 runs")


@pytest.mark.parametrize("size", SIZES)
async def test_settings_seeds_and_numbers_are_launched_as_they_were_typed(size, open_app, launched):
    async with open_app(size) as seen:
        await opened(seen)
        await seen.press(*"epochs=3 lr=0.05", "tab", *"0,7,9")
        shown = await seen.until("enter launches 6 runs")
        assert "3 epochs, seed 7" in shown
        await seen.press("tab", *"*-seed7", "tab", *"mine", "tab", "tab", "backspace", "2")
        await seen.until("enter launches 2 runs")
        await seen.press("enter")
        await seen.until("2 Sessions")
        plan, asked = launched[0]
    assert [(r.group, r.spec.seed, r.spec.epochs, r.spec.lr) for r in plan.runs] == [("mine", 7, 3, 0.05)] * 2
    assert asked == {"retries": 2, "per_gpu": 1, "priority": 0, "backend": "local"}


async def test_a_mistake_is_told_while_it_is_typed_and_nothing_is_launched(open_app, launched):
    async with open_app((120, 36)) as seen:
        await opened(seen)
        await seen.press(*"epohcs=3")
        shown = flat(await seen.until("cannot be launched"))
        assert "run.epohcs: unknown key" in shown and "did you mean 'epochs'?" in shown
        await seen.press("enter")
        await seen.until("Not launched.")
        await seen.press("escape")
        await seen.until("= 4 runs")
    assert launched == []


async def test_names_and_values_are_completed(open_app):
    async with open_app((120, 36)) as seen:
        await opened(seen)
        await seen.press(*"mome")
        await seen.until("tab takes  momentum=")
        await seen.press("right", *"0.8 optimizer=a")
        await seen.until("optimizer=adam")


async def test_a_scheduler_is_shown_what_it_would_be_given(open_app, launched):
    place().parent.mkdir(parents=True)
    place().write_text('[backend.slurm]\npartition = "gpu"\n')
    async with open_app((120, 36)) as seen:
        await opened(seen)
        await seen.press(*["tab"] * 4, *["backspace"] * 5, *"slurm")
        await seen.until("sbatch")
        await seen.until("--partition=gpu")
        await seen.press(*["backspace"] * 5, *"slrum")
        await seen.until("did you mean 'slurm'?")


async def test_what_the_environment_asks_for_holds_here_too(open_app, monkeypatch):
    monkeypatch.setenv("COCKPIT_SET", "run.epochs=5")
    async with open_app((120, 36)) as seen:
        await opened(seen)
        shown = await seen.until("5 epochs, seed 0")
        await seen.press(*"epochs=6")
        await seen.until("6 epochs, seed 0")
        assert shown


async def test_a_folder_that_cannot_be_written_is_told(open_app, monkeypatch):
    def refuse(*_: object, **__: object) -> None:
        raise UserError("runs", "", "cannot be written", "mend its permissions")

    monkeypatch.setattr(begin, "begin", refuse)
    async with open_app((120, 36)) as seen:
        await opened(seen)
        await seen.press("enter")
        await seen.until("mend its permissions")


async def test_tab_takes_what_is_suggested_and_else_goes_on_and_commas_part_settings(open_app, launched):
    async with open_app((120, 36)) as seen:
        await opened(seen)
        await seen.press(*"epo", "tab", *"3, lr=0.05", "tab", *"0,7")
        await seen.until("seeds      0,7")
        await seen.until("enter launches 4 runs")
        await seen.press("enter")
        await seen.until("2 Sessions")
    assert [(r.spec.epochs, r.spec.lr) for r in launched[0][0].runs] == [(3, 0.05)] * 4


async def test_a_name_that_is_being_typed_is_no_mistake_yet(open_app, launched):
    async with open_app((120, 36)) as seen:
        await opened(seen)
        await seen.press(*"epo")
        shown = await seen.until("go on typing")
        assert "cannot be launched" not in shown and "--set" not in shown
        await seen.press("enter")
        await seen.until("Not launched.")
    assert launched == []


async def test_an_empty_number_is_its_default(open_app, launched):
    async with open_app((120, 36)) as seen:
        await opened(seen)
        for field in ("retries", "per_gpu", "priority"):
            seen.app.screen.query_one(f"#{field}").value = ""
        await seen.until("enter launches 4 runs")
        await seen.press("enter")
        await seen.until("2 Sessions")
    assert launched[0][1] == {"retries": 0, "per_gpu": 1, "priority": 0, "backend": "local"}


async def test_a_gpu_that_is_not_there_is_told_before_anything_is_launched(open_app, launched, monkeypatch):
    monkeypatch.setattr("cockpit.launch.slots.visible_gpus", list)
    async with open_app((120, 36)) as seen:
        await opened(seen)
        await seen.press(*"device=cuda")
        shown = await seen.until("cannot be launched")
        assert "no GPU is seen on this machine" in shown and "run.device = 'auto' or 'cpu'" in shown
    assert launched == []
