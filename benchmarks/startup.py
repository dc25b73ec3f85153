"""How long the command takes to answer: `python benchmarks/startup.py [n]`.

Prints the median and range of n fresh processes each, and a bare interpreter beside them in the same run.
"""

from __future__ import annotations

import platform
import statistics
import subprocess
import sys
import time

COMMANDS = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "cockpit --help": [sys.executable, "-m", "cockpit.cli", "--help"],
    "cockpit ls --json": [sys.executable, "-m", "cockpit.cli", "ls", "--json"],
    "cockpit run quickstart --dry-run": [sys.executable, "-m", "cockpit.cli", "run", "quickstart", "--dry-run"],
}


def main() -> None:
    """Time every command, interleaved, so that a busy moment hits them all."""
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    seconds: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(n):
        for name, command in COMMANDS.items():
            began = time.perf_counter()
            subprocess.run(command, check=True, capture_output=True)
            seconds[name].append(time.perf_counter() - began)
    print(f"Python {platform.python_version()}, {platform.machine()}, n={n}")
    for name, values in seconds.items():
        print(f"{name:<34} {statistics.median(values):.3f} s  ({min(values):.3f} to {max(values):.3f})")


if __name__ == "__main__":
    main()
