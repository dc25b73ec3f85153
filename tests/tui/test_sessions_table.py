"""The sessions table: what it shows at any size, its order, its groups, and what it keeps."""

from __future__ import annotations

import os
import time
from datetime import datetime
from itertools import count
from types import SimpleNamespace

import msgspec
import pytest
from fabricated import append, make, planned, record
from golden import assert_becomes
from school_of_runs import day, epoch_of, one, write

from cockpit.status import SILENCE_SECONDS
from cockpit.tui.widgets import cells
from cockpit.tui.widgets.sparkline import sparkline
from engine.contract import stream
from engine.contract.folder import read_spec
from engine.contract.spec import Fork
from engine.contract.stream import Warned, Writer

SIZES = [(80, 24), (120, 36), (200, 60)]


def names(shown: str, *wanted: str) -> list[str]:
    """Which of these stand in the table, from top to bottom."""
    rows = shown.splitlines()
    found = [(i, name) for name in wanted for i, row in enumerate(rows[:-4]) if f" {name} " in row]
    return [name for _, name in sorted(found)]


@pytest.fixture
def noon(monkeypatch: pytest.MonkeyPatch) -> float:
    """The moment at which whatever writes a stream does so, of a day that is always the same."""
    moment, later = datetime(2025, 11, 27, 12, 45).timestamp(), count()
    monkeypatch.setattr(stream, "clock", SimpleNamespace(time=lambda: moment + next(later) / 1000))
    return moment


@pytest.mark.parametrize("size", SIZES)
async def test_by_group_and_over_seeds(size, noon, root, open_app):
    day(root)
    async with open_app(size, group="kd", clock=lambda: noon) as seen:
        await seen.until("04-aggressive")
        await assert_becomes(seen, f"sessions-{size[0]}x{size[1]}")
        await seen.press("g")
        await seen.until("3 seeds")
        await assert_becomes(seen, f"sessions-over-seeds-{size[0]}x{size[1]}")


async def test_in_ascii_alone(root, open_app, monkeypatch):
    monkeypatch.setenv("LC_ALL", "C")
    monkeypatch.setenv("NO_COLOR", "1")
    day(root)
    async with open_app((120, 36), group="kd") as seen:
        shown = await seen.until("04-aggressive")
        assert shown.isascii()
        await assert_becomes(seen, "sessions-ascii-120x36")
        await seen.press("g", "end", "D")
        assert (await seen.until(" yes ")).isascii()


@pytest.mark.parametrize("width", [30, 45, 60, 72, 100, 140, 170, 260])
async def test_no_row_is_wider_than_the_screen_and_every_run_has_one_line(width, root, open_app):
    day(root)
    async with open_app((width, 30), group="kd") as seen:
        shown = await seen.until("kd · cifar100" if width > 30 else "kd ")
        rows = [line for line in shown.splitlines() if "/150" in line or "/100" in line]
        assert all(len(line) <= width for line in shown.splitlines())
        assert len(rows) == (8 if width > 60 else len(rows))


async def test_what_is_wrong_comes_first_and_the_strip_says_it_in_words(root, open_app):
    day(root)
    async with open_app((120, 36), group="kd") as seen:
        shown = await seen.until("04-aggressive")
        assert names(shown, "rkd", "logit", "fitnets", "teacher", "04-aggressive", "02-stable") == [
            "rkd", "logit", "logit", "fitnets", "teacher", "teacher", "teacher", "04-aggressive", "02-stable",
        ]  # fmt: skip
        strip = shown.splitlines()[-3:-1]
        assert "▲▲▲ late/04-aggressive  clean gap 25.0 points" in strip[0]
        assert "✗   kd/rkd-seed0  test accuracy at chance since 29" in strip[1]


