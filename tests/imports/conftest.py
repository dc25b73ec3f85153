from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from cockpit.cli import main
from cockpit.imports.store import bring
from cockpit.runs import RunsFolder
from cockpit.snapshot import Snapshot

# With --import-mode=importlib a test sees no module beside it unless told where that is.
sys.path.append(str(Path(__file__).parent))


@pytest.fixture
def tb(tmp_path: Path) -> Path:
    """Where event files are written."""
    folder = tmp_path / "tb"
    folder.mkdir()
    return folder


@pytest.fixture
def brought(root: Path, tb: Path):
    """Import that folder; the sessions as the app sees them, by label."""

    def do(*maps: str, group: str | None = "old") -> dict[str, Snapshot]:
        bring(root, tb, group, maps, dry_run=False)
        return {run.label: run for run in RunsFolder(root).poll()}

    return do


class Came(NamedTuple):
    """What a command came to."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def cockpit(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """The command as it is typed, in this process."""

    def call(*arguments: str) -> Came:
        monkeypatch.setattr(sys, "argv", ["cockpit", *arguments])
        code = 0
        try:
            main()
        except SystemExit as left:
            code = int(left.code or 0)
        return Came(code, *capsys.readouterr())

    return call
