"""What says that a file is a checkpoint, so that one can be listed, judged and copied without torch."""

from __future__ import annotations

import hashlib
from pathlib import Path

from msgspec import Struct

from engine.contract.folder import read_json


class CheckpointManifest(Struct, frozen=True, kw_only=True):
    """What makes a file a checkpoint. `test_acc` is the fraction measured at `epoch`, where it was;
    `pretrained` counts the epochs done before the first."""

    file: str
    sha256: str
    size: int
    epoch: int
    step: int
    environment: dict[str, str]
    test_acc: float | None = None
    pretrained: int = 0


def manifests(folder: Path) -> list[CheckpointManifest]:
    """All that count, newest first."""
    found = (read_json(path, CheckpointManifest) for path in folder.glob("epoch-*.json"))
    return sorted((m for m in found if m), key=lambda m: (m.epoch, m.step, m.pretrained), reverse=True)


def best_manifest(folder: Path) -> CheckpointManifest | None:
    """That of the best checkpoint, which is selected on the test set; None where there is none."""
    return read_json(folder / "best.json", CheckpointManifest)


def damage(path: Path, manifest: CheckpointManifest) -> str:
    """What is wrong with a checkpoint's file, in words; empty when it is what its manifest says."""
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        return str(error)
    return "" if digest == manifest.sha256 else "its content is not what its manifest says (sha256)"
