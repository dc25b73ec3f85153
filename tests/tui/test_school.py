"""Objectives, teachers and networks, on every screen that has to do with them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from fabricated import append, make, pupils, record, school

from cockpit import presets
from engine.contract.folder import Progress

SIZES = [(80, 24), (120, 36)]
LONG_WARNING = "the loss is not a number in three steps of the epoch, which were skipped; lower the rate"


async def open_school(seen) -> None:
    """The preset screen of the school, which is the last of the presets."""
    await seen.until("school")
    await seen.press("end", "enter")


@pytest.mark.parametrize("size", SIZES)
async def test_a_preset_shows_who_teaches_whom_and_what_was_published(size, open_app):
    school()
    async with open_app(size) as seen:
        await open_school(seen)
        shown = await seen.until("6 runs, 6 new")
        assert "6 runs · digits · resnet20, 1 to 3 x resnet8 · 40 epochs" in shown
        told = " ".join(shown.split())
        assert "teacher teaches logit, factor_transfer (each its own seed)" in told
        assert "mutual: the networks of a run teach one another" in told and "that learn alone" in told
        assert "72.11  new" in next(line for line in shown.splitlines() if "teacher-seed0 " in line)
        assert "★ 73.22  new" in next(line for line in shown.splitlines() if "logit-seed0 " in line)
        assert "published" in next(line for line in shown.splitlines() if "6 runs, 6 new" in line)
        await seen.press("down", "down")
        shown = await seen.until("objective   logit")
        assert "teacher     teacher-seed0" in shown and "weights     ce 0.1, kd 0.9" in shown
        if size[1] > 30:
            told = " ".join(shown.split())
            assert "temperature 4" in told and "★ 73.22; from a paper [bold]of␛ old[/bold]; by others" in told


@pytest.mark.parametrize("size", SIZES)
async def test_a_preset_without_its_data_is_shown_whole(size, open_app):
    school("cifar100")
    async with open_app(size) as seen:
        await open_school(seen)
        shown = await seen.until("6 runs, 6 new")
        told = " ".join(shown.split())
        assert "✗ no data set 'cifar100' in" in shown and "cockpit data prepare cifar100" in told
        assert "expanding" not in shown and "objective   supervised" in shown and "learning rate" in shown
        assert "teacher teaches logit, factor_transfer (each its own seed)" in told
        assert "72.11  new" in shown
        await seen.press("enter")
        shown = await seen.until("Not launched.")
        assert seen.app.screen.__class__.__name__ == "PresetScreen"


async def test_every_data_set_that_is_missing_is_told(open_app):
    path = school("cifar100")
    path.write_text(path.read_text().replace("[grid]", '[grid]\nrun.data = ["cifar10", "cifar100"]'))
    path.write_text(path.read_text().replace('data = "cifar100"\nmodel', "model"))
    async with open_app((80, 24)) as seen:
        await open_school(seen)
        shown = await seen.until("12 runs, 12 new")
        assert "data set 'cifar10'" in shown and "data set 'cifar100'" in shown


async def test_a_preset_that_cannot_be_expanded_says_so(open_app):
    path = school()
    path.write_text(path.read_text().replace('method = "teacher"', 'method = "headmaster"'))
    async with open_app((80, 24)) as seen:
        await open_school(seen)
        shown = await seen.until(lambda s: "no runs: it cannot be expanded" in s and "expanding" not in s)
        assert "headmaster" in shown
        await seen.press("enter")
        await seen.until("Not launched.")


@pytest.mark.parametrize("size", SIZES)
async def test_cautions_are_seen_above_a_long_description(size, open_app):
    school(sentences=30)
    async with open_app(size) as seen:
        await open_school(seen)
        shown = await seen.until("6 runs, 6 new")
        assert "▲ run.nodes = 2 and objective supervised" in shown
        assert "say it twice" in shown and "…" in shown
        assert "peers-seed0" in shown


@pytest.mark.parametrize("size", SIZES)
async def test_a_student_shows_its_objective_and_its_teacher(size, root, open_app):
    run = pupils(root)["logit"]
    make(root, [record(run, e) for e in range(1, 31)], run=run, teacher=run.spec.teacher, teacher_test_acc=0.8642)
    async with open_app(size, group="school") as seen:
        await seen.until("30/40")
        await seen.press("enter")
        shown = await seen.until("objective  logit")
        for wanted in (
            "teacher     teacher-seed0",
            "its test    86.42",
            "weights     ce 0.1, kd 0.9",
            "temperature 4",
            "published   ★ 73.22",
        ):
            assert wanted in shown, wanted
        assert ("╌ teacher" in shown) == (size[0] > 100)


@pytest.mark.parametrize("size", SIZES)
async def test_a_run_of_several_networks_says_so_and_shows_each(size, root, open_app):
    run = pupils(root)["peers"]
    records = []
    for epoch in range(1, 31):
        records += [record(run, epoch, node=n, test_acc=0.5 + n / 100 + epoch / 1000) for n in range(3)]
        records += [record(run, epoch, extra={"ensemble_acc": 0.6 + epoch / 1000, "agreement": 0.4})]
    path = make(root, records, run=run)
    async with open_app(size, group="school") as seen:
        await seen.until("30/40")
        await seen.press("enter")
        shown = await seen.until("objective  mutual")
        assert "mean of 3 networks" in shown.splitlines()[0]
        for wanted in (
            "networks    3 x resnet8",
            "ensemble    63.00",
            "agreement   40.00",
            "53.00  ★ 53.00@30",
            "55.00  ★ 55.00@30",
        ):
            assert wanted in shown, wanted
        assert ("· each network" in shown) == (size[0] > 100)
        await seen.press("left")
        shown = await seen.until("ensemble    62.90")
        assert "52.90  ★ 53.00@30" in shown
        append(path, record(run, 31, extra={"ensemble_acc": 0.75, "agreement": 0.5}))
        await seen.press("end")
        await seen.until("ensemble    75.00")


@pytest.mark.parametrize("size", SIZES)
async def test_what_comes_before_the_first_epoch_is_told(size, root, open_app):
    run = pupils(root)["factor_transfer"]
    make(root, run=run, progress=Progress(epoch=2, step=3, steps=20, seconds=1.0, stage="paraphraser"))
    async with open_app(size, group="school") as seen:
        shown = await seen.until("paraphraser epoch 3")
        assert "0/40" not in shown
        await seen.press("enter")
        shown = await seen.until("objective  factor_transfer")
        assert "paraphraser epoch 3" in shown.splitlines()[0] and "epoch 0" not in shown
        assert "paraphraser 30 epochs before" in shown


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("outcome", "reason"), [(None, "waiting for teacher-seed0"), ("failed", "blocked by teacher-seed0: failed")]
)
async def test_a_student_tells_whom_it_waits_for(size, outcome, reason, root, open_app):
    runs = pupils(root)
    make(root, run=runs["teacher"], outcome=outcome)
    make(root, run=runs["logit"], attempted=False)
    async with open_app(size, group="school") as seen:
        await seen.until("logit ")
        await seen.press("home")
        while getattr(seen.app.screen.sessions.selected, "label", "") != "logit-seed0":
            await seen.press("down")
        shown = await seen.until(lambda s: f"logit-seed0: {reason}" in s or f"logit-seed0  {reason}" in s)
        row = next(line for line in shown.splitlines() if "logit  " in line)
        assert reason.partition(" ")[2] in row
        await seen.press("enter")
        shown = await seen.until("objective  logit")
        assert reason in shown.splitlines()[0]


@pytest.mark.parametrize("size", SIZES)
async def test_of_long_names_that_is_shown_by_which_they_differ(size, root, open_app):
    long = "a-network-of-many-parts-lr0.05-wd0.0005-seed"
    for seed in (1, 2):
        make(root, [record(pupils(root)["pure"], 1)], name=f"{long}{seed}-abcdef", group="long")
    async with open_app(size, group="long") as seen:
        shown = await seen.until("1/40")
        rows = [line for line in shown.splitlines() if "1/40" in line]
        assert all(f"seed{n}" in row for n, row in enumerate(rows, 1)) and len(rows) == 2


async def test_a_name_of_thirty_cells_is_whole_at_80(root, open_app):
    name = "dml_2-digits-resnet8-epochs200"
    make(root, [record(pupils(root)["pure"], 1)], name=f"{name}-abcdef", group="long")
    async with open_app((80, 24), group="long") as seen:
        shown = await seen.until("1/40")
        assert name in shown and "best" in shown


#: Whether a group's heading is in sight.
BELOW = {group: lambda shown, group=group: f"▾ {group} · digits" in shown for group in "abc"}


@pytest.mark.parametrize("size", SIZES)
async def test_a_group_is_opened_with_its_runs_in_sight(size, root, open_app):
    for group in ("a", "b", "c"):
        for number in range(30):
            make(root, name=f"run{number}-abcdef", group=group, attempted=False)
    async with open_app(size, group="b") as seen:
        shown = await seen.until("run0")
        await seen.pilot.pause(0.2)
        lines = shown.splitlines()
        shown = await seen.until(lambda s: BELOW["b"](s))
        lines = shown.splitlines()
        top = next(i for i, line in enumerate(lines) if BELOW["b"](line))
        assert not BELOW["a"](shown) and not BELOW["c"](shown)
        assert "run0" in lines[top + 1] and "run7" in lines[top + 8]
        # It stays so while runs come and go above, and gives way once the cursor is moved.
        make(root, name="more-abcdef", group="a", attempted=False)
        await seen.until("◌ 91")
        shown = await seen.until(lambda s: not BELOW["a"](s))
        assert BELOW["b"](shown)
        await seen.press("home")
        await seen.until(lambda s: BELOW["a"](s))


@pytest.mark.parametrize("who", ["logit", "peers"])
async def test_warnings_are_read_at_80_by_24(who, root, open_app):
    run = pupils(root)[who]
    records = [record(run, e, node=n) for e in range(1, 31) for n in (0, 1, 2) if run.spec.nodes > 1]
    records += [record(run, e, extra={"ensemble_acc": 0.9, "agreement": 0.8}) for e in range(1, 31)]
    make(root, records, run=run, warnings=["one", "two", LONG_WARNING])
    async with open_app((80, 24), group="school") as seen:
        await seen.until("30/40")
        await seen.press("enter")
        shown = await seen.until("objective")
        lines = shown.splitlines()
        at = next(i for i, line in enumerate(lines) if "warnings" in line)
        assert "▲ epoch 1: the loss is" in lines[at + 1]


async def test_all_of_it_in_ascii(root, open_app, monkeypatch):
    monkeypatch.setenv("LC_ALL", "C")
    run = pupils(root)["peers"]
    records = [record(run, e, node=n) for e in range(1, 4) for n in (0, 1, 2, None)]
    make(root, records, run=run, teacher_test_acc=0.8)
    async with open_app((120, 36)) as seen:
        await open_school(seen)
        shown = await seen.until("6 runs, 5 new")
        assert shown.isascii() and "@ 73.22" in shown
        await seen.press("escape", "2")
        await seen.until("peers-seed0")
        await seen.press("enter")
        shown = await seen.until("objective  mutual")
        assert shown.isascii() and "- teacher" in shown and ". each network" in shown


async def test_an_epoch_repaints_no_panel_that_says_the_same(root, open_app, monkeypatch):
    run = pupils(root)["logit"]
    path = make(root, [record(run, e) for e in range(1, 31)], run=run, teacher_test_acc=0.8)
    async with open_app((120, 36), group="school") as seen:
        await seen.until("30/40")
        await seen.press("enter")
        await seen.until("objective  logit")
        refreshed = []
        panel = seen.app.screen.query_one("#objective")
        monkeypatch.setattr(panel, "refresh", lambda *args, **kwargs: refreshed.append(args))
        append(path, record(run, 31))
        await seen.until("epoch ▸ 31")
        assert refreshed == []


async def test_a_shipped_preset_of_each_kind_opens_without_data(tmp_path, monkeypatch, open_app):
    folder = tmp_path / "all"
    folder.mkdir()
    for name in ("dml-mixed", "experts", "kd-alpha", "session-06"):
        shutil.copy(Path(presets.__file__).parents[1] / "presets" / f"{name}.toml", folder)
    monkeypatch.setattr(presets, "shipped", lambda: folder)
    async with open_app((80, 24)) as seen:
        await seen.until("session-06")
        for _ in presets.shelves():
            await seen.press("enter")
            await seen.until(" new")
            await seen.press("escape", "down")
            if seen.app.screen.query_one("#presets").selected is None:  # a kind
                await seen.press("down")
