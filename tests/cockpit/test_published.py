"""Published results are looked at like any other run, and nothing changes them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cockpit import asking, owner, request
from cockpit.cli import app
from cockpit.insight.estimate import estimate
from cockpit.insight.table import result_table
from cockpit.launch import control
from cockpit.launch.prepare import prepare
from cockpit.launch.supervisor import Supervisor
from cockpit.plan import plan
from cockpit.runs import RunsFolder
from cockpit.targets import pick, pick_own
from engine.contract.errors import UserError
from engine.contract.folder import Ended, claim, publish
from engine.contract.stream import Epoch, RunFinished, Writer


@pytest.fixture
def published(make_runs: Callable[..., list[Path]], root: Path) -> Path:
    """One run of one's own, and a published one that stopped half way: the one that could be gone on with."""
    own, other = make_runs(only="mixup0-*")
    path = root / "published" / "quickstart" / other.name
    shutil.copytree(other, path)
    shutil.rmtree(other)
    publish(claim(path, []) / "ended.json", Ended(outcome="stopped", exit_code=85, time=0.0))
    writer = Writer(path / "metrics.jsonl", 1)
    writer.append(Epoch(epoch=1, test_acc=0.5, seconds=1.0))
    writer.append(RunFinished(epoch=1))
    writer.close()
    assert own.exists()
    return path


def files(run: Path) -> dict[Path, tuple[int, bytes]]:
    return {p: (p.stat().st_mtime_ns, p.read_bytes()) for p in sorted(run.rglob("*")) if p.is_file()}


def test_they_come_after_ones_own_under_a_name_that_says_so(published: Path, root: Path) -> None:
    own, other = RunsFolder(root).poll()
    assert (own.group, own.published, other.group, other.published) == (
        "quickstart",
        False,
        "published/quickstart",
        True,
    )
    assert [s.name for s in RunsFolder(root, "published/quickstart").poll()] == [other.name]
    assert [setting.rows[0].label for setting in result_table([other])] == [f"{other.label} (published)"]
    assert estimate([other.spec], [other]).seconds == []  # of another machine


@pytest.mark.parametrize(
    "change",
    [
        lambda run: control.ask([run]),
        control.hold,
        control.stop_after_epoch,
        control.stop_now,
        control.kill,
        lambda run: request.write(run, request.Request(time=0.0, order=0.0)),
        lambda run: asking.remove([run]),
        lambda run: owner.write_note(run, "mine"),
        lambda run: owner.archive(run, True),
    ],
    ids=["ask", "hold", "stop", "stop now", "kill", "request", "remove", "note", "archive"],
)
def test_nothing_that_changes_a_run_changes_them(published: Path, change: Callable[[Path], object]) -> None:
    before = files(published)
    with pytest.raises(UserError, match="is published, and so only to be read"):
        change(published)
    assert files(published) == before


def by_dots(published: Path, root: Path) -> Path:
    return root / "published" / "quickstart" / ".."


def by_a_link_to_the_folder(published: Path, root: Path) -> Path:
    (root.parent / "others").symlink_to(root / "published")
    return root.parent / "others"


def by_a_link_to_the_group(published: Path, root: Path) -> Path:
    elsewhere = root.parent / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "quickstart").symlink_to(published.parent)
    return elsewhere


def by_its_name(published: Path, root: Path) -> Path:
    return root / "published"


@pytest.mark.parametrize("way", [by_dots, by_a_link_to_the_folder, by_a_link_to_the_group, by_its_name])
def test_they_are_published_whichever_way_leads_to_them(
    published: Path, root: Path, way: Callable[..., Path]
) -> None:
    there, before = way(published, root), files(published)
    [seen] = RunsFolder(there).poll()
    assert seen.published
    for change in (request.withdraw, control.kill, lambda run: asking.remove([run])):
        with pytest.raises(UserError, match=r"(?s)is published.*must not be named 'published'"):
            change(seen.path)
    result = CliRunner().invoke(app, ["--runs", str(there), "rm", "--yes", published.name])
    assert isinstance(result.exception, UserError) and "only to be read" in str(result.exception)
    assert files(published) == before


@pytest.mark.parametrize(
    "command",
    [
        *("stop", "stop --now", "stop --kill", "resume", "retry", "rm --yes"),
        *("queue hold", "queue release", "queue move", "queue clear"),
    ],
)
def test_every_command_that_changes_runs_refuses_them(published: Path, root: Path, command: str) -> None:
    before = files(published)
    for target in ("published/quickstart", f"published/quickstart/{published.name}", "published/*"):
        result = CliRunner().invoke(app, ["--runs", str(root), *command.split(), target])
        assert isinstance(result.exception, UserError) and "only to be read" in str(result.exception)
    assert files(published) == before


def test_nothing_is_launched_among_them(published: Path, root: Path) -> None:
    before = set((root / "published").rglob("*"))
    for there in (root / "published", root / "published" / "quickstart" / ".."):
        with pytest.raises(UserError, match="only to be read"):
            prepare(plan("quickstart", group="another"), there)
    assert set((root / "published").rglob("*")) == before


def test_a_name_means_ones_own_unless_it_says_published(published: Path, root: Path) -> None:
    [own] = pick_own(root, ["quickstart"])
    assert pick(root, ["*"]) == pick(root, ["quickstart"]) == [own]
    assert pick(root, ["published"]) == pick(root, ["published/quickstart/*"]) == [published]
    with pytest.raises(UserError, match="no run of this name"):
        pick(root, [published.name])


def test_they_are_listed_and_marked_and_in_no_queue(published: Path, root: Path) -> None:
    listed = json.loads(CliRunner().invoke(app, ["--runs", str(root), "ls", "--json"]).stdout)
    assert [(run["group"], run["published"]) for run in listed] == [
        ("quickstart", False),
        ("published/quickstart", True),
    ]
    table = CliRunner().invoke(app, ["--runs", str(root), "ls", "--group", "published/quickstart"]).stdout
    assert "published" in table and "stopped" in table
    assert not Supervisor(root).look().is_open and request.everything(root) == []


def test_to_watch_them_starts_no_queue_and_writes_nothing(published: Path, root: Path) -> None:
    before = files(root / "published")
    result = CliRunner().invoke(app, ["--runs", str(root), "watch", "published/quickstart"])
    assert result.exit_code == 1 and "stopped" in result.stdout
    assert files(root / "published") == before


def test_they_are_compared_with_ones_own(published: Path, root: Path) -> None:
    result = CliRunner().invoke(app, ["--runs", str(root), "compare", "quickstart", "published/quickstart"])
    assert "published" in result.stdout and result.exit_code == 0


def test_what_ships_is_whole_and_names_no_machine() -> None:
    shipped = [run for run in RunsFolder(Path(__file__).parents[2] / "runs").poll() if run.published]
    assert [run.status.word for run in shipped if run.group == "published/quickstart"] == ["finished"] * 4
    for run in shipped:
        assert not run.problem and not run.unreadable and run.name.endswith(run.identity[:6])
        assert (run.path.parent / "note.md").exists()
        kept = {path.name for path in run.path.rglob("*") if path.is_file()}
        assert kept <= {"spec.toml", "metrics.jsonl", "started.json", "ended.json", "note.md"}
        text = "".join(path.read_text() for path in run.path.rglob("*") if path.is_file())
        assert '"host":""' in text and not [part for part in ("/home/", "/root/", "/tmp/") if part in text]
