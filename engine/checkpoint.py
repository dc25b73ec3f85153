"""Save so that a kill at any instant loses nothing; load the newest good one.

A checkpoint is `epoch-0012.pt`, or `epoch-0012-step-0034.pt` when 34 steps of the next epoch are done, or
`epoch-0000-pretrain-0005.pt` when 5 epochs of what comes before the first are, and a manifest of the same name in
JSON with its size and sha256. The state is written aside, synced and renamed; then the manifest; without a manifest
it does not count. `best.json` is a manifest that names the best one's file. The two newest are kept, the best, and
the epochs the settings name.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterable
from pathlib import Path

import torch

from engine.contract.checkpoints import CheckpointManifest, best_manifest, damage, manifests
from engine.contract.folder import publish
from engine.networks import Member
from engine.state import State

KEPT = 2


def save(
    folder: Path,
    state: State,
    members: list[Member],
    *,
    environment: dict[str, str],
    keep: Iterable[int],
    test_acc: float | None,
    best: bool,
) -> str:
    """Write the run's state and return its file's name. Older ones go only once this one counts.

    Raises:
        OSError: it could not be written; every earlier checkpoint is still there.
    """
    name = f"epoch-{state.epoch:04d}" + (f"-step-{state.step:05d}" if state.step else "")
    if not state.epoch and not state.step:
        name += f"-pretrain-{state.pretrained:04d}"
    buffer = io.BytesIO()
    # Tensors and plain scalars only, so that it loads with weights_only.
    torch.save({"state": state.as_scalars(), "members": [member.state() for member in members]}, buffer)
    content = buffer.getvalue()
    publish(folder / f"{name}.pt", content)
    manifest = CheckpointManifest(
        file=f"{name}.pt",
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        epoch=state.epoch,
        step=state.step,
        environment=environment,
        test_acc=test_acc,
        pretrained=state.pretrained,
    )
    publish(folder / f"{name}.json", manifest)
    if best:
        publish(folder / "best.json", manifest)
    _prune(folder, frozenset(keep))
    return f"{name}.pt"


def _mend_best(folder: Path, epoch: int) -> None:
    """Put best.json in place where a kill came between the best checkpoint's own manifest and this one."""
    best = best_manifest(folder)
    if epoch and (best is None or best.epoch != epoch):
        for manifest in manifests(folder):
            if manifest.epoch == epoch and not manifest.step:
                publish(folder / "best.json", manifest)


def _prune(folder: Path, keep: frozenset[int]) -> None:
    """Remove what no longer counts, and what a kill left half done: this engine alone writes here."""
    best = best_manifest(folder)
    kept = {best.file} if best else set()
    for i, manifest in enumerate(manifests(folder)):
        if i < KEPT or manifest.file in kept or (manifest.epoch in keep and not manifest.step):
            continue
        # The manifest first: a state without one is only waste, a manifest without a state is a lie.
        (folder / manifest.file).with_suffix(".json").unlink(missing_ok=True)
    for state in (*folder.glob("epoch-*.pt"), *folder.glob(".*")):
        if not state.with_suffix(".json").exists() or state.name.startswith("."):
            state.unlink(missing_ok=True)


def restore(
    folder: Path, members: list[Member], device: torch.device, warn: Callable[[str], None]
) -> tuple[State, CheckpointManifest | None]:
    """The newest good checkpoint, put into the networks; the beginning when there is none.

    A bad one is passed over, and `warn` is told which and why.
    """
    for manifest in manifests(folder):
        problem = damage(folder / manifest.file, manifest)
        if problem:
            warn(f"checkpoint {manifest.file} is passed over: {problem}")
            continue
        payload = torch.load(folder / manifest.file, map_location=device, weights_only=True)
        for member, held in zip(members, payload["members"], strict=True):
            member.load(held)
        _mend_best(folder, payload["state"]["best"][1])
        return State.from_scalars(payload["state"]), manifest
    return State(len(members)), None
