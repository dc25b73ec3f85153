"""What a machine has and how much of it is taken, as lines: pure functions of one look at it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from cockpit.insight.format import counted, duration
from cockpit.machine import Disk, Gpu, Machine, Process, Scheduler, share
from cockpit.tui.look import Line, Span, shortened

#: How wide the names of what is measured are, and the bars.
NAMES, BAR = 8, 10
#: From so much of it taken on, a thing is nearly full: a fraction.
NEARLY, FULL = 0.8, 0.95
_HEIGHTS = "▁▂▃▄▅▆▇█"


def gpu_lines(machine: Machine, called: Mapping[Path, str], width: int) -> list[Line]:
    """A line a GPU, and one for each process on it, ours by the run's name; else why there is none."""
    if not machine.gpus:
        return [((" GPU".ljust(NAMES + 1), ""), (machine.no_gpu, "dim"))]
    lines: list[Line] = []
    for gpu in machine.gpus:
        lines.append(_gpu(gpu, width))
        lines += [_process(process, called, width) for process in gpu.processes]
    return lines


def _gpu(gpu: Gpu, width: int) -> Line:
    memory: list[Span] = []
    if gpu.memory and gpu.used is not None:
        memory = [(f"  {gpu.used / 1e9:.0f}/{gpu.memory / 1e9:.0f} GB", _style(gpu.used / gpu.memory))]
    heat = f"  {gpu.celsius} C" if gpu.celsius is not None else ""
    line = (*_bar(f"gpu{gpu.name}", gpu.busy, busy=True), *memory, (heat, ""))
    room = width - sum(len(text) for text, _ in line) - 2
    return (*line, (f"  {shortened(gpu.model, room)}" if room > 8 else "", "dim"))


def _process(process: Process, called: Mapping[Path, str], width: int) -> Line:
    name = called.get(process.run, process.run.name) if process.run else process.program
    memory = f"{process.memory / 1e9:.1f} GB" if process.memory is not None else "-"
    room = max(8, width - NAMES - len(memory) - 5)
    return ((" " * (NAMES + 1), ""), (shortened(name, room), "" if process.run else "dim"), (f"  {memory}", "dim"))


def core_lines(machine: Machine, width: int) -> list[Line]:
    """The cores as one share, each in a cell of its own where they fit, and the memory."""
    cores = machine.cores
    busy = sum(cores) / len(cores) if cores else None
    told = f"  {sum(cores):.1f} of {counted(len(cores), 'core')}"
    line: Line = (*_bar("cpu", busy, busy=True), (told, ""), (f"  load {machine.load:.1f}", "dim"))
    each = "".join(_HEIGHTS[min(7, int(core * 8))] for core in cores)
    room = width - sum(len(text) for text, _ in line) - 2
    if each and len(each) <= room:
        line = (*line, (f"  {each}", "busy"))
    used = machine.memory_used / machine.memory if machine.memory else None
    amount = f"  {machine.memory_used / 1e9:.1f}/{machine.memory / 1e9:.0f} GB"
    return [line, (*_bar("memory", used), (amount, ""))]


def disk_lines(disks: tuple[Disk, ...]) -> list[Line]:
    """A line a file system: what of ours lies there, how full it is, what is left."""
    lines: list[Line] = []
    for disk in disks:
        used = 1 - disk.free / disk.total if disk.total else None
        free = f"  {_size(disk.free)} free of {_size(disk.total)}"
        lines.append((*_bar("disk", used), (free, ""), (f"  {', '.join(disk.holds)}", "dim")))
    return lines


def scheduler_lines(schedulers: tuple[Scheduler, ...], clock: Callable[[], float]) -> list[Line]:
    """What each scheduler said of our jobs, and how long ago."""
    lines: list[Line] = []
    for told in schedulers:
        jobs = ", ".join(f"{count} {place}" for place, count in sorted(told.places.items())) or "no jobs of ours"
        age = duration(max(0.0, clock() - told.time))
        lines.append(((f" {told.backend}".ljust(NAMES + 1), ""), (jobs, ""), (f"  asked {age} ago", "dim")))
    return lines


def _bar(name: str, part: float | None, *, busy: bool = False) -> Line:
    """A name, a bar, and the share in percent. To be busy is no fault; to be full is."""
    filled = round(min(1.0, part or 0.0) * BAR)
    style = ("busy" if filled else "") if busy else _style(part)
    return (
        (f" {name}".ljust(NAMES + 1), ""),
        ("━" * filled, style),
        ("·" * (BAR - filled), "dim"),
        (f"{share(part):>6}", style if part and not busy and part >= NEARLY else ""),
    )


def _style(part: float | None) -> str:
    return "" if part is None or part < NEARLY else "watch" if part < FULL else "bad"


def _size(size: int) -> str:
    return f"{size / 1e12:.1f} TB" if size >= 1e12 else f"{size / 1e9:.0f} GB"