async def test_sorted_by_a_column_turned_round_and_in_the_end_as_at_first(root, open_app):
    day(root)
    async with open_app((120, 36), group="kd") as seen:
        await seen.until("04-aggressive")
        await seen.press("o")
        shown = await seen.until("session ▾")
        wanted = ("fitnets", "logit", "rkd", "teacher")
        assert list(dict.fromkeys(names(shown, *wanted))) == list(wanted)
        await seen.press("O")
        shown = await seen.until("session ▴")
        assert list(dict.fromkeys(names(shown, *wanted))) == list(reversed(wanted))
        for heading in ("state▾", "epoch▾", "▾test"):
            await seen.press("o")
            shown = await seen.until(heading)
        assert names(shown, *wanted) == ["teacher", "teacher", "teacher", "logit", "logit", "rkd", "fitnets"]
        for _ in range(12):
            await seen.press("o")
            if not seen.app.screen.sessions.order.sort:
                break
        shown = await seen.until(lambda s: "▾test" not in s and "left" in s)
        assert names(shown, "rkd", "logit")[0] == "rkd"


async def test_groups_and_settings_close_and_open(root, open_app):
    day(root)
    async with open_app((120, 36), group="kd") as seen:
        await seen.until("04-aggressive")
        await seen.press("left", "left")
        shown = await seen.until("▸ kd")
        assert names(shown, "logit", "04-aggressive") == ["04-aggressive"]
        await seen.press("right")
        await seen.until(lambda s: names(s, "logit"))
        await seen.press("g")
        await seen.until("2 seeds")
        while "logit" not in seen.app.screen.sessions.item.title:
            await seen.press("down")
        await seen.press("enter")
        shown = await seen.until(lambda s: s.count(" logit ") == 3)
        assert "84/150" in next(line for line in shown.splitlines() if "2 seeds" in line)  # the epoch both have
        await seen.press("g")
        shown = await seen.until("kd/rkd")
        assert "late/02-stable" in shown and "▾" not in shown


async def test_how_it_was_left_is_kept(root, open_app):
    day(root)
    async with open_app((120, 36), group="late") as seen:
        await seen.until("04-aggressive")
        await seen.press("g", "g", "o", "O")
        await write(seen, "-group:kd", "enter")
        await seen.until("2 of 9")
        await seen.press("end")
        here = seen.app.screen.sessions.cursor
        await seen.press("1")
    async with open_app((120, 36)) as seen:
        await seen.press("2")
        shown = await seen.until("2 of 9")
        assert names(shown, "04-aggressive", "02-stable") == ["04-aggressive", "02-stable"]
        assert seen.app.screen.sessions.cursor == here
        assert seen.app.screen.sessions.order.grouping == "none"


async def test_only_what_changed_is_made_anew(root, open_app, monkeypatch):
    runs = day(root)
    made = []
    line = cells.line
    monkeypatch.setattr(cells, "line", lambda item, *rest, **more: made.append(item.key) or line(item, *rest, **more))
    async with open_app((120, 36), group="kd") as seen:
        await seen.until("04-aggressive")
        await seen.pilot.pause(0.1)
        made.clear()
        await seen.press("down", "down", "up", "end", "home")
        await seen.pilot.pause(0.1)
        assert made == []
        append(runs["logit0"], epoch_of(89, 150, 0.62, 0.11))
        await seen.until("89/150")
        assert set(made) == {runs["logit0"], ("group", "kd")}


async def test_one_epoch_sends_few_cells(root, open_app, monkeypatch):
    runs = day(root)
    async with open_app((120, 30), group="kd") as seen:
        await seen.until("04-aggressive")
        await seen.pilot.pause(0.2)
        cells_sent = []
        table = type(seen.app.screen.sessions)
        refresh = table.refresh
        monkeypatch.setattr(
            table, "refresh", lambda self, *r, **k: cells_sent.extend(a.width for a in r) or refresh(self, *r, **k)
        )
        append(runs["logit0"], epoch_of(89, 150, 0.62, 0.11))
        await seen.until("89/150")
        assert 0 < sum(cells_sent) < 120


