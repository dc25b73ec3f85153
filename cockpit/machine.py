"""The machine at one moment: GPUs, cores, memory, disks, what runs of ours are at work on it, and its queue."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import psutil
from msgspec import Struct

from cockpit.jobs import told
from cockpit.launch.control import process_of
from cockpit.launch.lock import Lock
from cockpit.launch.supervisor import refusals
from cockpit.load import Load, Meter
from cockpit.queued import Queued, arranged
from cockpit.request import Request, read
from cockpit.snapshot import Snapshot
from cockpit.status import ENDED, HELD
from engine.contract.cleaning import clean
from engine.contract.dataset import data_home
from engine.contract.process import alive, host

#: How long the first look at the cores takes, seconds.
FIRST_SECONDS = 0.2


class Process(Struct, frozen=True, kw_only=True):
    """A process on a GPU: the run it trains, else the name of its program. `memory` is the GPU's, bytes."""

    pid: int
    memory: int | None
    run: Path | None = None
    program: str = ""


class Gpu(Struct, frozen=True, kw_only=True):
    """A GPU: the part of the time it is busy, its memory in bytes, degrees Celsius; None for what is not told."""

    name: str
    model: str
    busy: float | None = None
    used: int | None = None
    memory: int | None = None
    celsius: int | None = None
    processes: tuple[Process, ...] = ()


class Disk(Struct, frozen=True):
    """A file system by what of ours lies on it; bytes. `free` is what a user may still write."""

    holds: tuple[str, ...]
    total: int
    free: int


class Scheduler(Struct, frozen=True):
    """What a cluster's scheduler said of our jobs, and when, seconds since 1970."""

    backend: str
    time: float
    places: dict[str, int]


class Machine(Struct, frozen=True, kw_only=True):
    """Everything a screen shows of a machine. `cores` is how busy each is, of 1.

    `no_gpu` says why there is none, `loads` what each run at work here takes, `keeper` which process sees to the
    queue: 0 where it has not said, None where there is none.
    """

    host: str
    cores: tuple[float, ...]
    load: float
    memory: int
    memory_used: int
    gpus: tuple[Gpu, ...]
    no_gpu: str
    disks: tuple[Disk, ...]
    loads: dict[Path, Load]
    queue: tuple[Queued, ...]
    keeper: int | None
    schedulers: tuple[Scheduler, ...]


class Gauges:
    """Looks at this machine. How busy cores are is told between two looks."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._looked = False
        self._meters: dict[Path, Meter] = {}

    def look(self, runs: Sequence[Snapshot]) -> Machine:
        """One look, with the runs as they are known: by way of files, processes and drivers, so not for a screen."""
        here = {run.path: pid for run in runs if run.status.word in HELD and (pid := _pid(run.path))}
        self._meters = {path: self._meters.get(path) or Meter(path) for path in here}
        # Since the look before; the first waits for a second one of its own.
        cores = psutil.cpu_percent(None if self._looked else FIRST_SECONDS, percpu=True)
        self._looked = True
        memory = psutil.virtual_memory()
        found, missing = gpus({pid: path for path, pid in here.items()})
        return Machine(
            host=clean(host()),
            cores=tuple(percent / 100 for percent in cores),
            load=os.getloadavg()[0],
            memory=memory.total,
            memory_used=memory.total - memory.available,
            gpus=found,
            no_gpu=missing,
            disks=tuple(_disks({"runs": self._root, "data": data_home()})),
            loads={path: meter.read() for path, meter in self._meters.items()},
            queue=tuple(queue(self._root, runs)),
            keeper=Lock(self._root).holder(),
            schedulers=tuple(_schedulers(self._root)),
        )


def queue(root: Path, runs: Sequence[Snapshot]) -> list[Queued]:
    """The queue of a runs folder in its order, from snapshots: only what is asked of open runs is read."""
    asked = []
    for run in runs:
        if run.status.word in ENDED or run.published:
            continue
        request = read(run.path)
        if request is None and run.status.word in HELD:
            request = Request(time=0.0, order=0.0, host=host())  # begun by hand
        if request:
            asked.append((run.path, request, run.status))
    return arranged(asked, refusals(root))


def gpus(engines: dict[int, Path]) -> tuple[tuple[Gpu, ...], str]:
    """This machine's NVIDIA GPUs, else why there is none. `engines` are the runs by the process that trains each."""
    try:
        import pynvml
    except ImportError:
        return (), "nvidia-ml-py is not installed"
    try:
        pynvml.nvmlInit()
        handles = [pynvml.nvmlDeviceGetHandleByIndex(n) for n in range(pynvml.nvmlDeviceGetCount())]
    except (OSError, pynvml.NVMLError):
        return (), "no NVIDIA driver"
    return tuple(_gpu(pynvml, str(n), handle, engines) for n, handle in enumerate(handles)), (
        "" if handles else "no NVIDIA GPU"
    )


