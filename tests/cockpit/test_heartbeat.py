"""What an engine's heartbeat says of it, here and on another machine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from cockpit.runs import RunsFolder
from cockpit.status import SILENCE_SECONDS, Status, status_of
from engine.contract.folder import Started, claim, publish
from engine.contract.process import ProcessId, identify


@pytest.fixture
def process() -> Iterator[ProcessId]:
    """A real process that stands for an engine, stopped as by SIGSTOP."""
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"])
    found = identify(child.pid)
    assert found is not None
    child.send_signal(signal.SIGSTOP)
    yield found
    child.kill()
    child.wait()


@pytest.fixture
def attempt(make_runs: Callable[..., list[Path]]) -> Path:
    return claim(make_runs(only="mixup0-seed0*")[0], [])


def silent(attempt: Path, process: ProcessId) -> float:
    """Its last beat was so long ago."""
    publish(attempt / "started.json", Started(process=process, time=0.0))
    past = time.time() - SILENCE_SECONDS - 10
    os.utime(attempt / "started.json", (past, past))
    return past


def test_on_another_host_silence_is_not_failure(attempt: Path, process: ProcessId) -> None:
    publish(attempt / "started.json", Started(process=replace(process, host="node17"), time=0.0))
    assert status_of(attempt.parents[1]).word == "running"
    silent(attempt, replace(process, host="node17"))
    status = status_of(attempt.parents[1])
    assert status.word == "silent" and "node17" in status.reason


def test_an_engine_here_that_lives_and_does_not_beat_gives_no_sign(attempt: Path, process: ProcessId) -> None:
    run = attempt.parents[1]
    publish(attempt / "started.json", Started(process=process, time=0.0))
    assert status_of(run) == Status("running")
    since = time.strftime("%H:%M", time.localtime(silent(attempt, process)))
    status = status_of(run)
    assert status == Status("running", f"gives no sign since {since}: its process is stopped, or hangs")
    assert status.is_mute
    [snapshot] = RunsFolder(run.parents[1]).poll()
    assert snapshot.status == status and snapshot.seconds_left is None
