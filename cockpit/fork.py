"""A fork: a run that begins at another's checkpoint, with other settings from there on, planned without torch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from cockpit.changes import WHOLE, Change, changed, effective, parse_changes
from cockpit.expand import LABEL_LENGTH, Planned, part, slug
from cockpit.plan import Plan, check_data, check_group
from cockpit.presets import Preset
from cockpit.snapshot import best_of
from engine.contract import schedule
from engine.contract.checkpoints import CheckpointManifest, damage, manifests
from engine.contract.cleaning import clean
from engine.contract.errors import UserError
from engine.contract.folder import read_spec
from engine.contract.spec import IDENTITY, Fork, Spec, identity, setting
from engine.contract.stream import AnyRecord, Epoch, Reader, RunFinished


class ForkPlan(Struct, frozen=True):
    """A fork as a plan of one run, and what it changes."""

    plan: Plan
    change: Change


def checkpoints(run: Path) -> list[CheckpointManifest]:
    """The checkpoints of a run at the end of an epoch, by epoch: where it can be forked.

    One whose file is gone or of another length is left out; its content is only read by who takes it.
    """
    folder = run / "checkpoints"
    return [m for m in reversed(manifests(folder)) if m.epoch and not m.step and _size(folder / m.file) == m.size]


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1


def plan_fork(
    run: Path,
    epoch: int,
    changes: Sequence[str] = (),
    *,
    root: Path,
    group: str | None = None,
    label: str | None = None,
    needs_data: bool = True,
) -> ForkPlan:
    """A fork of a run after `epoch`, checked to the end: a plan of one run, to be launched as any other.

    `changes` are `lr=0.01`, or `run.lr=0.01`; with none of them the fork repeats what its parent does. Without
    a `group` it lies in the parent's. Without `needs_data` the data set may be missing still.

    Raises:
        UserError: there is no good checkpoint there, nothing is left to train, or a change makes no sense.
    """
    where = f"fork of {run.parent.name}/{run.name}"
    spec, file = read_spec(run)
    _refuse_without_checkpoint(run, epoch, where)
    told = parse_changes(changes, where)
    made = changed(spec, epoch, told, where)
    records = Reader(run / "metrics.jsonl").poll()
    before = _record_of(epoch, records, where)
    _refuse_early_end(spec, made, epoch, records, where)
    if made.teacher and not (root / made.teacher / "spec.toml").is_file():
        problem = f"the run that teaches it, {made.teacher}, is not in {root}"
        raise UserError(where, "run.teacher", problem, "bring it back, or fork a run without a teacher")
    begun = Fork(
        group=run.parent.name,
        name=run.name,
        identity=identity(spec, file.inputs),
        setting=setting(spec, file.inputs),
        epoch=epoch,
    )
    inputs = replace(file.inputs, fork=begun)
    differs = effective(spec, made, epoch, told)
    label = _checked_label(label) if label is not None else _label(run, epoch, differs)
    fork = Planned(
        group=check_group(run.parent.name if group is None else group),
        name=f"{label}-{identity(made, inputs)[:6]}",
        label=label,
        spec=made,
        sources=file.sources | {f"run.{key if key in WHOLE else 'phases'}": where for key in differs},
        inputs=inputs,
        parent=run,
    )
    if needs_data:
        check_data([fork], run / "spec.toml")
    title = clean(f"Fork of {run.parent.name}/{run.name} at epoch {epoch}")
    preset = Preset(title=title, run={}, gap=file.gap, target=file.target)
    cautions = [c for c in schedule.cautions(made) if c not in schedule.cautions(spec)]
    cautions += _lost_best(run, epoch, records)
    plan = Plan(preset=preset, name=file.preset, path=run / "spec.toml", runs=(fork,), cautions=tuple(cautions))
    return ForkPlan(plan, Change(spec, made, before))


def _refuse_without_checkpoint(run: Path, epoch: int, where: str) -> None:
    """Whether there is a good checkpoint at the end of an epoch; its content is read to know."""
    folder = run / "checkpoints"
    others = [manifest.epoch for manifest in checkpoints(run) if manifest.epoch != epoch]
    taken = next((m for m in manifests(folder) if (m.epoch, m.step) == (epoch, 0) and m.epoch), None)
    if taken is None:
        raise UserError(where, "", f"no checkpoint of epoch {epoch}", _elsewhere(others))
    if problem := damage(folder / taken.file, taken):
        raise UserError(where, "", f"its checkpoint of epoch {epoch} is damaged: {problem}", _elsewhere(others))


def _elsewhere(epochs: Sequence[int]) -> str:
    """What to do where a checkpoint is not to be had."""
    if not epochs:
        return "there is no other: a run keeps its two newest, its best, and the epochs that checkpoint_epochs names"
    listed = ", ".join(map(str, epochs))
    return f"there are checkpoints of {'epochs' if len(epochs) > 1 else 'epoch'} {listed}"


def _record_of(epoch: int, records: Sequence[AnyRecord], where: str) -> Epoch:
    """What the parent's stream says of the epoch of the fork."""
    told = [r for r in records if isinstance(r, Epoch) and (r.stage, r.node, r.epoch) == ("train", None, epoch)]
    if not told:
        problem = f"its stream does not tell of epoch {epoch}"
        raise UserError(where, "", problem, "fork at an epoch that its curves show")
    return told[-1]


