"""What the queue costs: `python benchmarks/supervising.py [runs]`.

The CPU time of one tick of the supervisor over so many queued runs that nothing happens to, and how long `cockpit
queue` takes to list them; then quickstart's four runs, start to table, beside the sum of its engines' own times.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from cockpit.launch import control
from cockpit.launch.prepare import prepare
from cockpit.launch.slots import at_once
from cockpit.launch.supervisor import Supervisor
from cockpit.plan import plan
from engine.contract.folder import Ended, Started, attempts, read_json

TICKS = 20


def main() -> None:
    """Print the three figures."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "runs"
        made = plan("quickstart", [f"grid.run.seed={list(range(count // 2))}", "run.threads=0"], root=root)
        runs = prepare(made, root)
        control.ask(runs)
        print(f"a tick over {len(runs)} queued runs: {tick(root) * 1000:.1f} ms of CPU (mean of {TICKS})")
        began = time.perf_counter()
        command = [sys.executable, "-P", "-m", "cockpit.cli", "queue", "--runs", str(root)]
        subprocess.run(command, check=True, capture_output=True)
        print(f"cockpit queue: {time.perf_counter() - began:.2f} s")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "runs"
        quickstart(root)


def tick(root: Path) -> float:
    """Seconds of CPU a look takes, once everything has been read."""
    supervisor = Supervisor(root)
    supervisor.look()
    began = time.process_time()
    for _ in range(TICKS):
        supervisor.look()
    return (time.process_time() - began) / TICKS


def quickstart(root: Path) -> None:
    """Its wall time, and that of its engines from their start to their verdict."""
    command = [sys.executable, "-P", "-m", "cockpit.cli", "run", "quickstart", "--headless", "--runs", str(root)]
    began = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    wall = time.perf_counter() - began
    own = 0.0
    for run in (root / "quickstart").iterdir():
        tried = attempts(run)
        if tried:
            started, ended = read_json(tried[0] / "started.json", Started), read_json(tried[0] / "ended.json", Ended)
            own += ended.time - started.time if started and ended else 0.0
    places = at_once([run.spec for run in plan("quickstart").runs])
    print(f"quickstart: {wall:.1f} s, its engines {own:.1f} s in {places} places: {wall / (own / places):.2f} times")


if __name__ == "__main__":
    main()
