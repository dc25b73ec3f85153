"""What a run's engine takes of this machine right now: its process's share of the cores, its memory, its GPU."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psutil
from msgspec import Struct

from engine.contract.cleaning import clean
from engine.contract.folder import Job, Started, attempts, read_json
from engine.contract.process import ProcessId, alive, host


class Load(Struct, frozen=True):
    """What was found at one moment. `cores` is how many cores' worth of time the process has had since the look
    before, `memory` its resident memory, bytes. `gpu` is the GPU it was given; `busy` the fraction of time that
    GPU was at work for whomever, `gpu_used` and `gpu_memory` its memory in use and in all, bytes.

    `absent` says why there is nothing to tell.
    """

    cores: float | None = None
    memory: int | None = None
    gpu: str = ""
    busy: float | None = None
    gpu_used: int | None = None
    gpu_memory: int | None = None
    absent: str = ""


class Meter:
    """Looks at the engine of one run. The share of cores is between two looks, so the first has none."""

    def __init__(self, run: Path) -> None:
        self._run = run
        self._seen: tuple[ProcessId, psutil.Process] | None = None

    def read(self) -> Load:
        """One look, by way of files, the process table and the GPU's driver: not for a screen's own thread."""
        tried = attempts(self._run)
        started = read_json(tried[-1] / "started.json", Started) if tried else None
        if started is None:
            return Load(absent="no engine has it")
        if (tried[-1] / "ended.json").exists():
            return Load(absent="no engine is at work")
        if started.process.host != host():
            return Load(absent=f"not on this machine but on {clean(started.process.host)}")
        if not alive(started.process):
            return Load(absent="no engine is at work")
        job = read_json(tried[-1] / "job.json", Job)
        gpu = clean(job.gpu) if job and job.gpu else ""
        busy, used, memory = _gpu(gpu) if gpu else (None, None, None)
        try:
            cores, resident = self._process(started.process)
        except psutil.Error:
            return Load(absent="its process cannot be looked at")
        return Load(cores, resident, gpu, busy, used, memory)

    def _process(self, wanted: ProcessId) -> tuple[float | None, int]:
        first = self._seen is None or self._seen[0] != wanted
        if self._seen is None or first:
            self._seen = wanted, psutil.Process(wanted.pid)
        process = self._seen[1]
        percent, resident = process.cpu_percent(), int(process.memory_info().rss)
        return None if first else percent / 100, resident


def _gpu(name: str) -> tuple[float | None, int | None, int | None]:
    """How busy a GPU is, and its memory in use and in all; None for what its driver does not tell."""
    try:
        import pynvml
    except ImportError:
        return None, None, None
    try:
        pynvml.nvmlInit()
        device: Any = (
            pynvml.nvmlDeviceGetHandleByIndex(int(name))
            if name.isdecimal()
            else pynvml.nvmlDeviceGetHandleByUUID(name)
        )
        memory = pynvml.nvmlDeviceGetMemoryInfo(device)
    except (OSError, pynvml.NVMLError):
        return None, None, None
    try:
        busy = pynvml.nvmlDeviceGetUtilizationRates(device).gpu / 100
    except pynvml.NVMLError:
        busy = None  # A part of a GPU (MIG) has no such figure.
    return busy, int(memory.used), int(memory.total)
