from __future__ import annotations

import sys
from pathlib import Path

import pytest

from cockpit.imports.store import bring
from cockpit.runs import RunsFolder
from cockpit.snapshot import Snapshot

# With --import-mode=importlib a test sees no module beside it unless told where that is.
sys.path.append(str(Path(__file__).parent))
sys.path.append(str(Path(__file__).parents[1]))
from typed import typed


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


@pytest.fixture
def cockpit(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """The command as it is typed, in this process."""
    return lambda *arguments: typed(monkeypatch, capsys, *arguments)
