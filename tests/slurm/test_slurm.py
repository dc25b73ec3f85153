"""The Slurm driver against a real Slurm: what it submits runs, and what it says of a job is so."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from one_node import OneNode, wait_for

from cockpit.launch import executor
from cockpit.launch.executor import Seen, Unreachable
from cockpit.launch.profile import SlurmProfile
from cockpit.launch.slurm import Slurm
from cockpit.status import status_of
from engine.contract.errors import UserError
from engine.contract.folder import EXIT_STOPPED, Ended, Job, Started, attempts, claim, publish, read_json
from engine.contract.stream import Epoch, Reader, RunStarted

MakeRuns = Callable[..., list[Path]]
ONE = "mixup0-seed0*"
LONG = "run.epochs=2000"
CPU = SlurmProfile(gpus=0)


def launch(slurm: Slurm, tag: str, runs: Sequence[Path], folder: Path) -> list[str]:
    """As a queue does: claim, say so, submit."""
    for run in runs:
        attempt = claim(run, attempts(run))
        publish(attempt / "job.json", Job(backend="slurm", argv=("sbatch", tag), time=time.time()))
    return slurm.submit(tag, folder, runs)


def wait_until(slurm: Slurm, ids: Sequence[str], wanted: Seen, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while set((seen := slurm.seen(ids)).values()) != {wanted}:
        assert time.monotonic() < end, f"{seen} after {seconds} s, not {wanted}"
        time.sleep(0.2)


def trains(run: Path) -> bool:
    """Whether an engine of the newest attempt has done an epoch."""
    records = Reader(run / "metrics.jsonl").poll()
    return any(r.attempt == int(attempts(run)[-1].name) and isinstance(r, Epoch) for r in records)


def verdict(run: Path) -> Ended:
    ended = read_json(attempts(run)[-1] / "ended.json", Ended)
    assert ended is not None, (attempts(run)[-1] / "log.txt").read_text()
    return ended


def started(run: Path) -> Started:
    found = read_json(attempts(run)[-1] / "started.json", Started)
    assert found is not None
    return found


def log(run: Path) -> str:
    return (attempts(run)[-1] / "log.txt").read_text()


def printed(run: Path) -> str:
    """As `log`, of a run that may not have begun."""
    return log(run) if (attempts(run)[-1] / "log.txt").exists() else ""


def stand_in(tmp_path: Path, work: str) -> SlurmProfile:
    """A profile whose interpreter does this piece of shell instead, with the run's folder as $RUN."""
    path = tmp_path / "stand-in"
    path.write_text(f'#!/bin/bash\nRUN="${{@: -1}}"\n{work}\n')
    path.chmod(0o755)
    return SlurmProfile(gpus=0, python=str(path))


def folders(root: Path, count: int) -> list[Path]:
    runs = [root / "group" / f"run {number}" for number in range(count)]
    for run in runs:
        run.mkdir(parents=True)
    return runs


@pytest.mark.slow
# The longest comes first: test processes take over what is left from one another's ends.
def test_before_the_time_limit_the_engine_saves_and_the_next_job_goes_on(
    cluster: OneNode, make_runs: MakeRuns, tmp_path: Path
) -> None:
    """The shortest limit there is. Slurm looks every half minute, and so warns 20 to 50 seconds after the start."""
    run = make_runs(LONG, only=ONE)[0]
    slurm = Slurm(SlurmProfile(gpus=0, time="00:01:00", grace=10))
    ids = launch(slurm, "limit", [run], tmp_path)
    wait_until(slurm, ids, "gone", 90)
    assert verdict(run).exit_code == EXIT_STOPPED
    assert "TIME LIMIT" not in log(run)
    slurm = Slurm(CPU)
    again = launch(slurm, "limit-2", [run], tmp_path)
    wait_for(lambda: trains(run), "epoch of the second job")
    slurm.cancel(again, signal=True)
    wait_until(slurm, again, "gone")
    records = Reader(run / "metrics.jsonl").poll()
    assert [r.epoch for r in records if isinstance(r, RunStarted)] == [
        0,
        max(r.epoch for r in records if isinstance(r, Epoch) and r.attempt == 1),
    ]


