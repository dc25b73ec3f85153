"""What the lines on which settings are typed suggest: the same on both, whatever white space parts the words."""

from __future__ import annotations

import pytest
from textual.widgets import Input

from cockpit.presets import shelves
from cockpit.tui.screens.launch import LaunchScreen
from cockpit.tui.widgets.changes import ChangesLine


@pytest.mark.parametrize("line", ["mixu", "lr=0.05 mixu", "lr=0.05\tmixu"])
async def test_the_last_word_is_completed_and_the_others_stay(open_app, line):
    async with open_app((120, 36)) as seen:
        await seen.app.push_screen(LaunchScreen(shelves()[0]))
        for field in (seen.app.screen.query_one("#settings", Input), ChangesLine()):
            assert await field.suggester.get_suggestion(line) == f"{line}p="
            assert await field.suggester.get_suggestion(f"{line}p=0.2 ") is None
