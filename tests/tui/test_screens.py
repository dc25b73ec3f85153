"""Screens as they are seen, kept as text: those that no other test keeps. The machine and the clock are the test's."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fabricated import make, planned, record
from golden import assert_becomes
from msgspec.structs import replace

from cockpit import machine
from cockpit.launch import backends, begin
from cockpit.load import Load
from cockpit.machine import Disk, Gauges, Gpu, Machine, Process, Scheduler
from cockpit.request import Request, write
from cockpit.runs import RunsFolder
from cockpit.tui import sheets
from cockpit.tui.screens import presets as place
from cockpit.tui.screens.fork import ForkScreen
from cockpit.tui.screens.replay import ReplayScreen
from engine.contract.process import host

SIZES = [(80, 24), (120, 36), (200, 60)]
#: When it is, in every one of these tests: just after the last epoch there is.
NOW = 1e9 + 700.0
EPOCHS = [record(planned(), e, seconds=60.0, time=1e9 + 60 * e) for e in range(1, 12)]
LOG = "".join(f"epoch {n}: a line of the log\n" for n in range(1, 60))


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(place, "EXAMINE_AFTER", 0.05)
    monkeypatch.setattr(begin, "ensure", lambda root: None)
    for told in (sheets, backends):  # by this machine's cores
        monkeypatch.setattr(told, "at_once", lambda *_: 2)


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A time of day is shown as it is where one sits."""
    with monkeypatch.context() as there:
        there.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Named as one would: a screen that names it shows the same wherever the test runs."""
    monkeypatch.chdir(tmp_path)
    return Path("runs")


@pytest.fixture
def keep(open_app):
    """Open the app at a size, go to a screen by keys, each followed by what it leads to, and keep what is seen."""

    async def kept(name: str, size: tuple[int, int], *ways: str, **options: object) -> None:
        async with open_app(size, clock=lambda: NOW, **options) as seen:
            await seen.until("cockpit")
            for way in ways:
                keys, _, wanted = way.partition(": ")
                await seen.press(*keys.split())
                await seen.until(wanted)
            await assert_becomes(seen, f"{name}-{size[0]}x{size[1]}")

    return kept


@pytest.mark.parametrize("size", SIZES)
async def test_presets(size, root, keep, monkeypatch):
    for number in range(2):
        run = [record(planned(number), e) for e in range(1, 41)]
        make(root, run, number=number, outcome="finished")
    wanted = "= 4 runs" if size[1] == 24 else "nothing wrong"
    await keep("presets", size, f": {wanted}")


@pytest.mark.parametrize("size", SIZES)
async def test_a_preset(size, root, keep):
    make(root, outcome="finished")
    await keep("preset", size, ": ✓ 1", "enter: from epoch 21", ": esc back")


@pytest.mark.parametrize("size", SIZES)
async def test_the_launch_dialog(size, keep):
    await keep("launch", size, ": = 4 runs", "o: enter launches 4 runs", "l r = 0 . 0 5: lr0.05")


@pytest.mark.parametrize("size", SIZES)
async def test_a_fork(size, root, leave, open_app):
    path = make(root, EPOCHS[:6])
    (path / "metrics.jsonl").unlink()
    leave(path, epochs=6, kept=(3, 5, 6), best=3)
    async with open_app(size, group="quickstart") as seen:
        await seen.until("6/40")
        seen.app.push_screen(ForkScreen(seen.app.snapshots[0], None))
        await seen.until("[6]")
        await seen.press(*"lr=0.02")
        await seen.until("becomes")
        await assert_becomes(seen, f"fork-{size[0]}x{size[1]}")


@pytest.fixture
def at_work(root: Path) -> Path:
    return make(root, EPOCHS, log=LOG)


@pytest.mark.parametrize("size", SIZES)
async def test_the_machine(size, root, at_work, keep, monkeypatch):
    """One GPU with a run of ours and a stranger's program, four cores, two disks, a scheduler's queue."""
    write(at_work, Request(time=1.0, order=1.0, host=host()))
    for number, hold in ((1, False), (2, True)):
        path = make(root, number=number, attempted=False)
        write(path, Request(time=1.0, order=10.0 + number, host=host(), hold=hold))
    gpu = Gpu(
        name="0", model="NVIDIA H200", busy=0.97, used=138 * 10**9, memory=141 * 10**9, celsius=64,
        processes=(
            Process(pid=1, memory=12 * 10**9, run=at_work), Process(pid=2, memory=None, program="python of eve"),
        ),
    )  # fmt: skip

    def look(_: Gauges, runs) -> Machine:
        return Machine(
            host="here", cores=(1.0, 0.0, 0.5, 0.25), load=1.7, memory=10**10, memory_used=9 * 10**9, gpus=(gpu,),
            no_gpu="", disks=(Disk(("runs",), 2 * 10**12, 10**10), Disk(("data",), 10**12, 9 * 10**11)),
            loads={at_work: Load()}, queue=tuple(machine.queue(root, runs)), keeper=None,
            schedulers=(Scheduler("pbs", NOW - 4, {"queued": 2, "running": 1}),),
        )  # fmt: skip

    monkeypatch.setattr(Gauges, "look", look)
    monkeypatch.setattr("cockpit.tui.screens.machine.LOOK_SECONDS", 0.05)
    await keep("machine", size, ": ● 1", "5: python of eve", ": held")


@pytest.mark.parametrize("size", SIZES)
async def test_help(size, at_work, keep):
    await keep("help", size, ": 11/40", "question_mark: keys", group="quickstart")


@pytest.mark.parametrize("size", SIZES)
async def test_the_log(size, at_work, keep):
    await keep("log", size, ": 11/40", "L: epoch 59", group="quickstart")


@pytest.mark.parametrize("size", SIZES)
async def test_a_note(size, at_work, keep):
    (at_work / "note.md").write_text("Too high a rate? Look again at epoch 9.\n")
    await keep("note", size, ": 11/40", "n: note on", ": saves", group="quickstart")


@pytest.mark.parametrize("size", SIZES)
async def test_a_replay(size, root, open_app):
    make(root, EPOCHS, outcome="finished")
    now = [0.0]
    async with open_app(size, clock=lambda: NOW) as seen:
        await seen.until("quickstart")
        whole = replace(RunsFolder(root).poll()[0], epochs=tuple(EPOCHS), problem="")
        await seen.app.push_screen(ReplayScreen(whole, 60.0, clock=lambda: now[0]))
        await seen.until("replay  epoch 0/40")
        now[0] += 6
        await seen.until(lambda shown: "replay  epoch 6/40" in shown and "epoch ▸ 6" in shown)
        await assert_becomes(seen, f"replay-{size[0]}x{size[1]}")


@pytest.mark.parametrize("size", SIZES)
async def test_a_question(size, root, keep):
    make(root, EPOCHS, outcome="stopped")
    await keep("confirm", size, ": 11/40", "D: Remove 1 run", group="quickstart")


@pytest.mark.parametrize("size", SIZES)
async def test_jump_mode(size, root, keep):
    make(root, EPOCHS, outcome="stopped")
    await keep("jump", size, ": 11/40", "enter: learning rate", "ctrl+o: a", group="quickstart")


@pytest.mark.parametrize("size", SIZES)
async def test_where_a_report_is_written(size, root, keep):
    for number in range(2):
        make(root, EPOCHS, number=number, outcome="stopped")
    await keep("writing", size, ": 11/40", "space down space c: at epoch", "w: .md", group="quickstart")


@pytest.mark.parametrize("size", SIZES)
async def test_a_pick(size, root, keep):
    for number in range(2):
        make(root, EPOCHS, number=number, outcome="stopped")
    await keep("pick", size, ": 11/40", "4: mean", "enter: runs", group="quickstart")


@pytest.mark.parametrize("size", SIZES)
async def test_all_settings(size, root, keep):
    make(root, EPOCHS, outcome="stopped")
    await keep("settings", size, ": 11/40", "enter: learning rate", "e: all settings at", group="quickstart")


@pytest.mark.parametrize("size", SIZES)
async def test_compare_without_marks(size, root, keep):
    make(root, EPOCHS, outcome="stopped")
    await keep("compare-empty", size, ": 11/40", "3: mark", group="quickstart")
