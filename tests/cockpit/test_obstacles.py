"""What is in the way of a command: a folder that cannot be written, a queue that dies, options at odds."""

from __future__ import annotations

import errno
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner, Result

from cockpit import cli, headless
from cockpit.launch import begin, control, watched
from cockpit.launch.supervisor import log_of_queue
from cockpit.launch.watched import ENSURE_TRIES, Watched
from engine.contract.errors import UserError
from engine.contract.folder import Ended, attempts, claim, publish

MakeRuns = Callable[..., list[Path]]
QUICKSTART = ["run", "quickstart", "--set", "run.epochs=2"]


def cockpit(root: Path, *arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(cli.app, ["--runs", str(root), *arguments], env=environment)


def finished(run: Path) -> None:
    publish(claim(run, attempts(run)) / "ended.json", Ended(outcome="finished", exit_code=0, time=0.0))


# A folder that cannot be written


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OSError(errno.EROFS, "Read-only file system", "/runs/.cockpit"), "error: /runs/.cockpit: Read-only file system\n"),
        (NotADirectoryError(errno.ENOTDIR, "Not a directory", "/runs"), "error: /runs: Not a directory\n"),
        (OSError(errno.ENOSPC, "No space left on device"), "error: No space left on device\n"),
    ],
)  # fmt: skip
def test_what_the_system_refuses_is_two_lines(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: OSError, told: str
) -> None:
    def refuse() -> None:
        raise error

    monkeypatch.setattr(cli, "app", refuse)
    with pytest.raises(SystemExit, match="2"):
        cli.main()
    said = capsys.readouterr().err
    assert said.startswith(told) and "--runs" in said.splitlines()[1] and said.count("\n") == 2


def test_to_look_at_what_is_finished_writes_nothing_and_needs_nobody(
    make_runs: MakeRuns, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = make_runs()
    for run in runs:
        finished(run)
    control.ask(runs)
    before = {path: path.stat().st_mtime_ns for path in root.rglob("*")}
    for module in (watched, begin):
        monkeypatch.setattr(module, "ensure", lambda root: pytest.fail("nobody is needed"))
    monkeypatch.setattr(headless, "_Interrupts", lambda *_: SimpleNamespace(count=0))
    # 1, since none of these has any figures.
    assert cockpit(root, "watch", "quickstart").exit_code == 1
    assert cockpit(root, *QUICKSTART, "--headless").exit_code == 1
    assert "asked for nothing in quickstart; 4 finished already" in cockpit(root, *QUICKSTART, "--detach").stdout
    assert {path: path.stat().st_mtime_ns for path in root.rglob("*")} == before


def test_a_folder_that_can_only_be_read_keeps_nobody_from_watching(
    make_runs: MakeRuns, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_runs(only="mixup0-seed0*")[0]
    control.ask([run])

    def refuse(root: Path) -> None:
        raise OSError(errno.EROFS, "Read-only file system", str(root))

    monkeypatch.setattr(watched, "ensure", refuse)
    seen = Watched([run])
    assert seen.look()[0].status.word == "queued" and not seen.over
    assert "no queue can be started: Read-only file system" in seen.trouble


# A queue that dies


@pytest.fixture
def restarts(monkeypatch: pytest.MonkeyPatch, make_runs: MakeRuns) -> Callable[[str], Watched]:
    """Someone who watches, each of whose supervisors does this; the log holds an old error."""

    def watch(script: str) -> Watched:
        runs = make_runs(only="mixup0-seed0*")
        control.ask(runs)

        def ensure(root: Path) -> subprocess.Popen[bytes]:
            with log_of_queue(root).open("ab") as log:
                process = subprocess.Popen([sys.executable, "-c", script], stderr=log)
            process.wait()
            return process

        log = log_of_queue(runs[0].parents[1])
        log.parent.mkdir()
        log.write_text("what an earlier one said\n")
        monkeypatch.setattr(watched, "ensure", ensure)
        monkeypatch.setattr(watched, "ENSURE_SECONDS", 0.0)
        return Watched(runs)

    return watch


def test_a_supervisor_that_is_killed_is_started_again_however_often(restarts: Callable[[str], Watched]) -> None:
    seen = restarts(f"import os; os.kill(os.getpid(), {int(signal.SIGKILL)})")
    for _ in range(2 * ENSURE_TRIES):
        assert not seen.over and seen.look()


@pytest.mark.parametrize(
    ("script", "said"), [("import sys; sys.exit('no torch')", "no torch"), ("raise SystemExit(7)", "exit code 7")]
)
def test_one_that_fails_at_once_is_told_with_what_it_said_itself(
    restarts: Callable[[str], Watched], script: str, said: str
) -> None:
    seen = restarts(script)
    with pytest.raises(UserError) as caught:
        for _ in range(ENSURE_TRIES + 1):
            seen.look()
    assert said in caught.value.problem and "earlier" not in caught.value.problem


# Options


def test_detach_and_headless_exclude_one_another_and_the_one_that_is_typed_holds(
    root: Path, make_runs: MakeRuns, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_runs()
    monkeypatch.setattr(begin, "ensure", lambda root: None)
    both = cockpit(root, *QUICKSTART, "--detach", "--headless")
    assert isinstance(both.exception, UserError) and "say one of them" in both.exception.remedy
    told = cockpit(root, *QUICKSTART, "--detach", COCKPIT_HEADLESS="1", COCKPIT_JSON="1")
    assert told.exit_code == 0 and "asked for 4 runs in quickstart; look at: cockpit queue" in told.stdout
    assert isinstance(cockpit(root, *QUICKSTART, "--detach", "--json").exception, UserError)


def test_who_detaches_is_told_how_many_were_asked_for(
    root: Path, make_runs: MakeRuns, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(begin, "ensure", lambda root: None)
    runs = make_runs()
    finished(runs[0])
    told = cockpit(root, *QUICKSTART, "--detach").stdout
    assert "asked for 3 runs in quickstart; 1 finished already" in told


def test_a_request_that_cannot_be_touched_is_named(make_runs: MakeRuns, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = make_runs(only="mixup0-seed0*")
    control.ask(runs)

    def refuse(_: Path) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(control.os, "utime", refuse)
    with pytest.raises(OSError, match="Read-only") as caught:
        control.ask(runs)
    assert caught.value.filename.endswith("queue.json")
