"""What tests share: a place of their own for data and runs, and run folders made by the real contract."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cockpit.launch.prepare import prepare
from cockpit.plan import plan

# With --import-mode=importlib a test sees no module of this folder unless told where that is.
sys.path.append(str(Path(__file__).parent))

# Two test processes share two cores: more threads in each would only be in one another's way.
os.environ.setdefault("OMP_NUM_THREADS", "1")

#: The shortest form of quickstart that still trains for real.
SHORT = ("run.epochs=2",)


@pytest.fixture(autouse=True)
def apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the user's own data, presets, configuration or runs."""
    monkeypatch.setenv("COCKPIT_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("COCKPIT_PRESETS", str(tmp_path / "own"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "configuration"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for name in ("COCKPIT_RUNS", "COCKPIT_CONFIG", "COCKPIT_SET"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "runs"


@pytest.fixture
def make_runs(root: Path) -> Callable[..., list[Path]]:
    """Folders of quickstart's runs under some overrides, prepared and not started."""

    def make(*overrides: str, only: str | None = None) -> list[Path]:
        return prepare(plan("quickstart", overrides or SHORT, only=only), root)

    return make
