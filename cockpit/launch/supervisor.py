"""`python -P -m cockpit.launch.supervisor ROOT`: starts what is asked for whenever there is a place for it.

One for each runs folder and machine. It owns no truth: what is asked stands in the runs' queue.json, what became of
it in their attempts, so it can be killed at any instant and started again. It leaves when nothing is left to see to.
"""

from __future__ import annotations

import subprocess
import sys
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from cockpit.followed import changed_at
from cockpit.jobs import STATE
from cockpit.launch import failpoint
from cockpit.launch.cluster import Cluster
from cockpit.launch.local import start
from cockpit.launch.lock import Lock
from cockpit.launch.slots import Slot, slot
from cockpit.notify import call
from cockpit.request import FILE, Request, read, teacher_of
from cockpit.runs import folders
from cockpit.status import ENDED, HELD, standing, status_of
from engine.contract.cleaning import clean
from engine.contract.errors import UserError
from engine.contract.folder import Job, attempts, publish, read_json
from engine.contract.process import host

TICK_SECONDS = 0.25
#: While it only waits for what other machines do.
IDLE_SECONDS = 5.0
#: The exit code of one that found another at work.
STEPPED_BACK = 3


class Refusal(Struct, frozen=True):
    """Why a run could not be started, by the request that changed at `asked`, ns: another is another try."""

    why: str
    asked: int


class Refusals(Struct, frozen=True):
    """Runs that this machine could not start, by GROUP/NAME."""

    refused: dict[str, Refusal]


class Seen(Struct, frozen=True):
    """One look at everything that is asked: what is due, in its order, what is taken, whether anything waits.

    `groups` are those of the runs that are any of these, `engines` how many children have not ended yet,
    `clusters` what is due and what is held by each scheduler.
    """

    due: list[tuple[Path, Request]]
    taken: list[Job]
    waits: bool
    groups: frozenset[str]
    engines: int
    clusters: dict[str, tuple[list[Path], list[Path]]]

    @property
    def is_open(self) -> bool:
        """Whether anything is left that a supervisor must see to."""
        return bool(self.due or self.taken or self.waits or self.engines or self.clusters)


class Supervisor:
    """The queue of one runs folder on this machine: `tick`, over and over."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._engines: list[subprocess.Popen[bytes]] = []
        self._requests: dict[Path, tuple[int, Request | None]] = {}
        self._settled: dict[Path, tuple[int, int]] = {}
        self._refused: dict[Path, Refusal] = {}
        self._busy: frozenset[str] = frozenset()
        self._clusters: dict[str, Cluster] = {}

    def tick(self) -> Seen:
        """Start what is due and has a place; returns what was seen before."""
        self._engines = [engine for engine in self._engines if engine.poll() is None]
        seen = self.look()
        failpoint.reach("looked")
        for group in self._busy - seen.groups:
            self._tell(group)
        self._busy = seen.groups
        taken: list[Job | Slot] = list(seen.taken)
        for run, request in seen.due:
            if (place := slot(request, taken)) and self._start(run, place):
                taken.append(place)
        for backend, (due, held) in seen.clusters.items():
            self._cluster(backend).tick(due, held)
        return seen

    def look(self) -> Seen:
        """See how everything stands that is asked of this machine."""
        due: list[tuple[Path, Request]] = []
        taken: list[Job] = []
        groups: set[str] = set()
        clusters: dict[str, tuple[list[Path], list[Path]]] = {}
        waits = False
        for run, request in sorted(self._asked(), key=lambda asked: asked[1].rank):
            before = self._requests[run][0], changed_at(run / "attempts")
            word = standing(run, request).word
            if word in ENDED:
                # The verdict of one that is lost may still come: another machine's files are seen late.
                if word != "lost":
                    self._settled[run] = before
            elif request.backend != "local" and (word in HELD or (word == "queued" and not request.hold)):
                clusters.setdefault(request.backend, ([], []))[word in HELD].append(run)
            elif word in HELD:
                taken += _job(run)
            elif request.hold or word == "blocked" or (word == "waiting" and self._is_left(run, request)):
                continue
            elif word == "waiting":
                waits = True
            else:
                due.append((run, request))
            if word not in ENDED:
                groups.add(run.parent.name)
        return Seen(due, taken, waits, frozenset(groups), len(self._engines), clusters)

    def _cluster(self, backend: str) -> Cluster:
        if backend not in self._clusters:
            self._clusters[backend] = Cluster(self._root, backend)
        return self._clusters[backend]

    def _is_left(self, run: Path, request: Request) -> bool:
        """Whether nobody sees to a student's teacher: it waits for a person then, and not for us."""
        teacher = teacher_of(run, request.teacher)
        return teacher is not None and (teacher in self._refused or not goes_on(teacher))

    def _asked(self) -> Iterator[tuple[Path, Request]]:
        """Every run that is to be done here, with what is asked of it; not those that are known to have ended."""
        for run in folders(self._root):
            asked = changed_at(run / FILE)
            held = self._requests.get(run)
            if held is None or held[0] != asked:
                held = self._requests[run] = asked, read(run) if asked else None
            request = held[1]
            if request is None or request.host != host():
                continue
            refused = self._refused.get(run)
            if not (refused and refused.asked == asked) and self._settled.get(run) != (
                asked,
                changed_at(run / "attempts"),
            ):
                yield run, request

    def _start(self, run: Path, place: Slot) -> bool:
        """Start a run, unless it has been held or claimed since it was looked at; whether it has its place now."""
        tried, request = attempts(run), read(run)
        if request is None or request.hold or standing(run, request).word != "queued":
            return False
        try:
            engine = start(run, tried, place, request)
        except (OSError, ValueError) as error:
            # ValueError: a request that somebody wrote by hand names what no system call takes.
            self._refused[run] = Refusal(f"could not be started: {clean(str(error))}", self._requests[run][0])
            told = {clean(f"{path.parent.name}/{path.name}"): refusal for path, refusal in self._refused.items()}
            try:
                publish(self._root / STATE / f"{host()}.json", Refusals(told))
            except OSError:
                # A disk that is full, or away: what nobody can be told of is tried again.
                del self._refused[run]
                raise
            return False
        if engine:
            self._engines.append(engine)
        return engine is not None

    def _tell(self, group: str) -> None:
        """Nothing of a group is left to do: tell, as the user wants it told."""
        words = [status_of(run).word for run in folders(self._root, group) if (run / FILE).exists()]
        try:
            call(group, words)
        except (UserError, OSError) as error:
            why = f"{error.where}: {error.key} {error.problem}" if isinstance(error, UserError) else str(error)
            sys.stderr.write(f"{time.ctime()} nobody was told that {group} has ended: {clean(why)}\n")


