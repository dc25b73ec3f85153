from __future__ import annotations

import shutil

import pytest
from fabricated import make, planned, record

from cockpit.launch import begin
from cockpit.runs import find
from cockpit.tui.screens import fork as screens
from cockpit.tui.screens.fork import ForkScreen
from cockpit.tui.widgets.changes import parted
from cockpit.tui.widgets.forking import epochs
from engine.contract.checkpoints import CheckpointManifest
from engine.contract.folder import read_spec

SIZES = [(80, 24), (120, 36), (200, 60)]


@pytest.fixture
def run(root, leave):
    """Quickstart's first run with six of its forty epochs, and checkpoints of three."""
    path = make(root, [record(planned(), e) for e in range(1, 7)])
    (path / "metrics.jsonl").unlink()
    leave(path, epochs=6, kept=(3, 5, 6), best=3)
    return path


@pytest.fixture(autouse=True)
def nobody_supervises(monkeypatch):
    monkeypatch.setattr(begin, "ensure", lambda root: None)


async def fork(seen, epoch=None):
    await seen.until("6/40")
    seen.app.push_screen(ForkScreen(seen.app.snapshots[0], epoch))
    await seen.until("at epoch")
    await seen.until("becomes")


@pytest.mark.parametrize("size", SIZES)
async def test_it_shows_where_what_and_the_rate_before_and_after_at_every_size(size, run, open_app):
    async with open_app(size, group="quickstart") as seen:
        await fork(seen)
        shown = await seen.until("nothing is changed: it repeats its parent")
        assert f"quickstart / {run.name.rpartition('-')[0]}" in shown
        assert "3  5 [6]  test 50.00 %, the newest" in shown
        assert "learning rate of its parent" in shown and "learning rate of the fork" in shown
        assert "goes on after epoch 6 (test 50.00 %), with 34 epochs to train, 7 to 40" in shown
        assert "↑ ↓ epoch" in shown and "enter launch" in shown and "esc back" in shown


async def test_it_is_offered_at_the_checkpoint_nearest_before_the_cursor_and_moves_over_the_others(run, open_app):
    async with open_app(group="quickstart") as seen:
        await fork(seen, 4)
        await seen.until("[3] 5  6")
        await seen.press("down")
        await seen.until("after epoch 5")
        await seen.press("down", "down", "up", "up", "up")
        await seen.until("after epoch 3")


async def test_changes_are_checked_as_they_are_typed_and_half_a_word_is_no_mistake(run, open_app):
    async with open_app((120, 36), group="quickstart") as seen:
        await fork(seen)
        await seen.press(*"lr=0.02 mix")
        shown = await seen.until("from epoch 7: lr 0.1 > 0.02")
        assert "now 0; mixup is the alpha of mixup's Beta" in shown and "✗" not in shown
        await seen.press("tab", *"high")
        await seen.until("✗ run.mixup: expected float, found the text 'high'")
        await seen.press("enter")
        await seen.until("Not launched. run.mixup")
        assert find(run.parents[1]) == [run]


async def test_the_disk_is_asked_once_typing_pauses_and_not_once_a_letter(run, open_app, monkeypatch):
    async with open_app((120, 36), group="quickstart") as seen:
        await fork(seen)
        asked = []
        monkeypatch.setattr(screens, "PAUSE_SECONDS", 1.0)
        monkeypatch.setattr(ForkScreen, "_check", lambda screen: asked.append(screen._asked()))
        await seen.press(*"lr=0.0234")
        await seen.until(lambda _: (6, ("run.lr=0.0234",)) in asked)
        assert len(asked) == 1


async def test_tab_completes_a_setting_and_then_its_value(run, open_app):
    async with open_app(group="quickstart") as seen:
        await fork(seen)
        await seen.press(*"lr_s", "tab", *"cons", "tab")
        await seen.until("from epoch 7: lr_schedule cosine > constant")


async def test_enter_makes_and_asks_for_the_fork_and_shows_it_among_the_sessions(run, root, open_app):
    async with open_app((120, 36), group="quickstart") as seen:
        await fork(seen, 5)
        await seen.press(*"lr=0.02 epochs=20", "enter")
        await seen.until("5/20")
        made = next(path for path in find(root) if path != run)
        spec, file = read_spec(made)
        assert file.inputs.fork and file.inputs.fork.epoch == 5
        assert (spec.epochs, spec.phases[0]) == (20, {"from_epoch": 6, "lr": 0.02})
        assert (made / "queue.json").exists()
        assert seen.app.screen.in_hand.path == made
        await seen.until("mixup0 fork@5 lr0.02")


async def test_escape_makes_none_and_letters_that_are_keys_elsewhere_are_typed(run, root, open_app):
    async with open_app(group="quickstart") as seen:
        await fork(seen)
        await seen.press(*"q2?")
        await seen.until("no setting begins with q2?")
        await seen.press("escape")
        await seen.until("6/40")
        assert find(root) == [run]


async def test_a_run_without_a_checkpoint_says_so(run, open_app):
    shutil.rmtree(run / "checkpoints")
    async with open_app(group="quickstart") as seen:
        await seen.until("6/40")
        seen.app.push_screen(ForkScreen(seen.app.snapshots[0]))
        await seen.until("no checkpoint to fork at")
        await seen.press("enter")
        await seen.until("Not launched.")


async def test_what_only_the_disk_can_tell_is_told_before_enter(run, open_app):
    (run / "checkpoints" / "epoch-0006.pt").write_bytes(b"statf 6")
    async with open_app(group="quickstart") as seen:
        await seen.until("6/40")
        seen.app.push_screen(ForkScreen(seen.app.snapshots[0]))
        await seen.until("its checkpoint of epoch 6 is damaged")


async def test_it_can_be_read_where_only_letters_can_be_shown(run, open_app, monkeypatch):
    monkeypatch.setenv("LC_ALL", "C")
    async with open_app(group="quickstart") as seen:
        await fork(seen)
        shown = await seen.until("^ v epoch")
        assert shown.isascii() and "####" in shown


def test_changes_are_parted_but_not_within_brackets_and_a_name_without_a_value_is_told_apart():
    assert parted("lr=0.1  phases=[{from_epoch = 9, mixup = 0}] mix") == (
        ["run.lr=0.1", "run.phases=[{from_epoch = 9, mixup = 0}]"], "mix",
    )  # fmt: skip
    assert parted("lr") == ([], "lr") and parted("lr=0.1 ") == (["run.lr=0.1"], "")


def test_of_many_epochs_those_round_the_chosen_one_are_shown():
    found = [CheckpointManifest(file="", sha256="", size=0, epoch=e, step=0, environment={}) for e in range(100, 200)]
    line = "".join(text for text, _ in epochs(found, found[50], 80))
    assert len(line) <= 80 and "… " in line and " …" in line
    assert " 149 [150] 151 " in line
    assert "[199]" in "".join(text for text, _ in epochs(found, found[-1], 80))
