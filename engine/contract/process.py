"""Which process is meant, so that a reused number is never taken for it: host, boot, pid, start time."""

from __future__ import annotations

import os
import socket
from functools import cache
from pathlib import Path

from msgspec import Struct


class ProcessId(Struct, frozen=True):
    """One process on one boot of one host. `start` is in clock ticks since boot (Linux), else seconds."""

    host: str
    boot: str
    pid: int
    start: float


@cache
def host() -> str:
    """This machine's name."""
    return socket.gethostname()


@cache
def boot() -> str:
    """An id that changes whenever the machine starts anew; empty where the system gives none."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def identify(pid: int) -> ProcessId | None:
    """The process that has this number now; None when none has, or it has ended and was not reaped."""
    start = _start(pid)
    return None if start is None else ProcessId(host(), boot(), pid, start)


def alive(process: ProcessId) -> bool | None:
    """Whether that very process still runs; None when it cannot be seen from here: another
    host's, or another user's on a machine that hides them."""
    if process.host != host():
        return None
    if process.boot == boot() and identify(process.pid) is None and _hidden(process.pid):
        return None
    return process.boot == boot() and identify(process.pid) == process


def _hidden(pid: int) -> bool:
    """Whether there is a process of this number that /proc does not show us (hidepid): another user's."""
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except OSError:
        return False
    return False


def _start(pid: int) -> float | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return None if Path("/proc/self").exists() else _start_without_proc(pid)
    except OSError:
        return None
    # The command's name stands in parentheses and may itself hold any character, so count from its end.
    fields = stat[stat.rindex(")") + 2 :].split()
    return None if fields[0] in "ZX" else float(fields[19])


def _start_without_proc(pid: int) -> float | None:
    import psutil

    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else process.create_time()
    except psutil.Error:
        return None


def allowed_cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
