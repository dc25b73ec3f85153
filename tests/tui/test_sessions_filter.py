"""The filter line of the sessions: tried with every letter, completed, and never a filter that nobody meant."""

from __future__ import annotations

from school_of_runs import WIDE, day, write


def listed(shown: str) -> int:
    return sum("/150" in row or "/100" in row or "in no queue" in row for row in shown.splitlines()[:-3])


async def test_it_holds_while_it_is_written_and_escape_shows_all(root, open_app):
    day(root)
    async with open_app(WIDE, group="kd") as seen:
        assert listed(await seen.until("04-aggressive")) == 9
        await seen.press("slash", *"logi")
        assert listed(await seen.until("2 of 9")) == 2
        await seen.press("enter")
        await seen.until("/ logi   2 of 9 shown, esc shows all")
        assert seen.app.focused is seen.app.screen.sessions
        await seen.press("escape")
        assert listed(await seen.until("04-aggressive")) == 9


async def test_what_cannot_be_read_leaves_the_last_good_one_and_says_why(root, open_app):
    day(root)
    async with open_app(WIDE, group="kd") as seen:
        await seen.until("04-aggressive")
        await write(seen, "gap>20pt")
        await seen.until("4 of 9")
        seen.app.screen.query_one("#query-input").value = "gap>20pt modle:x"
        shown = await seen.until("modle: unknown key; did you mean 'model'?")
        assert "shown is: gap>20pt" in shown and listed(shown) == 4
        await seen.press("enter")
        await seen.until("/ gap>20pt   4 of 9 shown")


async def test_a_key_half_written_hides_nothing(root, open_app):
    day(root)
    async with open_app(WIDE, group="kd") as seen:
        await seen.until("04-aggressive")
        await write(seen, "stat")
        shown = await seen.until("status: the state")
        assert listed(shown) == 9
        await seen.press("tab", *"fa")
        shown = await seen.until("failed 1 of 9")
        assert listed(shown) == 9
        await seen.press("tab")
        assert listed(await seen.until("1 of 9")) == 1


async def test_tab_goes_through_what_there_is(root, open_app):
    day(root)
    async with open_app(WIDE, group="kd") as seen:
        await seen.until("04-aggressive")
        await write(seen, "model:")
        shown = await seen.until("resnet56 5 of 9")
        assert "resnet110 3 of 9" in shown
        await seen.press("tab")
        assert listed(await seen.until("/ model:resnet56")) == 5
        await seen.press("tab")
        assert listed(await seen.until("/ model:resnet110")) == 3
        await seen.press("shift+tab")
        assert listed(await seen.until("/ model:resnet56")) == 5


async def test_what_is_known_is_told_to_its_end_however_narrow_the_screen(root, open_app):
    day(root)
    async with open_app((80, 24), group="kd") as seen:
        await seen.until("04")
        await write(seen, "status:done ")
        shown = await seen.until("there is no status 'done'")
        told = " ".join(line.strip() for line in shown.splitlines()[2:6])
        known = "blocked, broken, failed, finished, held, lost, out-of-memory, queued, running, silent, starting,"
        assert f"{known} stopped, stopping, unknown, waiting" in told and "all are shown" in told
        await write(seen, "s")
        shown = await seen.until("status: the state")
        assert "seed: " in shown and "9 of 9" in shown
        await seen.press("escape")
        assert " session " in (await seen.until(lambda s: "the state" not in s)).splitlines()[1]


async def test_or_is_refused_with_what_to_write(root, open_app):
    day(root)
    async with open_app((80, 24), group="kd") as seen:
        await seen.until("04")
        await write(seen, "test>=70% OR status:running")
        shown = await seen.until("OR: no word of a filter; all terms must hold; status:a,b")
        assert listed(shown) == 9


async def test_points_are_written_as_they_are_shown(root, open_app):
    day(root)
    async with open_app(WIDE, group="kd") as seen:
        await seen.until("04-aggressive")
        for text in ("clean>6.4 clean<7", "clean>6.4pt clean<7pt", "clean>6.4% clean<7%"):
            await write(seen, text, "enter")
            await seen.until("1 of 9")
            await seen.press("escape")
            await seen.until("04-aggressive")


async def test_it_changes_as_the_runs_do(root, open_app):
    runs = day(root)
    async with open_app(WIDE, group="kd") as seen:
        await seen.until("04-aggressive")
        await write(seen, "status:stopping", "enter")
        await seen.until("0 of 9")
        (runs["04"] / "control").mkdir()
        (runs["04"] / "control" / "stop").write_text("")
        shown = await seen.until("1 of 9")
        assert "04-aggressive" in shown