def test_an_engine_trains_to_its_end(cluster: OneNode, make_runs: MakeRuns, tmp_path: Path) -> None:
    run, slurm = make_runs("run.epochs=1", only=ONE)[0], Slurm(CPU)
    ids = launch(slurm, "success", [run], tmp_path)
    wait_until(slurm, ids, "gone")
    assert status_of(run).word == "finished"
    assert "finished" in log(run)


def test_what_a_run_prints_is_in_its_attempts_log_while_it_runs(cluster: OneNode, tmp_path: Path) -> None:
    """Its own folder is what it is given, and the job's may hold what Slurm would take for a pattern."""
    slurm = Slurm(stand_in(tmp_path, 'echo "at work on $RUN"; sleep 60'))
    runs = [tmp_path / "50% of $HOME" / "it's", tmp_path / "plain"]
    for run in runs:
        run.mkdir(parents=True)
    ids = launch(slurm, "visible", runs, tmp_path / "jobs %j of 100%")
    for run in runs:
        wait_for(lambda run=run: (attempts(run)[-1] / "log.txt").exists() and log(run), "output")
        assert log(run) == f"at work on {run}\n"
    assert set(slurm.seen(ids).values()) == {"running"}


def test_an_engine_that_refuses_its_settings_says_so_in_the_log(
    cluster: OneNode, make_runs: MakeRuns, tmp_path: Path
) -> None:
    run, slurm = make_runs("run.epochs=1", only=ONE)[0], Slurm(CPU)
    (run / "spec.toml").write_text("[run]\nmodle = 'resnet8'\n")
    ids = launch(slurm, "failure", [run], tmp_path)
    wait_until(slurm, ids, "gone")
    assert "modle" in log(run)
    assert not (attempts(run)[-1] / "started.json").exists()


def test_a_cancelled_engine_saves_first(cluster: OneNode, make_runs: MakeRuns, tmp_path: Path) -> None:
    runs, slurm = make_runs(LONG, only="*seed0*"), Slurm(CPU)
    ids = launch(slurm, "cancel", runs, tmp_path)
    wait_for(lambda: all(map(trains, runs)), "epoch of both")
    slurm.cancel(ids[:1], signal=True)
    slurm.cancel(ids[1:], signal=False)
    wait_until(slurm, ids, "gone")
    assert [verdict(run).exit_code for run in runs] == [EXIT_STOPPED, EXIT_STOPPED]
    assert ["CANCELLED" in log(run) for run in runs] == [True, True]
    slurm.cancel(ids, signal=True)  # what is gone already is no trouble
    slurm.cancel(ids, signal=False)


def test_a_killed_engine_is_gone_and_left_no_word(cluster: OneNode, make_runs: MakeRuns, tmp_path: Path) -> None:
    run, slurm = make_runs(LONG, only=ONE)[0], Slurm(CPU)
    ids = launch(slurm, "killed", [run], tmp_path)
    wait_for(lambda: (attempts(run)[-1] / "started.json").exists(), "engine")
    assert slurm.seen(ids) == {ids[0]: "running"}
    os.kill(started(run).process.pid, signal.SIGKILL)
    wait_for(lambda: status_of(run).word == "lost", "loss", 1.0)
    wait_until(slurm, ids, "gone")