async def test_a_long_list_begins_at_its_first_run_and_is_walked_over(root, open_app):
    for number in range(60):
        make(root, [record(planned(), 1)], name=f"many-lr{number}-abcdef", group=f"g{number % 3}")
    async with open_app((80, 24)) as seen:
        await seen.press("2")
        await seen.until("1-")
        await seen.press("end")
        shown = await seen.until("of 63")
        assert "lr59" in shown
        await seen.press("home")
        await seen.until("1-")


def test_a_sparkline_grows_with_the_epochs_and_changes_no_cell_behind():
    values = [0.1 * i for i in range(1, 11)]
    assert sparkline([], 10, 5) == "     "
    assert sparkline([0.5], 0, 5) == "     "
    half = sparkline([*values[:4], 1.0], 10, 5)
    assert len(half) == 5 and half[3:] == "  " and half[2] == "█"
    longer = sparkline([*values[:4], 1.0, 0.9], 10, 5)
    assert longer[:2] == half[:2] and longer[3:] == "  "
    assert sparkline([0.1, float("nan"), None, 0.9], 4, 4) == "▁  █"
    # Noise is not drawn as learning, nor as the best there is.
    assert set(sparkline([0.70, 0.701], 2, 2)) <= set("▄▅")


@pytest.mark.parametrize(("width", "wanted"), [(80, ["clean"]), (120, ["gap", "clean"])])
async def test_the_clean_gap_is_called_so_alone_or_beside_the_gap(width, wanted, root, open_app):
    day(root)
    async with open_app((width, 36), group="kd") as seen:
        await seen.until("04")
        shown = await seen.until("left")
        headings = next(line for line in shown.splitlines() if " session " in line).split()
        assert [word for word in headings if word in ("gap", "clean")] == wanted
        row = next(line for line in shown.splitlines() if "02-stable" in line).split()
        assert ("+9.0" in row) == ("gap" in wanted) and "+12.0" in row


async def test_where_only_the_gap_as_trained_is_known_its_column_stays(root, open_app):
    epochs = [msgspec.structs.replace(epoch_of(1, 150, 0.6, 0.2), train_acc_clean=None)]
    for seed in (0, 1):
        make(root, epochs, name=f"a-rather-long-name-{seed}-seed0-abcde{seed}", outcome="stopped", reason="by you")
    async with open_app((80, 24), group="quickstart") as seen:
        shown = await seen.until("1/40")
        headings = next(line for line in shown.splitlines() if " session " in line).split()
        assert "gap" in headings and "clean" not in headings and "+17.0" in shown


async def test_a_run_of_which_nothing_came_keeps_a_mark_when_it_has_finished(root, open_app):
    runs = day(root)
    writer = Writer(runs["02"] / "metrics.jsonl", 1)
    writer.append(Warned(kind="not finite", message="train loss is nan since epoch 1: it has diverged", epoch=1))
    writer.append(Warned(kind="under best", message="it ended far under its best", epoch=100))
    writer.close()
    writer = Writer(runs["kd/teacher-seed0"] / "metrics.jsonl", 1)
    writer.append(Warned(kind="under best", message="it ended far under its best", epoch=150))
    writer.close()
    async with open_app((120, 36), group="late") as seen:
        shown = await seen.until("02-stable")
        row = next(line for line in shown.splitlines() if "02-stable" in line)
        assert "✓ finished▲" in row and shown.count("finished▲") == 2  # as many as were warned
        seen.app.screen.sessions.point_at(runs["02"])
        await seen.until("02-stable  epoch 1: train loss is nan since epoch 1: it has diverged")