def _gpu(nvml: Any, name: str, handle: Any, engines: dict[int, Path]) -> Gpu:
    def ask(question: str, *more: Any) -> Any:
        """What the driver says, None where it does not: a part of a GPU (MIG) has few figures of its own."""
        try:
            return getattr(nvml, question)(handle, *more)
        except (nvml.NVMLError, AttributeError):
            return None

    model, memory = ask("nvmlDeviceGetName") or "", ask("nvmlDeviceGetMemoryInfo")
    busy = ask("nvmlDeviceGetUtilizationRates")
    return Gpu(
        name=name,
        model=clean(model.decode(errors="replace") if isinstance(model, bytes) else model),
        busy=busy.gpu / 100 if busy else None,
        used=memory.used if memory else None,
        memory=memory.total if memory else None,
        celsius=ask("nvmlDeviceGetTemperature", 0),
        processes=tuple(_process(p, engines) for p in ask("nvmlDeviceGetComputeRunningProcesses") or ()),
    )


def _process(found: Any, engines: dict[int, Path]) -> Process:
    memory = found.usedGpuMemory if isinstance(found.usedGpuMemory, int) else None
    # Whatever an engine starts belongs to its session, which it leads.
    run = engines.get(found.pid) or engines.get(_session(found.pid))
    program = "" if run else _program(found.pid)
    return Process(pid=found.pid, memory=memory, run=run, program=program)


def _session(pid: int) -> int:
    try:
        return os.getsid(pid)
    except OSError:
        return 0


def _program(pid: int) -> str:
    try:
        process = psutil.Process(pid)
        return clean(f"{process.name()} of {process.username()}")
    except (psutil.Error, KeyError):
        return "a process that cannot be seen from here"


def _pid(run: Path) -> int | None:
    """The process that trains a run on this machine now."""
    process = process_of(run)
    return process.pid if process and process.host == host() and alive(process) else None


def _disks(wanted: dict[str, Path]) -> Iterator[Disk]:
    """The file systems that these folders lie on, or would."""
    lying: dict[int, tuple[list[str], Path]] = {}
    for name, folder in wanted.items():
        there = next((path for path in (folder, *folder.parents) if path.exists()), None)
        if there:
            lying.setdefault(there.stat().st_dev, ([], there))[0].append(name)
    for names, folder in lying.values():
        usage = psutil.disk_usage(str(folder))
        yield Disk(tuple(names), usage.total, usage.free)


def _schedulers(root: Path) -> Iterator[Scheduler]:
    for backend in ("slurm", "pbs"):
        if jobs := told(root, backend):
            places: dict[str, int] = {}
            for place in jobs.seen.values():
                places[place] = places.get(place, 0) + (place != "gone")
            yield Scheduler(backend, jobs.time, {place: count for place, count in places.items() if count})


def in_short(found: Sequence[Gpu]) -> str:
    """How busy the GPUs are, for the masthead: `gpu0 97 % 38/141 GB`, and of several their shares alone."""
    if len(found) == 1 and found[0].memory and found[0].used is not None:
        return f"gpu0 {share(found[0].busy)} {found[0].used / 1e9:.0f}/{found[0].memory / 1e9:.0f} GB"
    return "gpus " + " ".join(share(gpu.busy) for gpu in found) if found else ""


def share(part: float | None) -> str:
    """0.97 -> `97 %`; `-` where it is not told."""
    return "-" if part is None else f"{part * 100:.0f} %"