def _refuse_early_end(spec: Spec, made: Spec, epoch: int, records: Sequence[AnyRecord], where: str) -> None:
    """Early stopping that ended the parent there would end the fork before it has begun."""
    ends = [r.epoch for r in records if isinstance(r, RunFinished)]
    stopping = ("early_stop_patience", "early_stop_min_epochs")
    if epoch in ends and epoch < spec.epochs and all(getattr(spec, k) == getattr(made, k) for k in stopping):
        problem = f"early stopping ended it with epoch {epoch}, and would end the fork there, too"
        raise UserError(where, "run.early_stop_patience", problem, "set it higher, or to 0 for none")


def _lost_best(run: Path, epoch: int, records: Sequence[AnyRecord]) -> list[str]:
    best = best_before(epoch, records)
    if best is None:
        return []
    held = next((manifest for manifest in checkpoints(run) if manifest.epoch == best), None)
    # That of the fork's own epoch was read when it was asked for.
    if held and (best == epoch or not damage(run / "checkpoints" / held.file, held)):
        return []
    lost = "has a damaged checkpoint" if held else "has no checkpoint any more"
    return [f"the best of its first {epoch} epochs, {best}, {lost}: the fork has a best one once it surpasses that"]


def best_before(epoch: int, records: Sequence[AnyRecord]) -> int | None:
    """The epoch of highest test accuracy up to the end of `epoch`."""
    whole = {r.epoch: r for r in records if isinstance(r, Epoch) and r.node is None and r.stage == "train"}
    best = best_of([record for number, record in sorted(whole.items()) if number <= epoch])
    return best.epoch if best else None


def _label(run: Path, epoch: int, differs: dict[str, Any]) -> str:
    """The parent's label, the epoch, and what differs, as in `mixup0-seed0-fork5-lr0.01`; that is never cut off."""
    parts = [part(key, value) for key, value in differs.items() if key in IDENTITY]
    ending = slug("-".join([f"fork{epoch}", *parts]))
    room = LABEL_LENGTH - len(ending) - 1
    before = slug(run.name.rpartition("-")[0] or run.name)[: max(0, room)].strip("-._")
    return f"{before}-{ending}" if before else ending


def _checked_label(label: str) -> str:
    if not label or slug(label) != label:
        remedy = f"use a-z, 0-9, dot, dash and underscore, {LABEL_LENGTH} characters at most"
        raise UserError("--name", "", f"{label!r} cannot be a run's label", remedy)
    return label
