"""A trained network out of a finished run's checkpoint, frozen: to teach, or to be one expert of several."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from engine.contract.checkpoints import CheckpointManifest, best_manifest, damage, manifests
from engine.contract.errors import UserError
from engine.contract.folder import Ended, attempts, read_json, read_spec
from engine.contract.stream import Reader, RunFinished
from engine.data.batches import Data
from engine.models.registry import build


@dataclass(frozen=True)
class Trained:
    """A frozen network, and which: its model's name, the run it is of, the checkpoint's epoch and sha256."""

    network: nn.Module
    name: str
    run: str
    epoch: int
    sha256: str


def checkpoint_of(path: Path, run: str, role: str, key: str = "run.teacher") -> tuple[Path, str, CheckpointManifest]:
    """Of a run at `path`, told of as `run`: the file of its last or best checkpoint, its model's name, its manifest.

    Raises:
        UserError: there is no such run, it has not finished, or its checkpoint is missing or damaged; told as a
            mistake of the setting `key`.
    """
    theirs, _ = read_spec(path)
    if theirs.nodes > 1:
        raise _unfit(key, f"{run} has {theirs.nodes} networks", "name a run of a single network")
    tried = attempts(path)
    ended = read_json(tried[-1] / "ended.json", Ended) if tried else None
    if ended is None or ended.outcome != "finished":
        found = ended.outcome if ended else "not at its end"
        raise _unfit(key, f"{run} is {found}: its last checkpoint is not there yet", "run it to its end first")
    folder, again = path / "checkpoints", f"remove the run {run} and have it done again: cockpit rm {run}"
    newest = next(iter(manifests(folder)), None)
    manifest = best_manifest(folder) if role == "best" else newest
    if manifest is None:
        raise _unfit(key, f"{folder} holds no {role} checkpoint", again)
    ends = [r.epoch for r in Reader(path / "metrics.jsonl").poll() if isinstance(r, RunFinished)]
    if role == "last" and ends and manifest.epoch != ends[-1]:
        problem = f"{run} ended with epoch {ends[-1]}, and its newest checkpoint is of epoch {manifest.epoch}"
        raise _unfit(key, problem, again)
    if problem := damage(folder / manifest.file, manifest):
        raise _unfit(key, f"{folder / manifest.file}: {problem}", again)
    return folder / manifest.file, theirs.models[0], manifest


def load_trained(path: Path, run: str, role: str, data: Data, key: str = "run.teacher") -> Trained:
    """The network of a run's last or best checkpoint, on the data's device, in evaluation mode.

    Raises:
        UserError: as `checkpoint_of`; or it was trained for other classes or channels than these data have.
    """
    file, name, manifest = checkpoint_of(path, run, role, key)
    held = torch.load(file, map_location=data.device, weights_only=True)["members"][0]
    network = build(name, channels=data.channels, classes=data.classes)
    try:
        # The weights that its own figures were measured with: the average, where it kept one.
        network.load_state_dict(held["average"] or held["network"])
    except RuntimeError as error:
        problem = f"{run} does not fit these data: {str(error).splitlines()[-1].strip()}"
        raise _unfit(key, problem, "name a run that was trained on the same classes") from error
    network = network.eval().requires_grad_(False)
    network = network.to(data.device, memory_format=data.memory_format)  # type: ignore[call-overload]
    return Trained(network, name, run, manifest.epoch, manifest.sha256)


def _unfit(key: str, problem: str, remedy: str) -> UserError:
    return UserError("spec.toml", key, problem, remedy)
