"""The place Machine: what there is, how much of it is taken, and the queue, tended by keys."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest
from fabricated import make, planned, record

from cockpit import machine
from cockpit.load import Load
from cockpit.machine import Disk, Gauges, Gpu, Machine, Process, Scheduler
from cockpit.queued import Queued
from cockpit.request import Request, read, write
from cockpit.status import Status
from cockpit.tui.screens.machine import between
from cockpit.tui.widgets import gauges
from engine.contract.process import host

SIZES = [(80, 24), (120, 36), (200, 60)]


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(machine, "FIRST_SECONDS", 0.01)
    monkeypatch.setattr("cockpit.tui.screens.machine.LOOK_SECONDS", 0.1)


def asked(root: Path, name: str, order: float, number: int, **fields: object) -> Path:
    path = make(root, name=name, number=number, attempted=False)
    write(path, Request(time=1.0, order=order, host=host(), **fields))
    return path


@pytest.fixture
def runs(root: Path) -> list[Path]:
    working = make(root, [record(planned(), e) for e in range(1, 12)], name="work-aaaaaa")
    write(working, Request(time=1.0, order=1.0, host=host()))
    queued = [asked(root, f"{name}-bbbbb{n}", 10.0 + n, n) for n, name in enumerate(("one", "two", "three"), 1)]
    return [working, *queued, asked(root, "kept-cccccc", 5.0, 1, hold=True)]


def order(shown: str) -> list[str]:
    return [
        word for line in shown.split("\n") for word in ("work", "one", "two", "three", "kept") if f"/{word}" in line
    ]


@pytest.mark.parametrize("size", SIZES)
async def test_gauges_and_the_queue_in_its_order(size, root, runs, open_app):
    async with open_app(size) as seen:
        await seen.press("5")
        await seen.until("GB free of")
        shown = await seen.until("waiting, blocked or held")
        assert order(shown) == ["work", "one", "two", "three", "kept"]
        assert "no NVIDIA driver" in shown and "GB free of" in shown and f"of {os.cpu_count()} cores" in shown
        assert "11/40" in shown and "no process sees to it" in shown
        for line in shown.split("\n"):
            assert len(line) <= size[0]


async def test_runs_change_places_are_held_released_and_put_first(root, runs, open_app):
    async with open_app((120, 36)) as seen:
        await seen.press("5")
        await seen.until("waiting, blocked or held")
        await seen.press("down", "right_square_bracket")
        await seen.until(lambda shown: order(shown) == ["work", "two", "one", "three", "kept"])
        await seen.press("left_square_bracket")
        await seen.until(lambda shown: order(shown) == ["work", "one", "two", "three", "kept"])
        await seen.press("left_square_bracket")
        await seen.until("There is no place to move it to")
        await seen.press("h")
        await seen.until(lambda shown: order(shown) == ["work", "two", "three", "kept", "one"])
        assert read(runs[1]).hold
        await seen.press("up", "up", "less_than_sign")
        await seen.until(lambda shown: order(shown) == ["work", "three", "two", "kept", "one"])


async def test_what_is_held_is_moved_by_no_key_and_all_say_so_alike(root, runs, open_app):
    async with open_app((120, 36)) as seen:
        await seen.press("5")
        await seen.until("waiting, blocked or held")
        await seen.press("end")
        before = read(runs[4])
        for key in ("less_than_sign", "greater_than_sign", "left_square_bracket", "right_square_bracket"):
            await seen.press(key)
            shown = await seen.until("It is held, and has no place in the queue: h releases it.")
            assert order(shown) == ["work", "one", "two", "three", "kept"]
            seen.app.clear_notifications()
            await seen.until(lambda shown: "It is held" not in shown)
        assert read(runs[4]) == before


async def test_enter_opens_the_session_and_nothing_is_looked_at_for_another_place(root, runs, open_app, monkeypatch):
    looks = []
    look = Gauges.look
    monkeypatch.setattr(Gauges, "look", lambda self, runs: (looks.append(time.monotonic()), look(self, runs))[1])
    async with open_app((120, 36)) as seen:
        await seen.until("quickstart")
        await seen.pilot.pause(0.3)
        assert looks == []
        await seen.press("5")
        await seen.until("at work")
        await seen.press("enter")
        await seen.until("epoch 11/40")
        before = len(looks)
        await seen.pilot.pause(0.4)
        assert before > 0 and len(looks) <= before + 1
        await seen.press("escape")
        await seen.until(lambda _: len(looks) > before + 1)


async def test_an_empty_queue_says_what_to_do(root, open_app):
    async with open_app((80, 24)) as seen:
        await seen.press("5")
        shown = await seen.until("nothing is at work or asked for")
        # Only what does something is offered.
        assert shown.splitlines()[-1].split() == ["q", "quit", "?", "help"]
        await seen.press("h", "left_square_bracket", "less_than_sign", "s", "R", "L", "enter", "n")
        run = asked(root, "one-bbbbb1", 1.0, 1)
        await seen.until("[ ] move")
        shutil.rmtree(run)
        await seen.until(lambda shown: "[ ] move" not in shown)


def test_gpus_are_drawn_with_what_is_on_them():
    run = Path("runs/kd/logit-seed1-aaaaaa")
    gpu = Gpu(
        name="0", model="NVIDIA H200", busy=0.97, used=138 * 10**9, memory=141 * 10**9, celsius=64,
        processes=(Process(pid=1, memory=12 * 10**9, run=run), Process(pid=2, memory=None, program="python of eve")),
    )  # fmt: skip
    whole = Machine(
        host="h", cores=(1.0, 0.0, 0.5, 0.25), load=1.7, memory=10**10, memory_used=9 * 10**9, gpus=(gpu,), no_gpu="",
        disks=(Disk(("runs",), 2 * 10**12, 10**10), Disk(("data",), 10**12, 9 * 10**11)), loads={run: Load()},
        queue=(), keeper=None, schedulers=(Scheduler("pbs", 96.0, {"queued": 2, "running": 1}),),
    )  # fmt: skip
    lines = [
        *gauges.gpu_lines(whole, {run: "kd/logit-seed1"}, 60),
        *gauges.core_lines(whole, 60),
        *gauges.disk_lines(whole.disks),
        *gauges.scheduler_lines(whole.schedulers, lambda: 100.0),
    ]
    assert ["".join(text for text, _ in line).rstrip() for line in lines] == [
        " gpu0    ━━━━━━━━━━  97 %  138/141 GB  64 C  NVIDIA H200",
        "         kd/logit-seed1  12.0 GB",
        "         python of eve  -",
        " cpu     ━━━━······  44 %  1.8 of 4 cores  load 1.7  █▁▅▃",
        " memory  ━━━━━━━━━·  90 %  9.0/10 GB",
        " disk    ━━━━━━━━━━ 100 %  10 GB free of 2.0 TB  runs",
        " disk    ━·········  10 %  900 GB free of 1.0 TB  data",
        " pbs     2 queued, 1 running  asked 0:04 ago",
    ]
    styles = {style for _, style in lines[0]}
    assert "bad" in styles  # its memory is all but full
    assert all(sum(len(text) for text, _ in line) <= 60 for line in lines)


def test_a_run_takes_the_place_and_the_priority_of_the_one_that_stands_there():
    def due(order: float, priority: int = 0) -> Queued:
        request = Request(time=0.0, order=order, priority=priority)
        return Queued(run=Path(f"g/{order}"), request=request, status=Status("queued"), part="next")

    queue = [due(7.0, 5), due(1.0), due(2.0), due(4.0)]
    assert between(queue, 2, -1) == (1.5, 0)
    assert between(queue, 2, 1) == (3.0, 0)
    assert between(queue, 3, 1) == (5.0, 0)
    assert between(queue, 1, -1) == (0.0, 0)
    assert between(queue, 0, -1) == (6.0, 5)
