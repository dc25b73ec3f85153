"""How the app was left, when the file of it was written by another version or by hand."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import msgspec
import pytest
from fabricated import make, planned, record

from cockpit.tui import view
from cockpit.tui.view import CompareView, Keeper, MatrixView, SessionsView, View, file_of, load, save
from cockpit.tui.widgets.columns import SORTED_BY

EPOCHS = [record(planned(), e) for e in range(1, 6)]


@pytest.mark.parametrize("sort", ["", "name", *SORTED_BY])
def test_what_a_person_can_choose_is_kept(sort, root):
    left = View(
        place="sessions",
        marks=("g/a-123456", "published/g/b-123456", "g/..c"),
        sessions=SessionsView(sort=sort, turned=True, cursor="g/a-123456"),
        compare=CompareView(baseline="g/a-123456"),
    )
    save(root, left)
    assert load(root) == left


@pytest.mark.parametrize("run", ["/etc/passwd", "../other/run", "g/../../run", "", ".", "g", "g/\0"])
def test_what_is_no_run_of_the_folder_is_dropped_and_the_rest_kept(run, root):
    save(
        root,
        View(
            theme="plain",
            marks=(run, "g/a", "g/a"),
            sessions=SessionsView(sort="luck", filter="x", cursor=run),
            compare=CompareView(measure="best", baseline=run),
        ),
    )
    assert load(root) == View(
        theme="plain", marks=("g/a",), sessions=SessionsView(filter="x"), compare=CompareView(measure="best")
    )


def test_without_a_home_nothing_is_kept_and_nothing_fails(root, monkeypatch):
    def home():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setattr(view.Path, "home", home)
    save(root, View(place="machine"))
    assert load(root) == View()


@pytest.mark.parametrize(
    "text", [b"{]", b"\xff", b'{"place": "\xff"}', b"[" * 100_000, b"{}", b'{"marks": 1}', b"null"]
)
def test_a_file_that_is_no_view_is_a_fresh_start(text, root):
    save(root, View(place="machine"))
    file_of(root).write_bytes(text)
    assert load(root) == View()


def test_a_name_that_is_no_utf8_is_not_kept(root):
    save(root, View(marks=("g/a\udcff",)))
    assert load(root) == View()


@pytest.mark.parametrize("place", ["presets", "sessions", "compare", "matrix", "machine", "nowhere"])
async def test_every_place_opens_on_a_view_of_unknown_words(place, root, open_app):
    one: Path = make(root, EPOCHS, name="one-aaaaaa")
    two = make(root, EPOCHS, name="two-bbbbbb", number=1)
    left = View(
        place=place,
        theme="none",
        marks=(view.named(root, one), "/etc", "../up/run", view.named(root, two)),
        sessions=SessionsView(
            filter="sort:( [", sort="luck", turned=True, closed=("/",), opened=("..",), cursor="/etc"
        ),
        matrix=MatrixView(
            group="quickstart", metric="luck", across="luck", down="luck", fixed={"luck": "1", "mixup": "9"}
        ),
        compare=CompareView(measure="luck", part="luck", baseline="/etc"),
        preset="/etc",
        folded_kinds=("luck",),
        chart="luck",
        smoothing=-7e300,
    )
    file_of(root).parent.mkdir(parents=True, exist_ok=True)
    file_of(root).write_bytes(msgspec.json.encode(left))
    async with open_app((120, 36)) as seen:
        await seen.until("[1 Presets]" if place == "nowhere" else place.capitalize())
        await seen.until("● 2")
        assert seen.app.marks == (one, two)
        # What was changed is kept by name, which must find each run below the folder.
        await seen.press("ctrl+t", "2", "enter")
        await seen.press("escape", "3", "b", "4", "m", "5")
    assert load(root).place == "machine" and load(root).marks == ("quickstart/one-aaaaaa", "quickstart/two-bbbbbb")


def test_of_many_changes_the_last_is_saved_once_and_away_from_the_thread_that_made_them(root, monkeypatch):
    monkeypatch.setattr(view, "SAVE_SECONDS", 0.05)
    saved, done = [], threading.Event()

    def slow(root, left):
        saved.append((left.chart, threading.current_thread() is threading.main_thread()))
        time.sleep(0.02)
        done.set()

    monkeypatch.setattr(view, "save", slow)
    keeper = Keeper(root)
    for number in range(50):
        keeper.keep(View(chart=str(number)))
    assert saved == [] and done.wait(5)
    assert saved == [("49", False)]
    keeper.save()
    assert len(saved) == 1  # there was nothing left
    keeper.keep(View(chart="last"))
    keeper.save()
    assert saved[1:] == [("last", True)]
    time.sleep(0.1)
    assert len(saved) == 2


def test_a_change_during_a_save_is_saved_after_it(root, monkeypatch):
    monkeypatch.setattr(view, "SAVE_SECONDS", 0.01)
    begun, go_on, saved = threading.Event(), threading.Event(), []

    def slow(root, left):
        begun.set()
        go_on.wait(5)
        saved.append(left.chart)

    monkeypatch.setattr(view, "save", slow)
    keeper = Keeper(root)
    keeper.keep(View(chart="older"))
    assert begun.wait(5)
    keeper.keep(View(chart="newer"))
    go_on.set()
    keeper.save()
    assert saved == ["older", "newer"]


async def test_what_was_changed_just_before_the_end_is_kept_and_no_key_waits_for_the_disk(
    root, open_app, monkeypatch
):
    monkeypatch.setattr(view, "SAVE_SECONDS", 60.0)
    make(root, EPOCHS)
    async with open_app((120, 36)) as seen:
        await seen.until("● 1")
        await seen.press("2", "ctrl+t", "5")
        assert not file_of(root).exists()
        await seen.press("q")
    assert load(root).place == "machine" and load(root).theme == "colour-blind"
