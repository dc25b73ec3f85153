"""What is handed to Slurm, to the letter, and what is never handed to it. No cluster is needed."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from cockpit.launch.executor import Submission
from cockpit.launch.profile import PbsProfile, SlurmProfile, read_profile
from cockpit.launch.slurm import Slurm
from engine.contract.errors import UserError
from engine.contract.folder import claim

FULL = {
    "partition": "gpu",
    "account": "lab",
    "time": "1-04:00:00",
    "gpus": 2,
    "cpus": 8,
    "memory": "16G",
    "modules": ["cuda/12.4", "python 3"],
    "python": "/opt/my python/bin/python",
    "options": ["--qos=high", "--mail-user=me@example.org; rm -rf /"],
    "throttle": 8,
    "grace": 300,
}


def profile(**table: object) -> SlurmProfile:
    return read_profile(table, SlurmProfile, "config.toml", "backend.slurm")


def submission(runs: list[Path], **table: object) -> Submission:
    return Slurm(profile(**table)).submission("tag-1", Path("/jobs"), runs)


def test_every_setting_is_one_argument_and_the_users_own_come_last() -> None:
    assert submission([Path("/runs/a")] * 40, **FULL).commands == [
        [
            "sbatch",
            "--parsable",
            "--job-name=tag-1",
            "--comment=tag-1",
            "--no-requeue",
            "--open-mode=append",
            "--output=/jobs/tag-1/%a.log",
            "--array=0-39%8",
            "--ntasks=1",
            "--signal=B:USR1@300",
            "--partition=gpu",
            "--account=lab",
            "--time=1-04:00:00",
            "--gres=gpu:2",
            "--cpus-per-task=8",
            "--mem=16G",
            "--qos=high",
            "--mail-user=me@example.org; rm -rf /",
            "/jobs/tag-1/job.sh",
        ]
    ]


def test_what_is_not_said_is_left_to_the_cluster() -> None:
    (command,) = submission([Path("/runs/a")]).commands
    assert [argument.partition("=")[0] for argument in command if argument.startswith("--")] == [
        "--parsable",
        "--job-name",
        "--comment",
        "--no-requeue",
        "--open-mode",
        "--output",
        "--array",
        "--ntasks",
        "--signal",
        "--gres",
    ]
    assert "--gres=gpu:1" in command
    assert not any("gres" in argument for argument in submission([Path("/runs/a")], gpus=0).commands[0])


def test_shards_take_the_place_of_whole_gpus() -> None:
    assert "--gres=shard:2" in submission([Path("/runs/a")], shards=2).commands[0]


def test_a_folder_is_no_pattern() -> None:
    made = Slurm(profile()).submission("tag-1", Path("/50%j"), [Path("/runs/a")])
    assert "--output=/50%%j/tag-1/%a.log" in made.commands[0]
    assert made.script == Path("/50%j/tag-1/job.sh")


def test_the_script_gives_its_place_to_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COCKPIT_DATA", "/data of mine")
    text = submission([Path("/runs/a b"), Path("/runs/c'd")], **FULL).text
    assert text.splitlines() == [
        "#!/bin/bash -l",
        "# The runs of tag-1; an argument, or Slurm, says which of them by its number.",
        "runs=(",
        "  '/runs/a b'",
        "  '/runs/c'\"'\"'d'",
        ")",
        "export COCKPIT_DATA='/data of mine' PYTHONUNBUFFERED=1",
        "module load cuda/12.4 'python 3' || exit 1",
        "exec '/opt/my python/bin/python' -P -m engine \"${runs[${1:-$SLURM_ARRAY_TASK_ID}]}\"",
    ]
    plain = submission([Path("/runs/a")]).text.splitlines()
    assert plain[0] == "#!/bin/bash"
    assert not any("module" in line for line in plain)
    assert shlex.split(plain[-1])[:5] == ["exec", sys.executable, "-P", "-m", "engine"]


@pytest.mark.parametrize(
    "name", ["$(touch pwned)", "`touch pwned`", "'; touch pwned; '", '"; touch pwned; "', "\\", "*"]
)
def test_no_name_is_ever_a_command(name: str, tmp_path: Path) -> None:
    """The script is run for real, by hand and as an array's task, with an echo for an interpreter."""
    runs = [tmp_path / "first", Path(f"{tmp_path}/runs {name}")]
    made = Slurm(profile(python="/bin/echo")).submission("tag", tmp_path, runs)
    script = tmp_path / "job.sh"
    script.write_text(made.text)
    by_hand = subprocess.run(["bash", script, "1"], cwd=tmp_path, capture_output=True, text=True)
    as_task = subprocess.run(
        ["bash", script], cwd=tmp_path, env={"SLURM_ARRAY_TASK_ID": "1"}, capture_output=True, text=True
    )
    assert by_hand.stdout == as_task.stdout == f"-P -m engine {runs[1]}\n"
    assert by_hand.stderr == as_task.stderr == ""
    assert [path.name for path in tmp_path.iterdir()] == ["job.sh"]


