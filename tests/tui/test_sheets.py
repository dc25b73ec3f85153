"""What a preset would do, as several threads find it out."""

from __future__ import annotations

import shutil
import threading
from collections import Counter
from pathlib import Path

from fabricated import make, planned, record

from cockpit import presets
from cockpit.insight.sketch import rates
from cockpit.presets import Shelf, shelves
from cockpit.runs import RunsFolder
from cockpit.tui import sheets
from cockpit.tui.look import Look
from cockpit.tui.screens import presets as place
from cockpit.tui.widgets import presetlines
from engine.contract.finding import Finding

SHIPPED = Path(presets.__file__).parents[1] / "presets"
FAULT = Finding("fault", "memory", "does not fit", "take less")


def quickstart() -> Shelf:
    return next(shelf for shelf in shelves() if shelf.name == "quickstart")


def finished(root, number):
    make(root, [record(planned(number), e) for e in range(1, 41)], number=number, outcome="finished")


def test_its_costs_are_told_with_it_and_anew_once_another_run_has_finished(root):
    finished(root, 0)
    kept, before = sheets.Sheets(root), RunsFolder(root).poll()
    sheet = kept.expanded(quickstart(), before)
    assert (sheet.costs.sources, kept.outdated(sheet, before)) == (1, False)
    finished(root, 1)
    now = RunsFolder(root).poll()
    assert kept.outdated(sheet, now)
    kept.price(sheet, now)
    assert not kept.outdated(sheet, now)
    assert (known := kept.known(quickstart())) and known.costs.sources == 2


def test_what_the_doctor_finds_while_costs_are_told_is_kept_and_they_are_too(root, doctor, monkeypatch):
    finished(root, 0)
    doctor.append(FAULT)
    kept, runs = sheets.Sheets(root), RunsFolder(root).poll()
    sheet = kept.expanded(quickstart(), ())
    tell = sheets.estimate

    def meanwhile(*asked):
        looking = threading.Thread(target=kept.examine, args=(sheet,))
        looking.start()
        looking.join()
        return tell(*asked)

    monkeypatch.setattr(sheets, "estimate", meanwhile)
    kept.price(sheet, runs)
    known = kept.known(quickstart())
    assert known and known.doctor == (FAULT,) and known.costs.sources == 1


def test_a_doctor_that_fails_is_a_fault_beside_what_it_found_before(root, monkeypatch):
    def fails(plan, root):
        yield FAULT
        raise KeyError("no such thing")

    monkeypatch.setattr(sheets, "findings", fails)
    kept = sheets.Sheets(root)
    kept.examine(kept.expanded(quickstart(), ()))
    known = kept.known(quickstart())
    assert known and known.doctor and known.doctor[0] == FAULT
    assert (known.doctor[1].level, known.doctor[1].words) == ("fault", "could not look: 'no such thing'")


async def test_on_the_screen_a_doctor_that_fails_says_so(open_app, monkeypatch):
    def fails(plan, root):
        raise RuntimeError("the engine is gone")

    monkeypatch.setattr(place, "EXAMINE_AFTER", 0.1)
    monkeypatch.setattr(sheets, "findings", fails)
    async with open_app((120, 36)) as seen:
        await seen.until("✗ doctor: could not look: the engine is gone")


def test_whatever_fails_while_it_is_expanded_is_said_in_the_sheet(root, monkeypatch):
    def fails(specs):
        raise RuntimeError("no machine")

    monkeypatch.setattr(sheets, "at_once", fails)
    kept = sheets.Sheets(root)
    assert kept.expanded(quickstart(), ()).error == "no machine"
    assert kept.wrong() == {presets.shipped() / "quickstart.toml"}


async def test_no_costs_are_told_on_the_screens_thread(root, open_app, monkeypatch):
    screens, told_on, tell = threading.current_thread(), [], sheets.estimate

    def noted(*asked):
        told_on.append(threading.current_thread())
        return tell(*asked)

    monkeypatch.setattr(sheets, "estimate", noted)
    finished(root, 0)
    async with open_app((120, 36)) as seen:
        await seen.until("(from 1 earlier run)")
        finished(root, 1)
        await seen.until("(from 2 earlier")
    assert told_on and screens not in told_on


def test_a_sheets_schedule_is_drawn_once_of_all_runs_that_have_it_and_anew_at_another_width(root, monkeypatch):
    shutil.copy(SHIPPED / "kd-beta.toml", presets.shipped())
    kept = sheets.Sheets(root)
    [shelf] = [shelf for shelf in shelves() if shelf.name == "kd-beta"]
    sheet = kept.expanded(shelf, ())
    each = Counter(tuple(rates(run.spec, 80 - presetlines.TEXT - 1)) for run in sheet.runs)
    asked = []
    monkeypatch.setattr(
        presetlines, "rates", lambda spec, *room, **how: asked.append(spec) or rates(spec, *room, **how)
    )
    look = Look(unicode=True)
    first = presetlines.lines(sheet, (), 80, 40, look)
    schedules = len(asked)
    assert len(each) <= schedules < len(sheet.runs) / 10
    for text in each.most_common(1)[0][0]:
        assert any(text in "".join(part for part, _ in line) for line in first)
    kept.examine(sheet)
    again = kept.known(shelf)
    assert again and presetlines.lines(again, (), 80, 40, look)[-5:] == first[-5:]
    assert len(asked) == schedules
    presetlines.lines(again, (), 60, 40, look)
    assert len(asked) == 2 * schedules
