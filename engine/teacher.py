"""The network that teaches: out of another run's checkpoint, frozen, in evaluation mode."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from engine.checkpoint import CheckpointManifest, damage, manifests
from engine.contract.errors import UserError
from engine.contract.folder import Ended, attempts, read_json, read_spec
from engine.contract.spec import Spec
from engine.data.batches import Data
from engine.models.registry import build

_AGAIN = "remove that run's folder and run it again"


@dataclass(frozen=True)
class Teacher:
    """A frozen network, and which: its model's name, the run it is of, the checkpoint's epoch and sha256."""

    network: nn.Module
    name: str
    run: str
    epoch: int
    sha256: str


def checkpoint_of(path: Path, run: str, role: str) -> tuple[Path, str, CheckpointManifest]:
    """Of the teacher's run at `path`, told of as `run`: the checkpoint's file, its model's name, its manifest.

    Raises:
        UserError: there is no such run, it has not finished, or its checkpoint is missing or damaged.
    """
    theirs, _ = read_spec(path)
    if theirs.nodes > 1:
        raise _unfit(f"{run} has {theirs.nodes} networks", "name a run of a single network")
    tried = attempts(path)
    ended = read_json(tried[-1] / "ended.json", Ended) if tried else None
    if ended is None or ended.outcome != "finished":
        found = ended.outcome if ended else "not at its end"
        raise _unfit(f"{run} is {found}: its last checkpoint is not there yet", "run it to its end first")
    folder = path / "checkpoints"
    newest = next(iter(manifests(folder)), None)
    manifest = read_json(folder / "best.json", CheckpointManifest) if role == "best" else newest
    if manifest is None:
        raise _unfit(f"{folder} holds no {role} checkpoint", _AGAIN)
    if problem := damage(folder / manifest.file, manifest):
        raise _unfit(f"{folder / manifest.file}: {problem}", _AGAIN)
    return folder / manifest.file, theirs.models[0], manifest


def load_teacher(runs: Path, spec: Spec, data: Data) -> Teacher:
    """The network that the settings name as the teacher, on the data's device.

    Raises:
        UserError: as `checkpoint_of`; or it was trained for other classes or channels than these data have.
    """
    path, name, manifest = checkpoint_of(runs / spec.teacher, spec.teacher, spec.teacher_checkpoint)
    held = torch.load(path, map_location=data.device, weights_only=True)["members"][0]
    network = build(name, channels=data.channels, classes=data.classes)
    try:
        # The weights that its own figures were measured with: the average, where it kept one.
        network.load_state_dict(held["average"] or held["network"])
    except RuntimeError as error:
        problem = f"{spec.teacher} does not fit {spec.data}: {str(error).splitlines()[-1].strip()}"
        raise _unfit(problem, "name a teacher that was trained on the same classes") from error
    network = network.eval().requires_grad_(False)
    network = network.to(data.device, memory_format=data.memory_format)  # type: ignore[call-overload]
    return Teacher(network, name, spec.teacher, manifest.epoch, manifest.sha256)


def _unfit(problem: str, remedy: str) -> UserError:
    return UserError("spec.toml", "run.teacher", problem, remedy)
