"""`cockpit data import`: has the engine build a data cache, and shows how far it is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from engine.contract.dataset import available, data_home


def import_folder(name: str, source: Path, *, replace: bool) -> int:
    """Import an ImageFolder under a name; returns the exit code of the engine's process, which says what is wrong."""
    command = [sys.executable, "-P", "-m", "engine.data", "import", name, "--from", str(source)]
    command += ["--replace"] if replace else []
    columns = (TextColumn("importing {task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as engine,
        Progress(*columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bar,
    ):
        task = bar.add_task(name, total=None)
        for line in engine.stdout or ():
            done, _, total = line.partition(" ")
            bar.update(task, completed=int(done), total=int(total))
    if engine.returncode == 0 and (manifest := available().get(name)):
        counts = f"{manifest.train_images} training and {manifest.test_images} test images"
        channels, height, width = manifest.shape
        sys.stdout.write(f"{name}: {counts}, {len(manifest.classes)} classes, {width}x{height}x{channels}, ")
        sys.stdout.write(f"in {data_home() / name}\n")
    return engine.returncode