async def test_what_is_wrong_with_a_damaged_run_stands_in_its_row_and_it_counts_as_broken(root, open_app):
    runs = day(root)
    for name in ("02", "kd/teacher-seed0"):
        stream_file = runs[name] / "metrics.jsonl"
        stream_file.write_text("".join(stream_file.read_text().splitlines(keepends=True)[:-1]))
    (runs["kd/teacher-seed1"] / "spec.toml").write_text("[run]\nmodle = 'x'\n")
    async with open_app((120, 36), group="kd") as seen:
        shown = await seen.until(lambda s: s.count("✗ broken") == 3)
        rows = [line for line in shown.splitlines() if "✗ broken" in line]
        assert sum("metrics.jsonl: damaged: the run has finished, and this does not say so" in r for r in rows) == 2
        assert sum("spec.toml: " in row for row in rows) == 1
        assert "✓ 1 finished ✗ 1 failed ✗ 3 broken" in shown.splitlines()[0]
        group = next(line for line in shown.splitlines() if "▾ kd" in line)
        assert "✓ 1 ✗ 3" in group
    async with open_app((80, 24), group="kd") as seen:
        shown = await seen.until(lambda s: s.count("✗ broken") == 3)
        assert "metrics.jsonl: damaged" in shown and "✓ 1 ✗ 4" in shown.splitlines()[0]


async def test_when_runs_began_and_how_long_they_took_is_shown_where_it_is_wide(noon, root, open_app):
    day(root)
    async with open_app((200, 60), group="kd", clock=lambda: noon + 86400) as seen:
        shown = await seen.until("04-aggressive")
        row = next(line for line in shown.splitlines() if "02-stable" in line)
        assert "started" in shown and "took" in shown and " 27 Nov " in row and " 15:50 " in row
        await write(seen, "took>20m", "enter")
        await seen.until("3 of 9 shown")
    async with open_app((200, 60), clock=lambda: noon) as seen:
        await seen.press("2")
        shown = await seen.until("3 of 9 shown")
        assert shown.count(" 12:45 ") == 3
        while seen.app.screen.sessions.order.sort != "took":
            await seen.press("o")
        await seen.until("▾took")


async def test_a_fork_is_called_as_its_parent(root, open_app):
    parent = make(root, [record(planned(), e) for e in range(1, 9)], name="mixup0-seed0-aaaaaa", outcome="finished")
    spec, file = read_spec(parent)
    began = Fork(group="quickstart", name=parent.name, identity="", setting="", epoch=5)
    run = msgspec.structs.replace(planned(), spec=spec, inputs=msgspec.structs.replace(file.inputs, fork=began))
    make(root, [record(planned(), e) for e in range(1, 7)], name="mixup0-seed0-fork5-bbbbbb", run=run)
    async with open_app((80, 24), group="quickstart") as seen:
        await seen.until("mixup0 fork@5")


async def test_an_engine_that_does_nothing_is_told_of_in_its_row_and_below(root, open_app):
    run = one(root, "kd/frozen-seed0", 5, 0.5)
    past = time.time() - SILENCE_SECONDS - 10
    os.utime(run / "attempts" / "1" / "started.json", (past, past))
    one(root, "kd/lively-seed0", 5, 0.5)
    async with open_app((120, 36), group="kd") as seen:
        shown = await seen.until("gives no sign since")
        frozen, lively = (next(r for r in shown.splitlines() if name in r) for name in ("  frozen", "  lively"))
        assert "running" in frozen and "running" in lively
        strip = shown.splitlines()[-3:-1]
        assert any("kd/frozen" in row and "its process is stopped, or hangs" in row for row in strip)


async def test_what_the_masthead_counts_as_warned_is_seen_in_its_row(root, open_app):
    one(root, "kd/student-seed0", 150, 0.5, outcome="finished", warnings=["ends above its teacher"])
    one(root, "kd/other-seed0", 150, 0.5, outcome="finished")
    async with open_app((120, 36), group="kd") as seen:
        shown = await seen.until("▲ 1 warned")
        student, other = (next(r for r in shown.splitlines() if name in r) for name in ("  student", "  other"))
        assert "finished▲" in student and "▲" not in other
