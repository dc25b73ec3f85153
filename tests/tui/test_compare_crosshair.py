"""The crosshair of the comparison: one epoch of all that are compared, read to the digit."""

from __future__ import annotations

import pytest
import sessions_document
from contenders import SIZES, eight, opened

from cockpit.tui.widgets.painted import Painted


@pytest.mark.parametrize("size", SIZES)
async def test_the_crosshair_reads_the_documents_values_to_the_digit(size, root, open_app):
    paths = sessions_document.make(root)
    async with open_app(size) as seen:
        shown = await opened(seen, paths)
        assert "A ● 02-stable" in shown and "B ◆ 04-aggressive" in shown and "7 settings differ" in shown
        assert "epoch 100  A best 71.20; A crosses above B at 99.6" in shown
        await seen.press("home", *["right"] * 6)
        shown = await seen.until("at epoch 40")
        assert "59.54" in shown and "63.88" in shown and "+4.34" in shown
        await seen.press("right")
        shown = await seen.until("epoch 41  B augmentation full > reduced, mixup 0.2 > 0.15")
        assert "+5.53" in shown


async def test_jumps_go_to_crossings_and_events(root, open_app):
    paths = sessions_document.make(root)
    async with open_app((120, 36)) as seen:
        await opened(seen, paths)
        await seen.press("x")
        await seen.until("epoch 10  B crosses above A at 5.8")
        await seen.press("x")
        await seen.until("epoch 100  A best")
        await seen.press("X", "right_square_bracket")
        await seen.until("epoch 21  B lr restarts at 0.15")
        await seen.press("right_square_bracket", "right_square_bracket")
        await seen.until("epoch 41  B aug")
        await seen.press("left_square_bracket")
        await seen.until("epoch 26  A lr restarts")
        await seen.press("down")
        await seen.until("epoch 30  nothing happened here")
        await seen.press("home")
        await seen.until("epoch 1  nothing")
        await seen.press("L")
        await seen.until("epoch 70  nothing")
        await seen.press("end")
        await seen.until("epoch 100  A best")


async def test_pages_move_the_crosshair_but_where_there_is_something_to_scroll(root, open_app):
    paths = eight(root)
    async with open_app((80, 24)) as seen:
        await opened(seen, paths)
        await seen.press("pageup")
        await seen.until("at epoch 20")
        await seen.press("T", "pageup", "pagedown", "pageup")
        await seen.until("epoch 10  ")
        await seen.press("d", "d", "pagedown")
        await seen.until(lambda _: seen.app.screen.query_one("#compare-settings").scroll_y > 0)
        await seen.until("epoch 10  ")
        await seen.press("d", "home")
        await seen.until("at epoch 1 ")
        await seen.press("pagedown", "end")
        await seen.until("at epoch 30")


@pytest.mark.parametrize("size", SIZES)
async def test_eight_are_ranked_and_their_glyphs_differ(size, root, open_app):
    paths = eight(root)
    async with open_app(size) as seen:
        await opened(seen, paths)
        shown = await seen.until("H□")
        ranks = [
            line.split()[0] for line in shown.splitlines() if " lr" in line and "@" in line for line in [line[-60:]]
        ]
        assert len(ranks) == 8 or size == (80, 24)
        assert all(f"{letter}{glyph}" in shown for letter, glyph in zip("ABCDEFGH", "●◆▲■○◇△□", strict=True))
        await seen.press("home")
        shown = await seen.until("at epoch 1 ")
        first = shown[shown.index("at epoch 1 ") :]
        assert first.index("A●") < first.index("H□")
        await seen.press("end")
        last = await seen.until("at epoch 30")
        last = last[last.index("at epoch 30") :]
        assert last.index("H□") < last.index("A●")


async def test_a_step_of_the_crosshair_sends_few_cells(root, open_app, monkeypatch):
    paths = eight(root)
    async with open_app((120, 36)) as seen:
        await opened(seen, paths)
        await seen.press("left", "left")
        await seen.pilot.pause(0.05)
        sent = []
        kept = Painted.refresh

        def refresh(self, *regions, **options):
            sent.extend(region.area for region in regions) if regions else sent.append(self.size.area)
            return kept(self, *regions, **options)

        monkeypatch.setattr(Painted, "refresh", refresh)
        await seen.press("left")
        await seen.pilot.pause(0.05)
        # Two charts have a cell or two a line, each row of values its figures; the screen has 4,320 cells.
        assert 0 < sum(sent) < 700
