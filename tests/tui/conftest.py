from __future__ import annotations

import shutil
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from cockpit import machine, presets
from cockpit.launch import supervisor
from cockpit.tui import sheets
from cockpit.tui.app import CockpitApp
from engine.contract.finding import Finding

# With --import-mode=importlib a test sees no module beside it unless told where that is.
sys.path.append(str(Path(__file__).parent))
from fabricated import Seen

#: How often the app looks, seconds.
INTERVAL = 0.02


@pytest.fixture
def open_app(root: Path):
    """Open the app on the test's runs folder at a size, and wait until it has read the runs that are there.

    On a busy machine it may show some of them first. A test that keeps it from reading them waits three seconds.
    """

    @asynccontextmanager
    async def opened(size: tuple[int, int] = (80, 24), **options):
        app = CockpitApp(root, **({"interval": INTERVAL} | options))
        async with app.run_test(size=size, notifications=True) as pilot:
            seen = Seen(app, pilot)
            await seen.read()
            yield seen

    return opened


@pytest.fixture(autouse=True)
def utf8(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")


@pytest.fixture(autouse=True)
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every machine shows the same, whatever is in it: a test that shows a GPU makes one."""
    monkeypatch.setattr(machine, "gpus", lambda engines: ((), "no NVIDIA driver"))


@pytest.fixture(autouse=True)
def quickstart_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What else ships moves no line of these screens."""
    folder = tmp_path / "shipped"
    folder.mkdir()
    shutil.copy(presets.shipped() / "quickstart.toml", folder)
    monkeypatch.setattr(presets, "shipped", lambda: folder)


@pytest.fixture(autouse=True)
def doctor(monkeypatch: pytest.MonkeyPatch) -> list[Finding]:
    """What the presets' doctor finds: nothing, unless a test says so. To ask the engine takes seconds."""
    found: list[Finding] = []
    monkeypatch.setattr(sheets, "findings", lambda plan, root: found)
    return found


@pytest.fixture
def nobody_supervises(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Queues that the app would have started."""
    started: list[Path] = []
    monkeypatch.setattr(supervisor, "ensure", lambda root: started.append(root))
    return started