def _job(run: Path) -> list[Job]:
    """What the run's present attempt has of this machine; none when it was not started by a queue."""
    tried = attempts(run)
    job = read_json(tried[-1] / "job.json", Job) if tried else None
    return [job or Job(backend="local", argv=(), time=0.0)]


def goes_on(teacher: Path) -> bool:
    """Whether somebody sees to a teacher: a student of one that is held, or in no queue, waits for a person.

    So does one whose teacher waits for such a one.
    """
    request, word = read(teacher), status_of(teacher).word
    if word in HELD or word == "finished":
        return True
    if request is None or request.hold:
        return False
    over_it = teacher_of(teacher, request.teacher)
    return over_it is None or goes_on(over_it)


def log_of_queue(root: Path) -> Path:
    """What this machine's supervisors have said."""
    return root / STATE / f"{host()}.log"


def refusals(root: Path) -> dict[str, str]:
    """The runs that this machine could not start and was not asked for anew, by GROUP/NAME, and why."""
    told = read_json(root / STATE / f"{host()}.json", Refusals)
    known = told.refused if told else {}
    return {name: each.why for name, each in known.items() if each.asked == changed_at(root / name / FILE)}


class Begun(subprocess.Popen[bytes]):
    """A supervisor's process; `logged` is the size that the log, which it shares with those before, had by then."""

    logged: int = 0


def ensure(root: Path) -> Begun | None:
    """Have a supervisor at work on a runs folder: start one, apart from this terminal, unless there is one.

    Raises:
        OSError: the folder cannot be written, or no process can be had.
    """
    if Lock(root).holder() is not None:
        return None
    log_of_queue(root).parent.mkdir(parents=True, exist_ok=True)
    with log_of_queue(root).open("ab") as log:
        length = log.tell()
        begun = Begun(
            [sys.executable, "-P", "-m", "cockpit.launch.supervisor", str(root.absolute())],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        begun.logged = length
        return begun


def main(arguments: list[str]) -> int:
    """Supervise until nothing is left to see to; 3 when another supervisor has this runs folder already."""
    root = Path(arguments[0])
    lock, supervisor = Lock(root), Supervisor(root)
    while True:
        if not lock.take(patience=1.0):
            words = f"another supervisor, process {lock.holder()}, sees to {root}; this one leaves"
            sys.stdout.write(f"{time.ctime()} {words}\n")
            return STEPPED_BACK
        lock.sign()
        seen = _serve(supervisor)
        lock.release()
        failpoint.reach("released")
        # Whoever asked for a run just before the lock was free has seen us at work and started nobody.
        if not (seen.is_open or supervisor.look().is_open):
            return 0


def _serve(supervisor: Supervisor) -> Seen:
    while True:
        try:
            seen = supervisor.tick()
        except (OSError, UserError):
            # A configuration that somebody is editing, or a file system that is away for a moment, is no reason to
            # leave the queue.
            traceback.print_exc()
            time.sleep(IDLE_SECONDS)
            continue
        if not seen.is_open:
            return seen
        time.sleep(IDLE_SECONDS if seen.waits and not (seen.due or seen.taken or seen.engines) else TICK_SECONDS)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
