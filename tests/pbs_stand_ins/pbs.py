"""A stand-in for PBS: `pbs.py FOLDER qsub|qstat|qsig|qdel ...` runs payloads for real and answers as recorded.

What a job is lies in FOLDER/<number>/: job.json, and state, one of Q, R and F. FOLDER/slots says how many run at
once, FOLDER/slow how many seconds pass between a payload's end and its job's, and while there is a file FOLDER/down
the server cannot be reached. As with the real one, a payload runs in the user's home without the submitter's
environment, its output is handed over when it has ended, and a signal goes to everything in its session.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path

RECORDED = tomllib.loads((Path(__file__).parent / "recorded.toml").read_text())
SERVER = "pbsbox"
#: What the real one takes, in these tests: option -> how many values follow.
OPTIONS = {"-N": 1, "-r": 1, "-j": 1, "-o": 1, "-v": 1, "-q": 1, "-A": 1, "-l": 1}


def main(folder: Path, command: str, arguments: list[str]) -> int:
    if (folder / "down").exists():
        return replay("qsub_serverdown" if command == "qsub" else "qstat_serverdown")
    if command == "run":
        return run(folder / arguments[0])
    return {"qsub": qsub, "qstat": qstat, "qsig": qsig, "qdel": qdel}[command](folder, arguments)


def replay(case: str) -> int:
    sys.stdout.write(RECORDED[case].get("output", ""))
    sys.stderr.write(RECORDED[case].get("error", ""))
    return RECORDED[case]["exit_code"]


def qsub(folder: Path, arguments: list[str]) -> int:
    asked: dict[str, list[str]] = {}
    rest = list(arguments)
    while (option := rest.pop(0)) != "--":
        assert option in OPTIONS, f"not an option of qsub in these tests: {option}"
        asked.setdefault(option, []).append(rest.pop(0))
    if asked.get("-q", ["workq"]) != ["workq"]:
        return replay("qsub_badqueue")
    if any("nosuch" in value for value in asked.get("-l", [])):
        return replay("qsub_badres")
    number = max((int(path.name) for path in folder.glob("[0-9]*")), default=0) + 1
    job = folder / str(number)
    job.mkdir()
    told = {"name": asked["-N"][0], "variables": asked.get("-v", [""])[0], "output": asked["-o"][0]}
    limits = [value for value in asked.get("-l", []) if value.startswith("walltime=")]
    told |= {"payload": rest, "arguments": arguments, "walltime": limits[0][9:] if limits else ""}
    (job / "job.json").write_text(json.dumps(told))
    put(job, "Q")
    subprocess.Popen(
        [sys.executable, "-I", "-S", __file__, str(folder), "run", str(number)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=(job / "mom.log").open("w"),
        start_new_session=True,
    )
    sys.stdout.write(f"{number}.{SERVER}\n")
    return 0


def run(job: Path) -> int:
    """A job from its place in the line to its end."""
    while (job / "state").read_text() == "Q" and not may_begin(job):
        time.sleep(0.05)
    if (job / "state").read_text() != "R":
        return 0
    told = json.loads((job / "job.json").read_text())
    variables = dict(pair.split("=", 1) for pair in told["variables"].split(",") if pair)
    home = str(Path.home())
    environment = {"HOME": home, "PATH": "/usr/bin:/bin", "PBS_JOBID": f"{job.name}.{SERVER}", **variables}
    with (job / "spool").open("wb") as spool:
        payload = subprocess.Popen(
            told["payload"],
            cwd=home,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=spool,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    (job / "pid").write_text(str(payload.pid))
    (job / "exit").write_text(str(payload.wait()))
    if (slow := job.parent / "slow").exists():
        time.sleep(float(slow.read_text()))
    Path(told["output"]).write_bytes((job / "spool").read_bytes())
    put(job, "F")
    return 0


def put(job: Path, state: str) -> None:
    """Change the job's state so that nobody reads half of it."""
    aside = job / f".state-{os.getpid()}"
    aside.write_text(state)
    aside.replace(job / "state")


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Nobody else begins or ends a job in the meantime."""
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def may_begin(job: Path) -> bool:
    """First come, first served; whoever begins says so at once."""
    with alone(job.parent):
        return _may_begin(job)


def _may_begin(job: Path) -> bool:
    slots = int((job.parent / "slots").read_text())
    states = {int(path.parent.name): path.read_text() for path in job.parent.glob("*/state")}
    free = slots - sum(state == "R" for state in states.values())
    waiting = sorted(number for number, state in states.items() if state == "Q")
    if int(job.name) not in waiting[: max(free, 0)]:
        return False
    put(job, "R")
    return True


def state_of(folder: Path, job: str) -> str:
    """The job's letter; empty for a job that nobody knows."""
    number, _, server = job.partition(".")
    path = folder / number / "state"
    return path.read_text() if server in ("", SERVER) and path.exists() else ""


