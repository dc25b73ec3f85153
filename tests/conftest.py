"""What tests share: a place of their own for data and runs, and run folders made by the real contract."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cockpit.launch.prepare import prepare
from cockpit.plan import plan
from engine.contract.checkpoints import CheckpointManifest
from engine.contract.folder import publish
from engine.contract.stream import CheckpointSaved, Epoch, RunFinished, Writer

# With --import-mode=importlib a test sees no module of this folder unless told where that is.
sys.path.append(str(Path(__file__).parent))

# Where a machine keeps no compiled modules, each of the hundreds of processes that tests start compiles torch anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# Test processes share two cores: more threads in each would only be in one another's way.
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


@pytest.fixture
def leave() -> Callable[..., None]:
    """Makes of a prepared run what an engine leaves of one, but for what its checkpoints hold."""

    def after(run: Path, *, epochs: int, kept: tuple[int, ...], best: int, finished: bool = False) -> None:
        """What an engine leaves of a run after some epochs, the checkpoints of those that are kept among it."""
        writer = Writer(run / "metrics.jsonl", 1)
        for epoch in range(1, epochs + 1):
            writer.append(Epoch(epoch=epoch, lr=0.1, test_acc=0.9 if epoch == best else 0.5))
            if epoch in kept:
                file, content = f"epoch-{epoch:04d}.pt", f"state {epoch}".encode()
                publish(run / "checkpoints" / file, content)
                digest = hashlib.sha256(content).hexdigest()
                manifest = CheckpointManifest(
                    file=file, sha256=digest, size=len(content), epoch=epoch, step=0, environment={}, test_acc=0.5
                )
                publish(run / "checkpoints" / f"epoch-{epoch:04d}.json", manifest)
                writer.append(CheckpointSaved(epoch=epoch, file=file, best=epoch == best))
                if epoch == best:
                    publish(run / "checkpoints" / "best.json", manifest)
        if finished:
            writer.append(RunFinished(epoch=epochs))
        writer.close()

    return after
