"""What tests of the cockpit share: a command line, presets of one's own, and no queue that starts by itself."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from cockpit import cli, handling, presets, presetsheet
from engine.contract.finding import Size

# With --import-mode=importlib a test sees no module beside it unless told where that is.
sys.path.append(str(Path(__file__).parent))
from smallest_preset import RUN
from told import Told


@pytest.fixture
def cockpit(monkeypatch, capsys, tmp_path, root):
    """The command, typed in a folder of its own; the engine is not asked for sizes, which takes it seconds."""
    monkeypatch.setattr(presetsheet, "sizes", lambda runs: [(run, Size(memory=3 * 2**30)) for run in runs])
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COCKPIT_RUNS", str(root))
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.delenv("EDITOR", raising=False)

    def typed(*arguments: str) -> Told:
        capsys.readouterr()
        monkeypatch.setattr(sys, "argv", ["cockpit", *arguments])
        with pytest.raises(SystemExit) as left:
            cli.main()
        return Told(left.value.code, *capsys.readouterr())

    return typed


@pytest.fixture
def own():
    """Write a preset into the user's own folder."""

    def write(name: str, text: str = RUN) -> Path:
        path = presets.own() / f"{name}.toml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return path

    return write


@pytest.fixture
def nobody_supervises(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands that need a queue at work start none."""
    monkeypatch.setattr(handling, "ensure", lambda root: None)
