"""What the app costs, through a real pseudo-terminal: `python benchmarks/app.py [n] [runs] [epochs]`.

First paint and the whole table over so many finished runs, beside an empty Textual app; bytes and CPU at rest; bytes
of an epoch of eight runs; how soon a key is answered while they stream; resident memory; a stream of a million
records. The figures of one start are the median of n, with their range.
"""

from __future__ import annotations

import os
import platform
import statistics
import sys
import tempfile
import time
from pathlib import Path

import psutil

sys.path.append(str(Path(__file__).parents[1] / "tests" / "terminal"))
from many_runs import epoch, fill, write
from pseudo import Terminal

from cockpit.tui import view

SIZE = (120, 30)
EMPTY = """
from textual.app import App
from textual.widgets import Static
class Empty(App):
    def compose(self):
        yield Static("empty app")
Empty().run()
"""
IDLE_SECONDS, TICKS, KEYS = 10.0, 5, 20
#: The cockpit's first paint has its places, its second what is in them.
PAINTED = "1 Presets"


def cockpit(root: Path, place: str = "sessions") -> Terminal:
    """The app on a runs folder, as it opens for somebody who left it at a place."""
    view.save(root, view.View(place=place))
    return Terminal([sys.executable, "-m", "cockpit.cli", "--runs", str(root)], SIZE, {})


def start(root: Path, count: int) -> tuple[float, float]:
    """Seconds to the first paint of the sessions, and to the table of all of them."""
    terminal = cockpit(root)
    first = terminal.until(PAINTED)
    whole = terminal.until(f"✓ {count}")
    terminal.close()
    return first, whole


def empty() -> float:
    """Seconds to the first paint of an app that does nothing."""
    terminal = Terminal([sys.executable, "-c", EMPTY], SIZE, {})
    seen = terminal.until("empty app")
    terminal.close()
    return seen


