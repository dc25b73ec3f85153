"""The queue on PBS, behind stand-in commands that answer as a real one was recorded to, and really run the jobs."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cockpit.jobs import STATE
from cockpit.launch import cluster as clusters
from cockpit.launch import control
from cockpit.launch.supervisor import Supervisor
from cockpit.runs import RunsFolder
from engine.contract.folder import Job, attempts, read_json

# With --import-mode=importlib a test sees no module beside it unless told where that is.
sys.path.append(str(Path(__file__).parents[1] / "pbs_stand_ins"))
from stand_in_pbs import StandInPbs


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandInPbs]:
    (tmp_path / "config.toml").write_text("[backend.pbs]\ngpus = 0\n")
    monkeypatch.setenv("COCKPIT_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.setattr(clusters, "SEEN_SECONDS", 0.5)
    # A job that was submitted into an outage, and is not found after it, was never taken.
    monkeypatch.setattr(clusters, "FOUND_SECONDS", 3.0)
    stand_in = StandInPbs(tmp_path / "pbs", monkeypatch)
    yield stand_in
    stand_in.stop()


def test_runs_are_submitted_and_an_outage_on_the_way_is_unknown_and_never_a_loss(
    root: Path, make_runs: Callable[..., list[Path]], server: StandInPbs
) -> None:
    runs = make_runs("run.epochs=1", "run.phases=[]", only="*-seed0*")
    server.down()
    control.ask(runs, backend="pbs")
    supervisor, end = Supervisor(root), time.monotonic() + 90
    words: set[str] = set()
    while supervisor.tick().is_open:
        words |= {s.status.word for s in RunsFolder(root).poll()}
        if words & {"starting", "unknown"} and (server.folder / "down").exists():
            server.down(down=False)
        assert time.monotonic() < end, words
        time.sleep(0.1)
    assert [s.status.word for s in RunsFolder(root).poll()] == ["finished", "finished"]
    assert not words & {"lost", "failed"}
    jobs = [read_json(attempts(run)[-1] / "job.json", Job) for run in runs]
    assert all(job and job.backend == "pbs" and job.id for job in jobs)


@pytest.mark.slow
def test_doctor_sends_three_tiny_jobs(root: Path, server: StandInPbs) -> None:
    command = [sys.executable, "-P", "-m", "cockpit.cli", "doctor", "pbs", "--runs", str(root)]
    (server.folder / "slow").write_text("1.5")
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    # It waited for the jobs, which deliver into its folder, before it took that away.
    assert [path.read_text() for path in server.folder.glob("*/state")] == ["F", "F", "F"]
    assert not [*(root / STATE).glob("doctor-*")]
    for line in ("✓ success: finished", "✓ failure: failed", "✓ dependent: finished"):
        assert line in ran.stdout