def test_two_runs_share_a_gpu_by_shards_and_a_third_waits(
    cluster: OneNode, make_runs: MakeRuns, tmp_path: Path
) -> None:
    runs, slurm = make_runs(LONG)[:3], Slurm(SlurmProfile(shards=1))
    ids = launch(slurm, "shards", runs, tmp_path)
    wait_for(lambda: sum((attempts(run)[-1] / "started.json").exists() for run in runs) == 2, "two engines")
    assert sorted(slurm.seen(ids).values()) == ["queued", "running", "running"]
    gpus = [
        Path(f"/proc/{started(run).process.pid}/environ").read_bytes().split(b"\0")
        for run in runs
        if (attempts(run)[-1] / "started.json").exists()
    ]
    assert [[v for v in each if v.startswith(b"CUDA_VISIBLE_DEVICES=")] for each in gpus] == [
        [b"CUDA_VISIBLE_DEVICES=0"]
    ] * 2
    slurm.cancel(ids, signal=True)
    wait_until(slurm, ids, "gone")


def test_forty_runs_are_one_array_of_which_no_more_run_than_the_throttle_says(
    cluster: OneNode, tmp_path: Path
) -> None:
    busy = tmp_path / "busy"
    busy.mkdir()
    work = f'cd {busy}; touch $$; ls | wc -l >"$RUN/at-once"; sleep 0.3; rm $$; echo done >"$RUN/done"'
    profile = stand_in(tmp_path, work)
    slurm = Slurm(SlurmProfile(gpus=0, python=profile.python, throttle=6))
    runs = folders(tmp_path / "runs", 40)
    ids = launch(slurm, "forty", runs, tmp_path)
    assert len({job.partition("_")[0] for job in ids}) == 1
    assert slurm.find("forty") == dict(enumerate(ids))
    wait_until(slurm, ids, "gone")
    assert all((run / "done").exists() for run in runs)
    assert 1 < max(int((run / "at-once").read_text()) for run in runs) <= 6


def test_one_that_runs_while_its_array_waits_is_asked_once_only(cluster: OneNode, tmp_path: Path) -> None:
    """An engine takes a second signal for an order to die; this one needs longer to save than scancel's patience."""
    profile = stand_in(
        tmp_path, "trap 'echo asked; sleep 3; exit 85' TERM USR1; echo ready; for i in {1..600}; do sleep 0.1; done"
    )
    slurm = Slurm(SlurmProfile(gpus=0, python=profile.python, throttle=1))
    runs = folders(tmp_path / "runs", 3)
    ids = launch(slurm, "waiting", runs, tmp_path)
    wait_for(lambda: sorted(slurm.seen(ids).values()) == ["queued", "queued", "running"], "a job at work")
    wait_for(lambda: "ready" in "".join(map(printed, runs)), "trap")
    begun = time.monotonic()
    slurm.cancel(ids, signal=True)
    assert time.monotonic() - begun < 2
    wait_until(slurm, ids, "gone")
    assert sorted(printed(run).count("asked\n") for run in runs) == [0, 0, 1]


def test_what_the_cluster_refuses_is_told_in_its_words(cluster: OneNode, tmp_path: Path) -> None:
    run = folders(tmp_path / "runs", 1)
    with pytest.raises(UserError, match="invalid partition specified: nope") as refused:
        launch(Slurm(SlurmProfile(partition="nope")), "refused", run, tmp_path)
    assert not isinstance(refused.value, Unreachable)
    with pytest.raises(UserError, match="Requested node configuration is not available"):
        launch(Slurm(SlurmProfile(gpus=9)), "refused", run, tmp_path)
    assert Slurm(CPU).find("refused") == {}


def test_ids_that_nobody_knows_are_gone(cluster: OneNode, tmp_path: Path) -> None:
    slurm = Slurm(stand_in(tmp_path, "sleep 60"))
    assert slurm.seen(["987654_0"]) == {"987654_0": "gone"}
    assert slurm.seen(["987654_0", "987655_1"]) == {"987654_0": "gone", "987655_1": "gone"}
    ids = launch(slurm, "known", folders(tmp_path / "runs", 1), tmp_path)
    wait_until(slurm, ids, "running")
    assert slurm.seen([*ids, "987654_0"]) == {ids[0]: "running", "987654_0": "gone"}
    slurm.cancel([*ids, "987654_0"], signal=False)
    wait_until(slurm, ids, "gone")