def at_rest(root: Path, count: int) -> tuple[int, float, float, list[float]]:
    """Bytes sent in ten seconds, share of a core, and resident memory, with everything read; then how soon each of
    some keys is answered, seconds: down, mark, up.
    """
    terminal = cockpit(root)
    terminal.until(lambda shown: f"✓ {count}" in shown)
    terminal.settle(1.0)
    process = psutil.Process(terminal.process.pid)
    before = process.cpu_times()
    sent = terminal.watch(IDLE_SECONDS)
    after = process.cpu_times()
    memory = process.memory_info().rss / 2**20
    answers = [answer(terminal, key) for key in (b"j", b" ", b"k") * (KEYS // 3)]
    terminal.close()
    return sent, (after.user + after.system - before.user - before.system) / IDLE_SECONDS, memory, answers


def answer(terminal: Terminal, key: bytes) -> float:
    """Seconds from a key to the first byte that comes of it; nothing else is sent for a moment before the next."""
    began = time.perf_counter()
    terminal.press(key)
    while not terminal.take(1.0):
        pass
    seconds = time.perf_counter() - began
    terminal.watch(0.3)
    return seconds


def ticks(root: Path) -> tuple[list[int], list[float]]:
    """Bytes of each tick of eight runs, and how soon a key is answered while they stream, seconds."""
    running = fill(root / "eight", 8, 200, ended=False)
    terminal = cockpit(root / "eight")
    terminal.until("● 8")
    terminal.settle(1.5)
    sent, answers = [], []
    for number in range(3, 3 + TICKS):
        tick(running, number)
        sent.append(terminal.watch(2.0))
    for number in range(3 + TICKS, 3 + TICKS + KEYS):
        terminal.settle(0.05)
        tick(running, number)
        answers.append(answer(terminal, b"j" if number % 2 else b"k"))
    terminal.close()
    return sent, answers


def overlaid(root: Path) -> tuple[list[int], list[float]]:
    """The same with the eight overlaid in Compare: bytes of a tick, and of each step of the crosshair."""
    running = fill(root / "overlaid", 8, 200, ended=False)
    for number in range(3, 100):
        tick(running, number)
    terminal = cockpit(root / "overlaid", "compare")
    terminal.until("● 8")
    terminal.press(b"\r")
    terminal.until("baseline")
    terminal.settle(1.5)
    sent, steps = [], []
    for number in range(100, 100 + TICKS):
        tick(running, number)
        sent.append(terminal.watch(2.0))
    for _ in range(KEYS):
        terminal.press(b"\x1b[D")
        steps.append(terminal.watch(0.3))
    terminal.close()
    return sent, steps


def tick(running: list[Path], number: int) -> None:
    """An epoch of every run."""
    for run, path in enumerate(running):
        write(path, [epoch(run, number, 200)], seq=number)


def million(root: Path) -> tuple[float, float, float, float]:
    """A stream of a million records: seconds until it is in the table, until its curves are seen once it is opened,
    until it is read to its end, and resident MB. Its outline is shown while the rest is read."""
    [path] = fill(root, 1, 100_000, ended=False)
    for first in range(3, 100_001, 10_000):
        last = min(first + 10_000, 100_001)
        write(path, [epoch(0, n, 100_000, node) for n in range(first, last) for node in (None, *range(9))])
    print(f"{(path / 'metrics.jsonl').stat().st_size / 2**20:.0f} MB of a million records")
    terminal = cockpit(root)
    seen = terminal.until(lambda shown: "/100000" in shown)
    terminal.press(b"j\r")
    opened = time.perf_counter()
    terminal.until("accuracy", 60.0)
    drawn = time.perf_counter() - opened
    whole = terminal.until(lambda shown: "accuracy" in shown and "an outline" not in shown, 60.0)
    terminal.watch(1.0)
    memory = psutil.Process(terminal.process.pid).memory_info().rss / 2**20
    terminal.close()
    return seen, drawn, whole, memory


def shown(name: str, values: list[float], unit: str, budget: str = "") -> None:
    """A line of the table."""
    median = statistics.median(values)
    spread = f"({min(values):.3g} to {max(values):.3g}, n={len(values)})" if len(values) > 1 else ""
    print(f"{name:<44} {median:>8.3g} {unit:<3} {spread:<28} {budget}")


def main() -> None:
    """Everything, the starts interleaved, so that a busy moment hits them all."""
    n, count, epochs = (int(a) for a in (*sys.argv[1:], *("5", "1000", "200")[len(sys.argv) - 1 :]))
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {SIZE[0]}x{SIZE[1]}")
    print(f"load {os.getloadavg()[0]:.1f}; {count} finished runs of {epochs} epochs")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "runs"
        os.environ |= {"XDG_STATE_HOME": folder, "XDG_CONFIG_HOME": folder}
        fill(root, count, epochs)
        figures = [(empty(), *start(root, count)) for _ in range(n)]
        bare, first, whole = (list(values) for values in zip(*figures, strict=True))
        shown("empty Textual app, first paint", bare, "s")
        shown("cockpit, first paint", first, "s", f"at most {2 * statistics.median(bare):.2f} s")
        shown(
            "cockpit, table complete after first paint", [b - a for a, b in zip(first, whole, strict=True)], "s", ""
        )
        shown("cockpit, table complete", whole, "s", "at most 1 s")
        sent, cpu, memory, keys = at_rest(root, count)
        shown(f"bytes in {IDLE_SECONDS:.0f} s at rest", [sent], "B", "0")
        shown("CPU at rest, of a core", [100 * cpu], "%", "3 %")
        shown("resident memory", [memory], "MB", "at most 120 MB")
        shown("a key over all these runs", [1000 * a for a in keys], "ms", "at most 20 ms")
        tick_bytes, answers = ticks(Path(folder))
        shown("an epoch of 8 runs", [float(b) for b in tick_bytes], "B", "at most 2048 B")
        shown("a key while 8 runs stream", [1000 * a for a in answers], "ms", "at most 20 ms")
        compared, steps = overlaid(Path(folder))
        shown("an epoch of 8 runs overlaid in Compare", [float(b) for b in compared], "B", "at most 2048 B")
        shown("a step of its crosshair", [float(b) for b in steps], "B")
        seen, drawn, read, memory = million(Path(folder) / "million")
        shown("a million records: in the table", [seen], "s", "at most 1 s")
        shown("a million records: outline after Enter", [drawn], "s", "at most 1 s")
        shown("a million records: read to the end", [read], "s")
        shown("a million records: resident memory", [memory], "MB")


if __name__ == "__main__":
    main()
