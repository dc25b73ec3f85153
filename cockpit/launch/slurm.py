"""Slurm: one array job for however many runs are submitted together."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

from cockpit.launch.executor import Seen, Submission, ask, job_script, lay_out, refusal, script_of, still_there
from cockpit.launch.profile import SlurmProfile
from engine.contract.errors import UserError

_OUTAGE = re.compile("contact slurm controller|timed out|Zero Bytes|standby mode|Connection refused|temporarily")
_ENDED = re.compile("Invalid job id|already complet")
#: squeue's words for a job that is over, and for one that has not begun; with any other it is at work.
_FINAL = re.compile("BOOT_FAIL|CANCELLED|COMPLETED|DEADLINE|FAILED|NODE_FAIL|OUT_OF_MEMORY|PREEMPTED|REVOKED|TIMEOUT")
_WAITING = re.compile("PENDING|REQUEUED|REQUEUE_FED|REQUEUE_HOLD|RESV_DEL_HOLD|SPECIAL_EXIT")


class Slurm:
    """Speaks through sbatch, squeue and scancel; a task's id is `<job>_<place among the runs>`."""

    name = "slurm"

    def __init__(self, profile: SlurmProfile) -> None:
        self._profile = profile

    def submission(self, tag: str, folder: Path, runs: Sequence[Path]) -> Submission:
        """See `Executor`."""
        script, mine = script_of(tag, folder), self._profile
        throttle = f"%{mine.throttle}" if mine.throttle else ""
        # A new attempt is the queue's to make, and has a job of its own: Slurm is to requeue none.
        command = ["sbatch", "--parsable", f"--job-name={tag}", f"--comment={tag}", "--no-requeue"]
        # In a pattern %a is the task's number, and every other % must be written twice.
        command += ["--open-mode=append", f"--output={str(script.parent).replace('%', '%%')}/%a.log"]
        command += [f"--array=0-{len(runs) - 1}{throttle}", "--ntasks=1", f"--signal=B:USR1@{mine.grace}"]
        gpus = f"shard:{mine.shards}" if mine.shards else f"gpu:{mine.gpus}" if mine.gpus else ""
        asked = {"partition": mine.partition, "account": mine.account, "time": mine.time, "gres": gpus}
        asked |= {"cpus-per-task": str(mine.cpus or ""), "mem": mine.memory}
        command += [f"--{option}={value}" for option, value in asked.items() if value]
        return Submission(script, job_script(tag, runs, mine), [[*command, *mine.options, str(script)]])

    def submit(self, tag: str, folder: Path, runs: Sequence[Path]) -> list[str]:
        """See `Executor`."""
        submission = self.submission(tag, folder, runs)
        lay_out(submission, runs)
        done = ask(submission.commands[0])
        # Where there are several clusters, the id is followed by the cluster's name.
        job = re.search(r"^(\d+)(;.*)?$", done.stdout, re.MULTILINE)
        if done.returncode != 0 or not job:
            raise refusal(done, _OUTAGE)
        return [f"{job[1]}_{number}" for number in range(len(runs))]

    def seen(self, ids: Sequence[str]) -> dict[str, Seen]:
        """See `Executor`."""
        if not ids:
            return {}
        jobs = ",".join(dict.fromkeys(job.partition("_")[0] for job in ids))
        try:
            done = ask(["squeue", "--noheader", "--array", "--states=all", f"--jobs={jobs}", "--format=%i %T"])
        except UserError:
            return dict.fromkeys(ids, "unknown")
        # Asked about a single job that it has forgotten, squeue fails; about several, it leaves them out.
        if done.returncode != 0 and not _ENDED.search(done.stderr):
            return dict.fromkeys(ids, "unknown")
        states = _states(done.stdout)
        return {job: _where(states.get(job, "COMPLETED")) for job in ids}

    def find(self, tag: str) -> dict[int, str]:
        """See `Executor`."""
        mine = [f"--name={tag}", f"--user={os.getuid()}"]
        done = ask(["squeue", "--noheader", "--array", "--states=all", *mine, "--format=%i %T"])
        if done.returncode != 0:
            raise refusal(done, _OUTAGE)
        # A job that sbatch refuses for what it asks of a node stays in the list, as a failed one.
        alive = [job for job, state in _states(done.stdout).items() if "_" in job and _where(state) != "gone"]
        return {int(job.partition("_")[2]): job for job in alive}

    def cancel(self, ids: Sequence[str], *, signal: bool) -> None:
        """See `Executor`. Either way it is TERM, and KILL after the cluster's KillWait, 30 s unless set otherwise.

        Not `scancel --signal`: while other tasks of its array wait, it sends to a running one again and again, and
        of two signals an engine takes the second for an order to die.
        """
        jobs = still_there(self.seen(ids))
        done = ask(["scancel", *jobs]) if jobs else None
        # It is silent about what has ended in the meantime.
        if done and done.returncode != 0 and done.stderr and not _ENDED.search(done.stderr):
            raise refusal(done, _OUTAGE)


def _states(printed: str) -> dict[str, str]:
    """squeue's words by task; tasks that were ended before they began stand together under their job's number."""
    return {job: state for job, _, state in (line.partition(" ") for line in printed.splitlines())}


def _where(state: str) -> Seen:
    return "gone" if _FINAL.fullmatch(state) else "queued" if _WAITING.fullmatch(state) else "running"
