"""The local executor: engines as processes of this machine that outlive whoever started them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from msgspec.structs import replace

from cockpit.launch.control import withdraw
from cockpit.launch.slots import Slot
from cockpit.status import HELD, status_of
from engine.contract.folder import Job, attempts, claim, publish
from engine.contract.process import identify


def start(run: Path, slot: Slot) -> subprocess.Popen[bytes] | None:
    """Claim the run's next attempt and start its engine; None when it is finished, or somebody else's.

    The engine is the leader of a session of its own, reads from nowhere and writes to a file: any one of
    these missing, and a closed terminal would take it along.

    Raises:
        OSError: the folder cannot be written, or no process can be had.
    """
    tried = attempts(run)
    word = status_of(run).word
    if word == "finished" or word in HELD:
        return None
    try:
        attempt = claim(run, tried)
    except FileExistsError:
        return None
    withdraw(run)
    job = Job(backend="local", argv=(sys.executable, "-P", "-m", "engine", str(run)), time=time.time())
    publish(attempt / "job.json", job)
    environment = os.environ | {"CUDA_VISIBLE_DEVICES": slot.gpu or "", "PYTHONUNBUFFERED": "1"}
    with (attempt / "log.txt").open("ab") as log:
        engine = subprocess.Popen(
            job.argv,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=environment,
        )
    publish(attempt / "job.json", replace(job, process=identify(engine.pid)))
    return engine