def test_what_a_person_sees_beforehand_is_nothing_done(tmp_path: Path) -> None:
    run = tmp_path / "run"
    Slurm(profile()).submission("tag", tmp_path / "jobs", [run])
    assert list(tmp_path.iterdir()) == []


def test_a_refused_submission_leaves_its_script_and_the_links_to_the_logs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusing = tmp_path / "sbatch"
    refusing.write_text("#!/bin/sh\necho 'sbatch: error: Batch job submission failed: no' >&2\nexit 1\n")
    refusing.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    run = tmp_path / "run"
    attempt = claim(run, [])
    slurm = Slurm(profile())
    for _ in range(2):  # a second try under the same tag is in nobody's way
        with pytest.raises(UserError, match="submission failed: no"):
            slurm.submit("tag", tmp_path / "jobs", [run])
    made = tmp_path / "jobs" / "tag"
    assert sorted(path.name for path in made.iterdir()) == ["0.log", "job.sh"]
    assert (made / "0.log").readlink() == attempt / "log.txt"


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ({"partition": "gpu\n#SBATCH --wrap=rm"}, "backend.slurm.partition: .*control character"),
        ({"account": "a\x1b[31m"}, "backend.slurm.account: .*control character"),
        ({"options": ["--qos=a\nb"]}, "backend.slurm.options: .*control character"),
        ({"modules": ["a\rb"]}, "backend.slurm.modules: .*control character"),
        ({"time": "04:00:00\n"}, "control character"),
        ({"python": "/usr/bin/python\u2028"}, "backend.slurm.python: .*control character"),
        ({"python": "python3"}, "backend.slurm.python: .*no absolute path"),
        ({"time": "240"}, "backend.slurm.time: .*found the text '240'\n.*hours:minutes:seconds"),
        ({"memory": "4gb:host=x"}, "backend.slurm.memory: "),
        ({"gpus": -1}, "backend.slurm.gpus: "),
        ({"gpus": "1"}, "backend.slurm.gpus: "),
        ({"grace": 70000}, "backend.slurm.grace: "),
        ({"time": "00:02:00"}, "backend.slurm.time: .*leaves no time"),
        ({"partitoin": "gpu"}, "backend.slurm.partitoin: unknown key\n.*partition"),
        ({"queue": "gpu"}, "backend.slurm.queue: unknown key"),
    ],
)
def test_a_profile_with_a_wrong_value_names_the_key(table: dict[str, object], told: str) -> None:
    with pytest.raises(UserError, match=f"^config.toml: (?s:.*){told}"):
        profile(**table)


def test_what_only_slurm_knows_is_no_key_of_pbs() -> None:
    with pytest.raises(UserError, match=r"backend.pbs.shards: unknown key"):
        read_profile({"shards": 1}, PbsProfile, "config.toml", "backend.pbs")


@pytest.mark.parametrize("tag", ["", "-x", "1st", "a b", "a,b", "a\n", "a/../b", "a" * 64])
def test_a_tag_is_a_plain_name(tag: str) -> None:
    with pytest.raises(UserError, match="no job can be called that"):
        Slurm(profile()).submission(tag, Path("/jobs"), [Path("/runs/a")])


@pytest.mark.parametrize(("folder", "run"), [("/jobs\n", "/runs/a"), ("/jobs", "/runs/a\nb")])
def test_a_folder_with_a_newline_has_no_job(folder: str, run: str) -> None:
    with pytest.raises(UserError, match="control character"):
        Slurm(profile()).submission("tag", Path(folder), [Path(run)])


def test_a_shells_own_filters_hide_no_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQUEUE_PARTITION would make squeue leave out jobs of other partitions, and so call them gone."""
    squeue = tmp_path / "squeue"
    squeue.write_text('#!/bin/sh\n[ -z "$SQUEUE_PARTITION" ] && echo "7_0 RUNNING"\nexit 0\n')
    squeue.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("SQUEUE_PARTITION", "other")
    assert Slurm(profile()).seen(["7_0", "7_1"]) == {"7_0": "running", "7_1": "gone"}


@pytest.mark.parametrize(
    ("word", "where"),
    [
        ("PENDING", "queued"),
        ("CONFIGURING", "running"),
        ("RUNNING", "running"),
        ("SUSPENDED", "running"),
        ("COMPLETING", "running"),
        ("A_WORD_OF_LATER_VERSIONS", "running"),
        ("COMPLETED", "gone"),
        ("TIMEOUT", "gone"),
        ("NODE_FAIL", "gone"),
        ("CANCELLED", "gone"),
    ],
)
def test_squeues_words(word: str, where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    squeue = tmp_path / "squeue"
    squeue.write_text(f'#!/bin/sh\necho "7_0 {word}"\n')
    squeue.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert Slurm(profile()).seen(["7_0"]) == {"7_0": where}


def test_the_time_limit_in_seconds() -> None:
    assert [profile(time=time, grace=0).seconds for time in ("", "00:00:30", "4:00:00", "2-01:00:00")] == [
        0,
        30,
        14_400,
        176_400,
    ]
