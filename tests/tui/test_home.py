from __future__ import annotations

import shutil

import pytest
from fabricated import append, flat, make, planned, record

from cockpit import presets
from engine.contract.cleaning import clean

SIZES = [(80, 24), (120, 36)]
EPOCHS = [record(planned(), e) for e in range(1, 6)]


@pytest.mark.parametrize("size", SIZES)
async def test_presets_and_sessions_are_a_key_apart(size, root, open_app):
    make(root, EPOCHS)
    async with open_app(size) as seen:
        shown = await seen.until("● 1")
        assert "quickstart" in shown
        await seen.press("2")
        shown = await seen.until("5/40")
        assert ("● 1 running" if size[0] > 100 else "● 1") in shown
        row = next(line for line in shown.splitlines() if "5/40" in line)
        assert (
            "mixup0  " in row and "seed 0" in row and "65.64" in row and "▲▲" in row and "+5.0" in row and "●" in row
        )


async def test_folder_that_does_not_exist_yet(open_app):
    async with open_app() as seen:
        shown = await seen.until("no runs: there is no such folder")
        await seen.press("2")
        shown = await seen.until("sessions: none yet")
        assert "sessions: none yet" in shown


async def test_a_new_epoch_a_new_run_and_a_deleted_one_appear(root, open_app):
    path = make(root, EPOCHS)
    async with open_app(group="quickstart") as seen:
        await seen.until("5/40")
        append(path, record(planned(), 6))
        await seen.until("6/40")
        make(root, name="another-abcdef", outcome="failed", reason="at chance")
        await seen.until("another")
        assert seen.app.screen.sessions.cursor == path  # the cursor stays on its run
        shutil.rmtree(path)
        await seen.until(lambda shown: "6/40" not in shown)
        await seen.until("another  at chance")


async def test_nothing_is_sent_when_nothing_changed(root, open_app, monkeypatch):
    make(root, EPOCHS)
    async with open_app(group="quickstart") as seen:
        await seen.until("5/40")
        await seen.pilot.pause(0.2)
        painted = []
        monkeypatch.setattr(type(seen.app), "_display", lambda *args: painted.append(args))
        await seen.pilot.pause(0.2)
        assert painted == []


async def test_hostile_names_and_reasons_are_only_text(root, open_app):
    make(root, name="[@click=app.wipe('runs')]x[-]-abcdef", outcome="failed", reason="[/] \x1b]52;c;aGk=\x07 [bold]b")
    make(root, name="es\x1bc\x9b-abcdef")
    async with open_app((120, 36), group="quickstart") as seen:
        shown = await seen.until("[@click=app.wipe('runs')]x[-]")
        assert "\x1b" not in shown and "\x9b" not in shown
        assert clean("es\x1bc") in shown
        assert "[/] ␛]52;c;aGk=␇ [bold]b" in shown
        await seen.press("enter")
        await seen.until("failed without an epoch")


async def test_broken_spec_is_a_row_with_its_problem(root, open_app):
    path = root / "quickstart" / "bad-123456"
    path.mkdir(parents=True)
    (path / "spec.toml").write_text("run = 3\n")
    async with open_app((120, 36), group="quickstart") as seen:
        shown = await seen.until("bad  spec.toml: run: expected")
        assert "bad  spec.toml: run: expected" in shown
        await seen.press("enter")
        await seen.until("its settings cannot be read")


async def test_a_broken_preset_hides_no_other(tmp_path, monkeypatch, open_app):
    folder = tmp_path / "presets"
    shutil.copytree(presets.shipped(), folder)
    (folder / "aaa.toml").write_text("title = 3\n")
    monkeypatch.setattr(presets, "shipped", lambda: folder)
    async with open_app() as seen:
        shown = await seen.until("cannot be read")
        assert "quickstart" in shown
        await seen.press("end")
        # A path that is longer than its line is broken somewhere.
        await seen.until(lambda shown: "aaa.toml:title:expectedstr" in "".join(shown.split()))
        await seen.press("enter")
        await seen.until("aaa  cannot be read")
        await seen.press("enter")
        await seen.until("Not launched.")


async def test_own_presets_stand_beside_the_shipped_and_one_of_a_shipped_name_is_told(open_app):
    presets.own().mkdir()
    for name in ("mine", "quickstart"):
        shutil.copyfile(presets.shipped() / "quickstart.toml", presets.own() / f"{name}.toml")
    async with open_app((80, 40)) as seen:
        shown = await seen.until("mine")
        assert shown.count("quickstart") == 2
        await seen.press("end")
        await seen.until(lambda shown: "a shipped preset is named 'quickstart' already" in flat(shown))
        await seen.press("enter", "enter")
        await seen.until("Not launched.")


async def test_help_is_made_from_the_bindings(open_app):
    async with open_app() as seen:
        await seen.until("quickstart")
        await seen.press("question_mark")
        shown = await seen.until("keys: presets")
        assert "in the presets" in shown and "Open the line of the cursor" in shown
        assert "everywhere" in shown and "Every run, live" in shown
        await seen.press("escape")
        await seen.until("no runs: there is no such folder")


async def test_polling_that_fails_is_shown_and_goes_on(root, open_app, monkeypatch):
    make(root, EPOCHS)
    from cockpit import runs

    poll, broken = runs.RunsFolder.poll, [True]

    def sometimes(self, *patience):
        if broken[0]:
            raise RuntimeError("disk on \x1b fire")
        return poll(self, *patience)

    monkeypatch.setattr(runs.RunsFolder, "poll", sometimes)
    async with open_app(group="quickstart") as seen:
        await seen.until("he runs cannot be read: RuntimeError: disk on ␛ fire")
        broken[0] = False
        await seen.until("5/40")


@pytest.mark.parametrize("size", [(40, 12), (60, 20), (100, 30), (200, 50)])
async def test_rows_fit_any_width(size, root, open_app):
    make(root, EPOCHS)
    async with open_app(size, group="quickstart") as seen:
        shown = await seen.until("5/40")
        assert all(len(line) <= size[0] for line in shown.splitlines())
        await seen.press("enter")
        await seen.until("accuracy %")


async def test_ascii_and_no_colour(root, open_app, monkeypatch):
    monkeypatch.setenv("LC_ALL", "C")
    monkeypatch.setenv("NO_COLOR", "1")
    make(root, EPOCHS)
    async with open_app((120, 36), group="quickstart") as seen:
        shown = await seen.until("* running")
        assert shown.isascii()
        await seen.press("enter")
        shown = await seen.until("* test")
        assert shown.isascii()
