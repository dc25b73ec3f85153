"""What the queue asks of a scheduler, and what its drivers share: the job script, and a question with a timeout.

A run's folder holds its verdict. A scheduler is asked only whether a job is still there, and a scheduler that
cannot be asked has said nothing: never that the job is gone.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal, Protocol

from msgspec import Struct

from cockpit.launch.profile import Profile, refuse_control
from engine.contract.cleaning import clean
from engine.contract.dataset import data_home
from engine.contract.errors import UserError
from engine.contract.folder import attempts, publish

Seen = Literal["running", "queued", "gone", "unknown"]
#: How long a scheduler's command may take: Slurm's own wait 18 s for a controller that is down.
ASK_SECONDS = 60.0
#: Settings of a person's shell that would hide jobs from a question, or spare them from an end.
_NARROWING = ("SQUEUE_", "SCANCEL_")
_TAG = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,62}")


class Unreachable(UserError):
    """The scheduler gave no answer. Whether it did what it was told is open: ask `find` before telling it again."""


class Submission(Struct, frozen=True):
    """What a scheduler would be given: the script, and the argument list of every command that submits it."""

    script: Path
    text: str
    commands: list[list[str]]


class Executor(Protocol):
    """A scheduler. Stateless: all it knows, it is told or asks. Every command of a call may take `ASK_SECONDS`."""

    name: str

    def submission(self, tag: str, folder: Path, runs: Sequence[Path]) -> Submission:
        """What `submit` would write and run, for people to see; nothing is done.

        Raises:
            UserError: the tag, the folder or a run has a name that no job can carry.
        """

    def submit(self, tag: str, folder: Path, runs: Sequence[Path]) -> list[str]:
        """A job for each of one or more runs, for its newest attempt, which is claimed: their ids. All or none.

        Raises:
            Unreachable: it gave no answer.
            UserError: it refused, in its own words.
            OSError: the folder cannot be written.
        """

    def seen(self, ids: Sequence[str]) -> dict[str, Seen]:
        """Where each job is, by one command; all unknown where it could not be asked. Never raises."""

    def find(self, tag: str) -> dict[int, str]:
        """The jobs submitted under this tag: by their run's place in what `submit` was given, their ids.

        Raises:
            UserError: it could not be asked. An empty answer would get the runs submitted twice.
        """

    def cancel(self, ids: Sequence[str], *, signal: bool) -> None:
        """End these jobs; with `signal`, ask the engines of those that run to save and leave.

        Raises:
            Unreachable: it gave no answer.
            UserError: it refused.
        """


def script_of(tag: str, folder: Path) -> Path:
    """Where the script of the job of this tag goes: into a folder of its own, under `folder`.

    Raises:
        UserError: no job can be called that.
    """
    if not _TAG.fullmatch(tag):
        remedy = "begin with a letter; letters, digits, _ and - follow, 63 in all"
        raise UserError(repr(tag), "", "no job can be called that", remedy)
    script = folder.absolute() / tag / "job.sh"
    refuse_control(str(script), folder, "")
    return script


def job_script(tag: str, runs: Sequence[Path], profile: Profile, more: Sequence[str] = ()) -> str:
    """The script of a job's tasks, each an engine on one run.

    The engine takes the shell's place. A signal reaches it then, and not a shell that it would kill.

    Raises:
        UserError: a run's folder cannot stand in a script.
    """
    for run in runs:
        refuse_control(str(run), run, "")
    modules = f"module load {shlex.join(profile.modules)} || exit 1" if profile.modules else ""
    lines = [
        # A login shell where modules are wanted: only that knows the command.
        "#!/bin/bash -l" if profile.modules else "#!/bin/bash",
        f"# The runs of {tag}; an argument, or Slurm, says which of them by its number.",
        "runs=(",
        *(f"  {shlex.quote(str(run.absolute()))}" for run in runs),
        ")",
        f"export COCKPIT_DATA={shlex.quote(str(data_home()))} PYTHONUNBUFFERED=1",
        *more,
        modules,
        f'exec {shlex.quote(profile.python)} -P -m engine "${{runs[${{1:-$SLURM_ARRAY_TASK_ID}}]}}"',
    ]
    return "".join(f"{line}\n" for line in lines if line)


def lay_out(submission: Submission, runs: Sequence[Path]) -> None:
    """Write the script, and beside it a link <n>.log to the log of each run's newest attempt.

    A scheduler that writes to the link puts its own words, such as those on a time limit, where people look.

    Raises:
        OSError: the folder cannot be written.
    """
    publish(submission.script, submission.text.encode())
    for number, run in enumerate(runs):
        link = submission.script.with_name(f"{number}.log")
        link.unlink(missing_ok=True)
        link.symlink_to(attempts(run.absolute())[-1] / "log.txt")


def ask(arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run one of a scheduler's commands, and wait for it no longer than `ASK_SECONDS`.

    Raises:
        Unreachable: it took longer.
        UserError: there is no such command here.
    """
    environment = {key: value for key, value in os.environ.items() if not key.startswith(_NARROWING)}
    try:
        return subprocess.run(
            arguments,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=ASK_SECONDS,
            env=environment,
        )
    except subprocess.TimeoutExpired:
        raise Unreachable(arguments[0], "", f"no answer within {ASK_SECONDS:.0f} s", "ask again later") from None
    except OSError as error:
        remedy = "is this a machine of the cluster, with its commands in PATH?"
        raise UserError(arguments[0], "", f"cannot be run: {error.strerror}", remedy) from error


def refusal(done: subprocess.CompletedProcess[str], outage: re.Pattern[str]) -> UserError:
    """A command's failure in its own words: `Unreachable` where they speak of an outage, or of no failure at all."""
    words = clean(done.stderr.strip()) or f"exit code {done.returncode} without a word"
    if done.returncode == 0:
        return Unreachable(done.args[0], "", f"gave no id, but {clean(done.stdout.strip())!r}", "look for its job")
    if outage.search(words):
        return Unreachable(done.args[0], "", words, "it may be down for a while; ask again later")
    return UserError(done.args[0], "", words, "look at the profile, [backend.*] in the configuration")


def still_there(now: Mapping[str, Seen]) -> list[str]:
    """The jobs that are not gone, those that wait first: one of them would begin in the place of one that is ended.

    Raises:
        Unreachable: where they are is not known.
    """
    if "unknown" in now.values():
        raise Unreachable("the scheduler", "", "does not say where these jobs are", "ask again later")
    return sorted((job for job, seen in now.items() if seen != "gone"), key=lambda job: now[job] != "queued")
