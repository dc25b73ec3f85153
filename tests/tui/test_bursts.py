"""Keys that come in one burst: whatever lies over a screen is left once, and nothing below it is closed."""

from __future__ import annotations

import threading

import pytest
from fabricated import make, planned, record

from cockpit.launch import begin
from cockpit.tui.screens.launch import LaunchScreen
from cockpit.tui.screens.session import SessionScreen
from cockpit.tui.screens.sessions import SessionsScreen

EPOCHS = [record(planned(), e) for e in range(1, 6)]
#: The key that opens each, what is seen then, and the keys that leave it.
DIALOGS = {
    "jump": ("ctrl+o", " a ", ("a", "a")),
    "jump left": ("ctrl+o", " a ", ("escape", "escape")),
    "palette": ("ctrl+p", "Search", ("enter", "enter")),
    "note": ("n", "note on", ("ctrl+s", "ctrl+s")),
    "help": ("question_mark", "keys: session", ("escape", "question_mark", "escape")),
    "remove": ("D", "Remove 1 run", ("n", "n")),
}


@pytest.mark.parametrize("name", DIALOGS)
async def test_a_dialog_is_left_once(name, root, open_app):
    make(root, EPOCHS, outcome="stopped")
    opens, seen_then, leaves = DIALOGS[name]
    async with open_app(group="quickstart") as seen:
        await seen.until("5/40")
        await seen.press("enter")
        await seen.until("accuracy %")
        await seen.press(opens)
        await seen.until(seen_then)
        await seen.burst(*leaves)
        await seen.until(lambda _: "Screen" in type(seen.app.screen).__name__)
        kinds = [type(screen) for screen in seen.app.screen_stack]
        assert seen.app.is_running
        assert kinds[:2] == [SessionsScreen, SessionScreen] or name == "palette"


async def test_a_doubled_enter_opens_a_session_once(root, open_app):
    make(root, EPOCHS, outcome="stopped")
    async with open_app(group="quickstart") as seen:
        await seen.until("5/40")
        await seen.burst("enter", "enter")
        await seen.until("accuracy %")
        assert [type(screen) for screen in seen.app.screen_stack] == [SessionsScreen, SessionScreen]


async def test_the_launch_dialog_counts_what_its_own_group_has(root, open_app):
    for number in range(4):
        make(root, [record(planned(number), e) for e in range(1, 41)], number=number, outcome="finished")
    async with open_app((120, 36)) as seen:
        await seen.until("= 4 runs")
        await seen.press("o")
        await seen.until("nothing to launch")
        await seen.press("tab", "tab", "tab", *"fresh")
        await seen.until("enter launches 4 runs")
        assert isinstance(seen.app.screen, LaunchScreen)


async def test_a_preset_that_was_left_while_it_was_launched_takes_nobody_away(root, open_app, monkeypatch):
    make(root, EPOCHS, outcome="stopped")
    go_on = threading.Event()
    monkeypatch.setattr(begin, "begin", lambda plan, root, **asked: go_on.wait(5) and None)
    async with open_app((120, 36)) as seen:
        await seen.until("= 4 runs")
        await seen.press("enter")
        await seen.until("enter launch")
        await seen.until("3 new")
        await seen.press("enter", "2")
        await seen.until("5/40")
        await seen.press("n")
        await seen.until("note on")
        await seen.press(*"words")
        go_on.set()
        shown = await seen.until("Launched: quickstart.")
        assert "words" in shown
