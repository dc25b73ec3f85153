"""The local executor: engines as processes of this machine that outlive whoever started them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from msgspec.structs import replace

from cockpit.launch import failpoint
from cockpit.launch.slots import Slot
from cockpit.request import Request
from engine.contract.cleaning import clean
from engine.contract.folder import Job, claim, publish
from engine.contract.process import identify


def start(run: Path, after: list[Path], slot: Slot, request: Request) -> subprocess.Popen[bytes] | None:
    """Claim the attempt that follows those in `after` and start its engine; None when somebody else has claimed it.

    Whoever calls has listed those attempts, and then seen that the run is free: in this order (see `claim`). The
    engine is the leader of a session of its own, reads from nowhere and writes to a file: any one of these missing,
    and a closed terminal would take it along.

    Raises:
        OSError: the folder cannot be written, or no process can be had.
    """
    try:
        attempt = claim(run, after)
    except FileExistsError:
        return None
    failpoint.reach("claimed")
    # A request to stop that no engine has honoured was meant for an earlier attempt.
    (run / "control" / "stop").unlink(missing_ok=True)
    argv = (request.python or sys.executable, "-P", "-m", "engine", str(run))
    has = {"gpu": slot.gpu, "gpu_share": slot.gpu_share, "threads": slot.threads}
    # What is written down is for people: a path need not be what JSON can hold.
    job = Job(backend="local", argv=tuple(map(clean, argv)), time=time.time(), **has)  # type: ignore[arg-type]
    try:
        publish(attempt / "job.json", job)
    except OSError:
        # A disk that is full: nothing was launched, and no attempt is to stand for it.
        with suppress(OSError):
            attempt.rmdir()
        raise
    failpoint.reach("written down")
    environment = os.environ | request.environment | {"CUDA_VISIBLE_DEVICES": slot.gpu or "", "PYTHONUNBUFFERED": "1"}
    with (attempt / "log.txt").open("ab") as log:
        engine = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=environment,
        )
    failpoint.reach("started")
    publish(attempt / "job.json", replace(job, process=identify(engine.pid)))
    failpoint.reach("known")
    return engine