def qstat(folder: Path, arguments: list[str]) -> int:
    assert arguments[0] == "-f", "the driver asks in the plain long form only"
    everything = sorted((path.parent.name for path in folder.glob("*/state")), key=int)
    living = [f"{number}.{SERVER}" for number in everything if state_of(folder, number) != "F"]
    code = 0
    for job in arguments[1:] or living:
        code = refused(folder, job, "qstat") or code
        if state_of(folder, job) in ("Q", "R"):
            sys.stdout.write(f"{long_form(folder, job)}\n")
    return code


def refused(folder: Path, job: str, command: str) -> int:
    """Complain of a job that has ended or is unknown, in the recorded words; 0 for any other."""
    state = state_of(folder, job)
    if state in ("Q", "R"):
        return 0
    case = (
        RECORDED["qstat_finished_nox" if command == "qstat" else "qdel_finished"]
        if state
        else RECORDED["qstat_unknown"]
    )
    words = re.sub(r"\d+\.pbsbox", job if "." in job else f"{job}.{SERVER}", case["error"])
    sys.stderr.write(re.sub(r"^\w+:", f"{command}:", words))
    return case["exit_code"]


def long_form(folder: Path, job: str) -> str:
    """The recorded job, under this one's name, with its state and variables."""
    told = json.loads((folder / job.partition(".")[0] / "job.json").read_text())
    state = state_of(folder, job)
    text = RECORDED["qstat_running" if state == "R" else "qstat_queued"]["output"].rstrip("\n")
    text = re.sub(r"^Job Id: .*", f"Job Id: {job}", text)
    text = re.sub(r"Job_Name = .*", f"Job_Name = {told['name']}", text)
    if told["variables"]:
        text = text.replace("PBS_O_HOST=pbsbox", f"PBS_O_HOST=pbsbox,\n\t{told['variables']}")
    return (
        re.sub(r"Submit_arguments = .*", lambda _: folded(f"Submit_arguments = {' '.join(told['arguments'])}"), text)
        + "\n"
    )


def folded(line: str) -> str:
    """As PBS breaks a long value: in the middle of a word, with a tab before what follows."""
    return "\n\t".join(line[i : i + 74] for i in range(0, len(line), 74))


def qsig(folder: Path, arguments: list[str]) -> int:
    assert arguments[:2] == ["-s", "USR1"]
    return each(folder, arguments[2:], "qsig", signal.SIGUSR1)


def qdel(folder: Path, arguments: list[str]) -> int:
    return each(folder, arguments, "qdel", signal.SIGTERM)


def each(folder: Path, jobs: list[str], command: str, number: signal.Signals) -> int:
    """Signal what runs, take what waits out of the line, and complain of the rest."""
    code = 0
    for job in jobs:
        path = folder / job.partition(".")[0]
        with alone(folder):
            complaint, waits = refused(folder, job, command), state_of(folder, job) == "Q"
            if waits:
                assert command == "qdel", "PBS signals no job that waits"
                put(path, "F")
        code = complaint or code
        if not (complaint or waits):
            while not (path / "pid").exists():
                time.sleep(0.01)
            os.killpg(int((path / "pid").read_text()), number)
    return code


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2], sys.argv[3:]))
