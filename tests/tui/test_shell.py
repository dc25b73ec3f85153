from __future__ import annotations

import re

import pytest
from fabricated import make, planned, record

from cockpit.config import place
from cockpit.tui import keys
from cockpit.tui.look import STYLES, THEMES
from cockpit.tui.places import PLACES
from cockpit.tui.view import file_of
from engine.contract.errors import UserError

SIZES = [(80, 24), (120, 36), (200, 60)]
EPOCHS = [record(planned(), e) for e in range(1, 6)]


@pytest.mark.parametrize("size", SIZES)
async def test_every_place_is_a_key_away_and_says_which_it_is(size, root, open_app):
    make(root, EPOCHS)
    async with open_app(size) as seen:
        for number, where in enumerate(PLACES, 1):
            await seen.press(str(number))
            await seen.until(f"{number} {where.title}")
            assert seen.app.current_mode == where.name


async def test_a_place_is_found_as_it_was_left_and_its_own_key_leads_back_to_its_first_screen(root, open_app):
    make(root, EPOCHS)
    async with open_app(group="quickstart") as seen:
        await seen.until("5/40")
        await seen.press("enter")
        await seen.until("accuracy %")
        await seen.press("1")
        await seen.until("1 Presets")
        await seen.press("2")
        await seen.until("accuracy %")
        await seen.press("2")
        await seen.until("2 Sessions")


async def test_the_place_and_the_theme_are_kept_between_starts(root, open_app):
    make(root, EPOCHS)
    async with open_app((120, 36)) as seen:
        await seen.until("quickstart")
        await seen.press("5", "ctrl+t")
        await seen.until("colour-blind")
    async with open_app((120, 36)) as seen:
        await seen.pilot.pause(0.1)
        assert seen.app.current_mode == "machine" and seen.app.look.theme == "colour-blind"
    file_of(root).write_text("{]")
    async with open_app() as seen:
        await seen.until("1 Presets")


def test_every_theme_has_every_style_and_the_colour_blind_one_sets_no_red_against_green():
    for theme in THEMES.values():
        assert all(theme.style(name) is not None for name in STYLES)
    style = THEMES["colour-blind"].style
    assert "green" not in str(style("good")) and "red" not in str(style("bad"))
    assert all(THEMES["plain"].style(name).color is None for name in STYLES)


async def test_the_palette_finds_a_session_and_a_place(root, open_app):
    make(root, EPOCHS)
    async with open_app((120, 36)) as seen:
        await seen.until("● 1")
        await seen.press("ctrl+p", *"machine")
        await seen.until("Go to Machine")
        await seen.press("enter")
        await seen.until("cockpit")
        await seen.pilot.pause(0.3)
        assert seen.app.current_mode == "machine"
        await seen.press("ctrl+p", *"mixup0-seed0")
        await seen.until("Open quickstart / mixup0-seed0")
        await seen.press("enter")
        await seen.until("accuracy %")


async def test_the_palette_finds_what_the_line_of_keys_names_and_nothing_by_scattered_letters(root, open_app):
    make(root, EPOCHS)
    async with open_app((120, 36), group="quickstart") as seen:
        await seen.until("● 1")
        for word, found in {
            "fork": "fork: Go on from one of its epochs with other settings (f)",
            "kill": "kill: Stop by force, back to the last checkpoint (K)",
            "filter": "filter: Show only some runs (/)",
            "quit": "quit: Leave; what runs goes on running (q)",
            "help": "help: The keys that work here (?)",
            "other settings": "fork: Go on from one of its epochs with other settings (f)",
        }.items():
            await seen.press("ctrl+p", *(letter.replace(" ", "space") for letter in word))
            shown = await seen.until(found)
            hits = [row for row in shown.splitlines() if re.search(r"\(\S+\)\s*$", row)]
            assert found in hits[0], hits
            await seen.press("escape")
        await seen.press("ctrl+p", *"zqk")
        await seen.until("No matches found")


async def test_jump_puts_a_letter_on_what_can_take_the_focus(root, open_app):
    make(root, EPOCHS)
    async with open_app(group="quickstart") as seen:
        await seen.until("5/40")
        await seen.press("ctrl+o")
        await seen.until(" a ")
        await seen.press("a")
        await seen.until("5/40")
        assert seen.app.focused is seen.app.screen.sessions


async def test_keys_of_the_users_own(root, open_app):
    place().parent.mkdir(parents=True)
    place().write_text('[keys]\n"app.machine" = "m"\n')
    async with open_app() as seen:
        await seen.until("quickstart")
        await seen.press("m")
        await seen.until("m Machine")


async def test_texts_name_the_keys_that_are_the_users_own(root, open_app):
    place().parent.mkdir(parents=True)
    own = {"app.presets": "f2", "sessions.mark": "m,insert", "run.compare": "C", "list.open": "o", "run.stop": "x"}
    own |= {"sessions.sort": "f3", "help.back": "f4"}
    place().write_text("[keys]\n" + "".join(f'"{id}" = "{key}"\n' for id, key in own.items()))
    async with open_app((120, 36)) as seen:
        await seen.press("2")
        shown = await seen.until("sessions: none yet")
        assert "On a preset (key f2) o, then o again, starts one." in shown and "[f2 Presets]" in shown
        await seen.press("3")
        await seen.until("with m in the sessions (2), then come back with C.")
        await seen.press("question_mark")
        await seen.until("f4 closes this")


def test_a_key_for_what_is_not_there_is_told_with_the_nearest(tmp_path):
    with pytest.raises(UserError, match=r"keys\.app\.machin.*\n.*app\.machine"):
        keys.check({"app.machin": "m"}, tmp_path / "config.toml")
    with pytest.raises(UserError, match="no key"):
        keys.check({"app.machine": " "}, tmp_path / "config.toml")


def test_every_binding_has_an_id_and_says_what_it_does():
    found = list(keys.bindings())
    assert len(found) > 20
    assert all(binding.tooltip for binding in found)


async def test_a_message_takes_the_place_of_the_one_before_and_ends_with_its_place(root, open_app):
    make(root, EPOCHS)
    async with open_app(group="quickstart") as seen:
        await seen.until("5/40")
        await seen.press("ctrl+t")
        await seen.until("colour-blind:")
        await seen.press("ctrl+t")
        shown = await seen.until(lambda shown: "colour-blind:" not in shown)
        seen.app.notify("a mistake", severity="error")
        await seen.until("a mistake")
        seen.app.notify("something else")
        shown = await seen.until("something else")
        assert "a mistake" in shown
        await seen.press("5")
        await seen.until(lambda shown: "something else" not in shown and "a mistake" not in shown)


def test_a_key_that_would_take_anothers_away_is_refused(tmp_path):
    place = tmp_path / "config.toml"
    with pytest.raises(UserError, match=r"keys\.run\.stop.*'c' is the key of run\.compare"):
        keys.check({"run.stop": "c"}, place)
    with pytest.raises(UserError, match=r"'question_mark' is the key of app\.help"):
        keys.check({"run.stop": "x,question_mark"}, place)
    keys.check({"run.stop": "x"}, place)
    keys.check({"run.stop": "c", "run.compare": "x"}, place)  # they changed places
