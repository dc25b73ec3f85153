"""What planned runs will hold in memory and on disk, estimated by the engine without training."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

import msgspec

from cockpit.expand import Planned
from engine.contract.finding import Size, Sizing

#: A preset of large networks takes a while; whatever was not answered by then is not told, seconds.
PATIENCE = 60.0
#: The settings that a run's size goes by.
_SIZED = ("data", "model", "nodes", "batch_size", "accumulation", "precision", "optimizer", "ema")


def sizes(runs: Sequence[Planned]) -> list[tuple[Planned, Size]]:
    """The size of each kind of run among these; runs that differ in what takes little memory are asked for once.

    A teacher and what a method adds to its student are left out: beside the student's activations they are small.
    """
    asked: dict[bytes, Planned] = {}
    for run in runs:
        sized = {name: getattr(run.spec, name) for name in _SIZED}
        asked.setdefault(msgspec.json.encode(Sizing(msgspec.to_builtins(sized) | {"epochs": 1})), run)
    command = [sys.executable, "-P", "-m", "engine.footprint"]
    try:
        ran = subprocess.run(
            command, input=b"\n".join(asked) + b"\n", capture_output=True, check=False, timeout=PATIENCE
        )
        answers = ran.stdout
    except subprocess.TimeoutExpired as late:
        answers = late.stdout or b""
    found = [msgspec.json.decode(line, type=Size) for line in answers.splitlines() if line.endswith(b"}")]
    return [(run, size) for run, size in zip(asked.values(), found, strict=False) if not size.problem]
