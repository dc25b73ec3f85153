"""PBS: one job for each run, whose command is the engine's: PBS runs a script in a shell that a signal kills."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from cockpit.launch.executor import (
    Seen,
    Submission,
    Unreachable,
    ask,
    job_script,
    lay_out,
    refusal,
    script_of,
    still_there,
)
from cockpit.launch.profile import PbsProfile
from engine.contract.errors import UserError

_OUTAGE = re.compile("connect to server|Connection refused|Communication failure|timed out")
#: qstat, qdel and qsig end with the last of these they came upon: the job has finished; no such job is known.
_ENDED = (35, 153)
_STATES: Final[dict[str, Seen]] = {
    **dict.fromkeys("QHWT", "queued"),
    **dict.fromkeys("REBSU", "running"),
    **dict.fromkeys("FXM", "gone"),
}


class Pbs:
    """Speaks through qsub, qstat, qsig and qdel. It warns no job of its time limit: the engine is told of it."""

    name = "pbs"

    def __init__(self, profile: PbsProfile) -> None:
        self._profile = profile

    def submission(self, tag: str, folder: Path, runs: Sequence[Path]) -> Submission:
        """See `Executor`."""
        script, mine = script_of(tag, folder), self._profile
        # What PBS itself keeps of a job's output is seen only when the job is over: write past it.
        more = ['exec >>"${0%/*}/$1.log" 2>&1']
        more += [f"export COCKPIT_DEADLINE={mine.seconds - mine.grace}"] if mine.seconds else []
        memory = mine.memory and f"{mine.memory.lower()}b"
        chunk = {"ncpus": mine.cpus, "ngpus": mine.gpus, "mem": memory}
        select = ":".join(f"{resource}={value}" for resource, value in chunk.items() if value)
        asked = ["-q", mine.queue] if mine.queue else []
        asked += ["-A", mine.account] if mine.account else []
        asked += ["-l", f"select=1:{select}"] if select else []
        asked += ["-l", f"walltime={_clock(mine.seconds)}"] if mine.seconds else []
        asked += [*mine.options, "--", "/bin/bash", *(["-l"] if mine.modules else []), str(script)]
        # Older versions take names of 15 letters only: `find` goes by the variable, which holds all of the tag.
        named = ["qsub", "-N", tag[:15], "-r", "n", "-j", "oe"]
        commands = [
            [*named, "-o", str(script.with_name(f"{n}.out")), "-v", f"COCKPIT_TASK={tag}.{n}", *asked, str(n)]
            for n in range(len(runs))
        ]
        return Submission(script, job_script(tag, runs, mine, more), commands)

    def submit(self, tag: str, folder: Path, runs: Sequence[Path]) -> list[str]:
        """See `Executor`."""
        submission = self.submission(tag, folder, runs)
        lay_out(submission, runs)
        ids: list[str] = []
        for command in submission.commands:
            done = ask(command)
            if done.returncode == 0 and done.stdout.strip():
                ids.append(done.stdout.strip())
                continue
            error = refusal(done, _OUTAGE)
            if not isinstance(error, Unreachable):
                # All or none: those it took before it refused this one go again.
                with suppress(UserError):
                    self.cancel(ids, signal=False)
            raise error
        return ids

    def seen(self, ids: Sequence[str]) -> dict[str, Seen]:
        """See `Executor`."""
        if not ids:
            return {}
        try:
            done = ask(["qstat", "-f", *ids])
        except UserError:
            return dict.fromkeys(ids, "unknown")
        if done.returncode not in (0, *_ENDED):
            return dict.fromkeys(ids, "unknown")
        shown, refused = _jobs(done.stdout), set(done.stderr.split())
        states = {job: fields.get("job_state", "") for job, fields in shown.items()}
        # Gone is what it names as finished or unknown. What it passes over in silence, it has not spoken of.
        return {job: "gone" if job in refused else _STATES.get(states.get(job, ""), "unknown") for job in ids}

    def find(self, tag: str) -> dict[int, str]:
        """See `Executor`."""
        done = ask(["qstat", "-f"])
        if done.returncode != 0:
            raise refusal(done, _OUTAGE)
        ours = re.compile(rf"(?:^|,)COCKPIT_TASK={re.escape(tag)}\.(\d+)(?:,|$)")
        found = {job: ours.search(fields.get("Variable_List", "")) for job, fields in _jobs(done.stdout).items()}
        return {int(match[1]): job for job, match in found.items() if match}

    def cancel(self, ids: Sequence[str], *, signal: bool) -> None:
        """See `Executor`."""
        now = self.seen(ids)
        jobs = still_there(now)
        # One that waits has no engine to signal.
        asked = [job for job in jobs if signal and now[job] == "running"]
        ended = [job for job in jobs if job not in asked]
        for command, theirs in ((["qdel"], ended), (["qsig", "-s", "USR1"], asked)):
            done = ask([*command, *theirs]) if theirs else None
            if done and done.returncode not in (0, *_ENDED):
                raise refusal(done, _OUTAGE)


def _jobs(printed: str) -> dict[str, dict[str, str]]:
    """What `qstat -f` prints, by job; a long value goes on in a line that begins with a tab."""
    jobs: dict[str, dict[str, str]] = {}
    fields: dict[str, str] = {}
    for line in printed.replace("\n\t", "").split("\n"):
        if line.startswith("Job Id: "):
            fields = jobs.setdefault(line.removeprefix("Job Id: ").strip(), {})
        else:
            key, _, value = line.strip().partition(" = ")
            fields[key] = value
    return jobs


def _clock(seconds: int) -> str:
    """Hours, minutes and seconds: PBS knows no days."""
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
