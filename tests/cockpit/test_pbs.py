"""The PBS driver against what a real OpenPBS said, and against stand-ins that run the payload for real.

There is no PBS to install from Debian: a real one, PBS Pro and Torque were not tried.
"""

from __future__ import annotations

import shlex
import sys
import time
import tomllib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "pbs_stand_ins"))
from stand_in_pbs import StandInPbs

from cockpit.launch.executor import Submission, Unreachable
from cockpit.launch.pbs import Pbs
from cockpit.launch.profile import PbsProfile, read_profile
from cockpit.status import status_of
from engine.contract.errors import UserError
from engine.contract.folder import EXIT_STOPPED, Ended, Job, attempts, claim, publish, read_json
from engine.contract.stream import Epoch, Reader

MakeRuns = Callable[..., list[Path]]
RECORDED = tomllib.loads((Path(__file__).parents[1] / "pbs_stand_ins" / "recorded.toml").read_text())


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandInPbs]:
    stand_in = StandInPbs(tmp_path / "pbs", monkeypatch)
    yield stand_in
    stand_in.stop()


def pbs(**table: object) -> Pbs:
    return Pbs(read_profile(table, PbsProfile, "config.toml", "backend.pbs"))


def payload(tmp_path: Path, work: str) -> Pbs:
    """A driver whose interpreter does this piece of shell instead, with the run's folder as $RUN."""
    path = tmp_path / "stand-in"
    path.write_text(f'#!/bin/bash\nRUN="${{@: -1}}"\n{work}\n')
    path.chmod(0o755)
    return pbs(gpus=0, python=str(path))


def folders(root: Path, count: int) -> list[Path]:
    runs = [root / "group" / f"run {number}" for number in range(count)]
    for run in runs:
        run.mkdir(parents=True)
    return runs


def launch(driver: Pbs, tag: str, runs: Sequence[Path], folder: Path) -> list[str]:
    """As a queue does: claim, say so, submit."""
    for run in runs:
        attempt = claim(run, attempts(run))
        publish(attempt / "job.json", Job(backend="pbs", argv=("qsub", tag), time=time.time()))
    return driver.submit(tag, folder, runs)


