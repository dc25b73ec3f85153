"""What is told of a machine: with GPUs and without, its disks, and the queue as `cockpit queue` has it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.structs import replace

from cockpit import machine, queuelist
from cockpit.jobs import Jobs, note
from cockpit.launch import control
from cockpit.machine import Gauges, Gpu, gpus, in_short, queue
from cockpit.request import read, write
from cockpit.runs import RunsFolder
from engine.contract.folder import Ended, Started, claim, publish
from engine.contract.process import identify


class Nvml:
    """A driver with one GPU, that may have no utilisation to tell, as a part of a GPU has not."""

    class NVMLError(Exception):
        pass

    def __init__(self, *, count: int = 1, driver: bool = True, busy: bool = True, pids: tuple[int, ...] = ()) -> None:
        self._count, self._driver, self._busy, self._pids = count, driver, busy, pids

    def nvmlInit(self) -> None:
        if not self._driver:
            raise self.NVMLError("Driver Not Loaded")

    def nvmlDeviceGetCount(self) -> int:
        return self._count

    def nvmlDeviceGetHandleByIndex(self, number: int) -> int:
        return number

    def nvmlDeviceGetName(self, handle: int) -> bytes:
        return b"NVIDIA \x1b[2JH200"

    def nvmlDeviceGetMemoryInfo(self, handle: int) -> Any:
        return SimpleNamespace(used=38 * 10**9, total=141 * 10**9)

    def nvmlDeviceGetUtilizationRates(self, handle: int) -> Any:
        if not self._busy:
            raise self.NVMLError("Not Supported")
        return SimpleNamespace(gpu=97)

    def nvmlDeviceGetTemperature(self, handle: int, sensor: int) -> int:
        return 64

    def nvmlDeviceGetComputeRunningProcesses(self, handle: int) -> list[Any]:
        return [SimpleNamespace(pid=pid, usedGpuMemory=2 * 10**9) for pid in self._pids]


@pytest.fixture
def driver(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    return lambda **what: monkeypatch.setitem(sys.modules, "pynvml", Nvml(**what))  # type: ignore[arg-type]


def test_a_gpu_is_told_with_what_is_on_it_ours_by_its_run(driver: Callable[..., None]) -> None:
    gone = 2**22 + 5
    driver(pids=(os.getpid(), gone))
    [gpu], missing = gpus({os.getpid(): Path("runs/g/r")})
    assert (gpu.name, gpu.busy, gpu.used, gpu.celsius, missing) == ("0", 0.97, 38 * 10**9, 64, "")
    assert "\x1b" not in gpu.model and "H200" in gpu.model
    ours, other = gpu.processes
    assert ours.run == Path("runs/g/r") and ours.memory == 2 * 10**9
    assert other.run is None and "cannot be seen" in other.program
    assert in_short([gpu]) == "gpu0 97 % 38/141 GB"
    assert in_short([gpu, replace(gpu, busy=None)]) == "gpus 97 % -"


def test_what_an_engine_has_started_is_its_run_s(driver: Callable[..., None]) -> None:
    driver(pids=(os.getpid(),))
    [gpu], _ = gpus({os.getsid(0): Path("runs/g/r")})
    assert gpu.processes[0].run == Path("runs/g/r")


def test_a_part_of_a_gpu_says_what_it_knows(driver: Callable[..., None]) -> None:
    driver(busy=False)
    [gpu], _ = gpus({})
    assert gpu.busy is None and gpu.memory == 141 * 10**9


def test_no_driver_and_no_gpu_are_no_errors(driver: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    driver(driver=False)
    assert gpus({}) == ((), "no NVIDIA driver")
    driver(count=0)
    assert gpus({}) == ((), "no NVIDIA GPU")
    monkeypatch.setitem(sys.modules, "pynvml", None)
    assert gpus({}) == ((), "nvidia-ml-py is not installed")
    assert in_short(()) == ""


def test_a_look_tells_cores_memory_disks_and_what_a_run_takes(
    make_runs: Callable[..., list[Path]], root: Path, driver: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    driver(driver=False)
    monkeypatch.setattr(machine, "FIRST_SECONDS", 0.01)
    run, queued = make_runs(only="mixup0-*")
    control.ask([queued])
    process = identify(os.getpid())
    assert process
    publish(claim(run, []) / "started.json", Started(process=process, time=0.0))
    note(root, "slurm", Jobs(12.0, {"1": "running", "2": "running", "3": "gone"}))
    gauges, runs = Gauges(root), RunsFolder(root).poll()
    gauges.look(runs)
    seen = gauges.look(runs)
    assert len(seen.cores) == os.cpu_count() and all(0 <= core <= 1 for core in seen.cores)
    assert 0 < seen.memory_used < seen.memory
    assert [disk.holds for disk in seen.disks] == [("runs", "data")] and seen.disks[0].free < seen.disks[0].total
    assert list(seen.loads) == [run] and (seen.loads[run].memory or 0) > 10**6
    assert [(each.run, each.part) for each in seen.queue] == [(run, "at work"), (queued, "next")]
    assert seen.schedulers == (machine.Scheduler("slurm", 12.0, {"running": 2}),)
    assert seen.keeper is None and seen.no_gpu == "no NVIDIA driver"


def test_the_queue_is_the_one_that_the_command_lists(make_runs: Callable[..., list[Path]], root: Path) -> None:
    first, second, third, done = make_runs()
    control.ask([first, second, third, done])
    for run, changes in ((second, {"priority": 5}), (third, {"hold": True})):
        asked = read(run)
        assert asked
        write(run, replace(asked, **changes))
    publish(claim(done, []) / "ended.json", Ended(outcome="finished", exit_code=0, time=0.0))
    found = queue(root, RunsFolder(root).poll())
    assert [(each.run, each.place, each.part) for each in found] == [
        (second, 1, "next"),
        (first, 2, "next"),
        (third, None, "not now"),
    ]
    listed = [(entry.run, entry.place, entry.status, entry.reason) for entry in queuelist.entries(root)]
    assert listed == [(each.name, each.place, each.status.word, each.status.reason) for each in found]


def test_a_gpu_that_is_told_nothing_of_is_still_told() -> None:
    assert in_short([Gpu(name="0", model="")]) == "gpus -"