def test_a_controller_that_is_held_up_says_nothing_and_a_job_it_took_unheard_is_found(
    cluster: OneNode, tmp_path: Path
) -> None:
    slurm = Slurm(stand_in(tmp_path, "sleep 120"))
    runs = folders(tmp_path / "runs", 2)
    ids = launch(slurm, "before", runs[:1], tmp_path)
    wait_until(slurm, ids, "running")
    cluster.signal_controller(signal.SIGSTOP)
    try:
        assert slurm.seen([*ids, "987654_0"]) == {ids[0]: "unknown", "987654_0": "unknown"}
        with pytest.raises(Unreachable, match="timed out"):
            launch(slurm, "unheard", runs[1:], tmp_path)
    finally:
        cluster.signal_controller(signal.SIGCONT)
    assert slurm.seen(ids) == {ids[0]: "running"}
    # sbatch gave up waiting, and yet its job lay in the controller's hands.
    wait_for(lambda: slurm.find("unheard"), "job that was submitted unheard", 10)
    wait_until(slurm, list(slurm.find("unheard").values()), "running")


@pytest.mark.slow
def test_a_controller_that_was_killed_says_nothing_and_is_right_again_when_it_is_back(
    cluster: OneNode, tmp_path: Path
) -> None:
    slurm = Slurm(stand_in(tmp_path, "sleep 120"))
    runs = folders(tmp_path / "runs", 1)
    ids = launch(slurm, "outage", runs, tmp_path)
    wait_until(slurm, ids, "running")
    # It writes its queue down every few seconds, and ends what it does not find written when it comes back.
    wait_for(lambda: b"outage" in (cluster.folder / "state" / "job_state").read_bytes(), "job written down")
    cluster.kill_controller()
    try:
        assert slurm.seen(ids) == {ids[0]: "unknown"}
        with pytest.raises(Unreachable, match="contact slurm controller"):
            slurm.submit("down", tmp_path, runs)
        with pytest.raises(Unreachable):
            slurm.find("outage")
        with pytest.raises(Unreachable):
            slurm.cancel(ids, signal=True)
    finally:
        cluster.start_controller()
    wait_until(slurm, ids, "running", 20)
    assert slurm.find("outage") == {0: ids[0]}
    assert slurm.find("down") == {}


def test_a_job_on_a_node_that_goes_down_is_gone_and_not_run_again_by_slurm(cluster: OneNode, tmp_path: Path) -> None:
    slurm = Slurm(stand_in(tmp_path, 'echo begun >>"$RUN/begun"; sleep 120'))
    runs = folders(tmp_path / "runs", 1)
    ids = launch(slurm, "node-down", runs, tmp_path)
    wait_for((runs[0] / "begun").exists, "a job at work")
    cluster.tell("scontrol", "update", f"NodeName={cluster.host}", "State=DOWN", "Reason=test")
    try:
        wait_until(slurm, ids, "gone", 20)
    finally:
        cluster.tell("scontrol", "update", f"NodeName={cluster.host}", "State=RESUME")
    wait_for(lambda: cluster.node_state() == "idle", "idle node", 30)
    assert (runs[0] / "begun").read_text() == "begun\n"
    assert slurm.seen(ids) == {ids[0]: "gone"}


def test_a_command_that_is_not_there_or_never_answers_is_unknown_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No cluster is needed for this one."""
    slurm = Slurm(CPU)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert slurm.seen(["1_0"]) == {"1_0": "unknown"}
    with pytest.raises(UserError, match="cannot be run: No such file"):
        slurm.find("tag")
    deaf = tmp_path / "squeue"
    deaf.write_text("#!/bin/sh\nexec /bin/sleep 30\n")
    deaf.chmod(0o755)
    monkeypatch.setattr(executor, "ASK_SECONDS", 0.2)
    assert slurm.seen(["1_0"]) == {"1_0": "unknown"}
    with pytest.raises(Unreachable, match="no answer"):
        slurm.find("tag")