def wait_for(condition: Callable[[], object], what: str, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"no {what} within {seconds} s"
        time.sleep(0.05)


def submission(runs: list[Path], **table: object) -> Submission:
    return pbs(**table).submission("long-tag-of-a-job", Path("/jobs"), runs)


def test_every_setting_is_one_argument_and_every_run_a_job() -> None:
    made = submission(
        [Path("/runs/a"), Path("/runs/b c")],
        queue="gpu",
        account="lab",
        time="1-04:00:00",
        gpus=2,
        cpus=8,
        memory="16G",
        options=["-W", "umask=022"],
    )
    first, second = made.commands
    assert first == [
        "qsub",
        *["-N", "long-tag-of-a-j"],
        *["-r", "n"],
        *["-j", "oe"],
        *["-o", "/jobs/long-tag-of-a-job/0.out"],
        *["-v", "COCKPIT_TASK=long-tag-of-a-job.0"],
        *["-q", "gpu"],
        *["-A", "lab"],
        *["-l", "select=1:ncpus=8:ngpus=2:mem=16gb"],
        *["-l", "walltime=28:00:00"],
        *["-W", "umask=022"],
        "--",
        "/bin/bash",
        "/jobs/long-tag-of-a-job/job.sh",
        "0",
    ]
    assert [theirs for ours, theirs in zip(first, second, strict=True) if ours != theirs] == [
        "/jobs/long-tag-of-a-job/1.out",
        "COCKPIT_TASK=long-tag-of-a-job.1",
        "1",
    ]


def test_what_is_not_said_is_left_to_the_cluster() -> None:
    (command,) = submission([Path("/runs/a")], gpus=0).commands
    assert command[command.index("-v") :] == [
        "-v",
        "COCKPIT_TASK=long-tag-of-a-job.0",
        "--",
        "/bin/bash",
        "/jobs/long-tag-of-a-job/job.sh",
        "0",
    ]
    assert "select=1:ngpus=1" in submission([Path("/runs/a")]).commands[0]


def test_the_script_writes_the_runs_own_log_and_gives_its_place_to_the_engine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COCKPIT_DATA", "/data of mine")
    made = submission([Path("/runs/a"), Path("/runs/b c")], time="04:00:00", grace=300, modules=["cuda"])
    assert made.text.splitlines() == [
        "#!/bin/bash -l",
        "# The runs of long-tag-of-a-job; an argument, or Slurm, says which of them by its number.",
        "runs=(",
        "  /runs/a",
        "  '/runs/b c'",
        ")",
        "export COCKPIT_DATA='/data of mine' PYTHONUNBUFFERED=1",
        'exec >>"${0%/*}/$1.log" 2>&1',
        "export COCKPIT_DEADLINE=14100",
        "module load cuda || exit 1",
        f'exec {shlex.quote(sys.executable)} -P -m engine "${{runs[${{1:-$SLURM_ARRAY_TASK_ID}}]}}"',
    ]
    assert made.commands[0][-4:] == ["/bin/bash", "-l", "/jobs/long-tag-of-a-job/job.sh", "0"]


@pytest.mark.parametrize(
    ("case", "where"),
    [
        ("qstat_running", {"50.pbsbox": "running"}),
        ("qstat_queued", {"51.pbsbox": "queued"}),
        ("qstat_held", {"52.pbsbox": "queued"}),
        ("qstat_many", {"50.pbsbox": "running", "51.pbsbox": "queued", "52.pbsbox": "queued"}),
        ("qstat_mixed_unknown", {"50.pbsbox": "running", "99999.pbsbox": "gone"}),
        ("qstat_unknown", {"99999.pbsbox": "gone"}),
        ("qstat_finished_nox", {"50.pbsbox": "gone"}),
        ("qstat_serverdown", {"50.pbsbox": "unknown", "51.pbsbox": "unknown"}),
        # It answered, and of the second job said nothing at all.
        ("qstat_running", {"50.pbsbox": "running", "51.pbsbox": "unknown"}),
        # What `qstat -x` prints where a site has made it the default.
        ("qstat_finished_x", {"50.pbsbox": "gone"}),
        ("qstat_depfail_x", {"52.pbsbox": "gone"}),
        ("qstat_array_t", {"57[0].pbsbox": "running", "57[2].pbsbox": "queued"}),
    ],
)
def test_what_qstat_said_is_understood(
    case: str, where: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = RECORDED[case]
    (tmp_path / "out").write_text(said.get("output", ""))
    (tmp_path / "err").write_text(said.get("error", ""))
    qstat = tmp_path / "qstat"
    asked = tmp_path / "asked"
    qstat.write_text(
        f'#!/bin/sh\ncd {tmp_path}\necho "$@" >>asked\n/bin/cat out; /bin/cat err >&2; exit {said["exit_code"]}\n'
    )
    qstat.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert pbs().seen(list(where)) == where
    assert asked.read_text() == f"-f {' '.join(where)}\n"


def test_a_command_that_is_not_there_is_unknown_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert pbs().seen(["1.pbsbox"]) == {"1.pbsbox": "unknown"}
    assert pbs().seen([]) == {}
    with pytest.raises(UserError, match="cannot be run: No such file"):
        pbs().find("tag")


def test_an_engine_trains_to_its_end_and_another_saves_on_a_signal(
    server: StandInPbs, make_runs: MakeRuns, tmp_path: Path
) -> None:
    (short,), (long,) = (
        make_runs("run.epochs=1", only="mixup0-seed0*"),
        make_runs("run.epochs=2000", only="mixup0-seed1*"),
    )
    ids = launch(pbs(gpus=0), "engines", [short, long], tmp_path / "jobs")
    wait_for(lambda: any(isinstance(r, Epoch) for r in Reader(long / "metrics.jsonl").poll()), "epoch")
    pbs().cancel(ids[1:], signal=True)
    wait_for(lambda: set(pbs().seen(ids).values()) == {"gone"}, "end")
    assert [status_of(run).word for run in (short, long)] == ["finished", "stopped"]
    ended = read_json(attempts(long)[-1] / "ended.json", Ended)
    assert ended is not None
    assert ended.exit_code == server.exit_code(ids[1]) == EXIT_STOPPED
    assert "finished" in (attempts(short)[-1] / "log.txt").read_text()
    assert server.output(ids[0]) == ""


def test_what_a_run_prints_is_in_its_attempts_log_while_it_runs(server: StandInPbs, tmp_path: Path) -> None:
    driver = payload(tmp_path, 'echo "at work on $RUN, for $COCKPIT_TASK"; sleep 60')
    runs = folders(tmp_path / "runs", 1)
    ids = launch(driver, "visible", runs, tmp_path / "my jobs")
    log = attempts(runs[0])[-1] / "log.txt"
    wait_for(lambda: log.exists() and log.read_text(), "output")
    assert log.read_text() == f"at work on {runs[0]}, for visible.0\n"
    assert driver.seen(ids) == {ids[0]: "running"}


def test_jobs_wait_run_are_found_and_go(server: StandInPbs, tmp_path: Path) -> None:
    driver = payload(tmp_path, "trap 'exit 85' USR1; echo ready; for i in {1..600}; do sleep 0.1; done")
    runs = folders(tmp_path / "runs", 3)
    ids = launch(driver, "three", runs, tmp_path / "jobs")
    other = launch(driver, "three-more", folders(tmp_path / "other", 1), tmp_path / "jobs")
    assert driver.find("three") == dict(enumerate(ids))
    assert driver.find("three-more") == {0: other[0]}
    assert driver.find("thre") == {}
    wait_for(lambda: sorted(driver.seen(ids).values()) == ["queued", "running", "running"], "two at work")
    logs = [attempts(run)[-1] / "log.txt" for run in runs]
    wait_for(lambda: all(log.exists() and log.read_text() for log in logs[:2]), "trap in both shells")
    driver.cancel([*ids, "999.pbsbox"], signal=True)
    wait_for(lambda: set(driver.seen([*ids, "999.pbsbox"]).values()) == {"gone"}, "end of all")
    assert [server.exit_code(job) for job in ids[:2]] == [85, 85]
    assert not logs[2].exists()
    assert driver.find("three") == {}
    driver.cancel(ids, signal=False)  # what is gone already is no trouble


def test_an_end_is_term_to_the_engine(server: StandInPbs, tmp_path: Path) -> None:
    driver = payload(tmp_path, "sleep 60")
    ids = launch(driver, "ended", folders(tmp_path / "runs", 1), tmp_path / "jobs")
    wait_for(lambda: driver.seen(ids) == {ids[0]: "running"}, "a job at work")
    driver.cancel(ids, signal=False)
    wait_for(lambda: driver.seen(ids) == {ids[0]: "gone"}, "end")
    assert server.exit_code(ids[0]) == -15


def test_what_the_cluster_refuses_is_told_in_its_words(server: StandInPbs, tmp_path: Path) -> None:
    runs = folders(tmp_path / "runs", 1)
    with pytest.raises(UserError, match="qsub: Unknown queue") as refused:
        launch(pbs(queue="nope"), "refused", runs, tmp_path / "jobs")
    assert not isinstance(refused.value, Unreachable)
    with pytest.raises(UserError, match="qsub: Unknown resource: nosuch"):
        launch(pbs(options=["-l", "select=1:nosuch=1"]), "refused", runs, tmp_path / "jobs")
    assert pbs().find("refused") == {}


def test_all_or_none(server: StandInPbs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The third is refused: the two before it go again."""
    qsub = tmp_path / "pbs" / "bin" / "qsub"
    real = qsub.read_text()
    qsub.write_text(
        real.replace("exec", 'case "$*" in *" 2") echo "qsub: would exceed limit" >&2; exit 38;; esac\nexec')
    )
    driver = payload(tmp_path, "sleep 60")
    with pytest.raises(UserError, match="would exceed limit"):
        launch(driver, "limit", folders(tmp_path / "runs", 3), tmp_path / "jobs")
    wait_for(lambda: driver.find("limit") == {}, "end of those before it")


def test_a_server_that_is_down_says_nothing(server: StandInPbs, tmp_path: Path) -> None:
    driver = payload(tmp_path, "sleep 60")
    runs = folders(tmp_path / "runs", 2)
    ids = launch(driver, "before", runs[:1], tmp_path / "jobs")
    wait_for(lambda: driver.seen(ids) == {ids[0]: "running"}, "a job at work")
    server.down()
    assert driver.seen([*ids, "999.pbsbox"]) == {ids[0]: "unknown", "999.pbsbox": "unknown"}
    with pytest.raises(Unreachable, match="cannot connect to server"):
        launch(driver, "during", runs[1:], tmp_path / "jobs")
    with pytest.raises(Unreachable):
        driver.find("before")
    with pytest.raises(Unreachable):
        driver.cancel(ids, signal=True)
    server.down(down=False)
    assert driver.seen([*ids, "999.pbsbox"]) == {ids[0]: "running", "999.pbsbox": "gone"}
    assert driver.find("during") == {}
