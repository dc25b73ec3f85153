"""A fork: a run that goes on from another's checkpoint with other settings, planned without torch.

The parent's settings hold up to the epoch of the fork exactly as they held in the parent; from the next epoch on the
new ones do. In the fork's own settings that is a phase, so that nothing but the usual meaning of phases is needed to
read, run and fork it again:

- a setting holds from the epoch after the fork to the end: it beats what the parent's later phases say of it, and
  those keep what else they say. Phases given as such replace the parent's later ones;
- a new `lr` alone scales the schedule that is under way. A new `lr_schedule`, were it the parent's own once more,
  begins at the fork and is counted from there to the end, as in any phase;
- `epochs` is the whole length, the parent's part included. A schedule that spans all epochs becomes longer or shorter
  with them, so the rate jumps at the fork to what that schedule has there;
- early stopping counts on from where the parent stood, by the fork's settings.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from cockpit.expand import LABEL_LENGTH, Planned, part, slug
from cockpit.plan import Plan, check_data, check_group, parse_override
from cockpit.presets import Preset
from cockpit.snapshot import best_of
from engine.contract import schedule
from engine.contract.augmentation import operations
from engine.contract.checked import check
from engine.contract.checkpoints import CheckpointManifest, damage, manifests
from engine.contract.cleaning import clean
from engine.contract.errors import UserError, nearest
from engine.contract.folder import read_spec
from engine.contract.spec import IDENTITY, Fork, Settings, Spec, check_spec, identity, setting
from engine.contract.stream import AnyRecord, Epoch, Reader, RunFinished

#: Settings of a whole run that a fork may have others of: they decide nothing that lies before it.
WHOLE = ("epochs", "early_stop_patience", "early_stop_min_epochs", "phases", "checkpoint_epochs", "device", "threads")
#: Everything that a fork may change, in the order in which it is offered.
CHANGEABLE = (*Settings.__struct_fields__, *WHOLE)


class ForkPlan(Struct, frozen=True):
    """A fork as a plan of one run, beside what it is compared with: its parent's settings, and what the parent came
    to in the last epoch that both share."""

    plan: Plan
    parent: Spec
    before: Epoch

    @property
    def spec(self) -> Spec:
        """The fork's settings."""
        return self.plan.runs[0].spec

    @property
    def epoch(self) -> int:
        """The epoch after which the fork goes its own way."""
        return self.before.epoch


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
    return ForkPlan(plan, spec, before)


def parse_changes(changes: Sequence[str], where: object = "fork") -> dict[str, Any]:
    """`lr=0.01` or `run.lr=0.01` -> {"lr": 0.01}; of two of one setting the later holds.

    Raises:
        UserError: not of this form, no setting, or one that a fork cannot change.
    """
    told = {}
    for text in changes:
        bare = text.partition("=")[0].strip()
        key, value = parse_override(text if "." in bare else f"run.{text}")
        table, _, key = key.partition(".")
        if table != "run" or key not in Spec.__struct_fields__:
            known = nearest(key, CHANGEABLE) if table == "run" else f"known are: {', '.join(CHANGEABLE)}"
            raise UserError(where, f"{table}.{key}", "no setting of a run", known)
        if key not in CHANGEABLE:
            problem = "holds for a whole run, so that none can have another from some epoch on"
            raise UserError(where, f"run.{key}", problem, f"a fork can change: {', '.join(CHANGEABLE)}")
        told[key] = value
    return told


def changed(spec: Spec, epoch: int, told: dict[str, Any], where: object = "fork") -> Spec:
    """The settings of a run's fork after `epoch`; a change that changes nothing leaves no trace in them.

    So what comes to the same is the same run: forked twice alike, a fork is found again.

    Raises:
        UserError: a value is of the wrong type, or what comes of it makes no sense.
    """
    table = _table(spec)
    held = check({key: told[key] for key in told if key in Settings.__struct_fields__}, Settings, where, "run")
    own = {key: getattr(held, key) for key in told if key in Settings.__struct_fields__}
    operations(held.augmentation, where, "run.augmentation")
    _refuse_validation(spec, told, where)
    past = [phase for phase in spec.phases if phase["from_epoch"] <= epoch]
    if "phases" in told:
        # Checked by themselves: a mistake is told by their own number, not by that behind the parent's.
        later = list(check_spec(table | {"phases": told["phases"]}, where).phases)
        if early := [phase["from_epoch"] for phase in later if phase["from_epoch"] <= epoch]:
            problem = f"from_epoch = {early[0]}, but up to epoch {epoch} it is as its parent was"
            raise UserError(where, "run.phases", problem, f"begin with from_epoch = {epoch + 1} or later")
        beginning = [{"from_epoch": epoch + 1} | own] if own else []
    else:
        own = {key: value for key, value in own.items() if key == "lr_schedule" or _matters(spec, epoch, key, value)}
        later = [
            {key: value for key, value in phase.items() if key not in own}
            for phase in spec.phases
            if phase["from_epoch"] > epoch
        ]
        beginning = [{"from_epoch": epoch + 1} | own] if own else []
    whole = {key: value for key, value in told.items() if key in WHOLE and key != "phases"}
    made = check_spec(table | whole | {"phases": [*past, *_merged([*beginning, *later])]}, where)
    if made.epochs <= epoch:
        problem = f"{made.epochs} epochs in all, of which {epoch} are over where the fork begins"
        raise UserError(where, "run.epochs", problem, f"set run.epochs to {epoch + 1} or more")
    return made


def _refuse_validation(spec: Spec, told: dict[str, Any], where: object) -> None:
    """What decides by validation needs images that the run was not trained on; none can be held out afterwards."""
    for key, decides in (
        ("early_stop_patience", told.get("early_stop_patience")),
        ("lr_schedule", told.get("lr_schedule") == "plateau"),
    ):
        if decides and not spec.holdout:
            problem = "its parent has held nothing out to watch, and has trained on all images"
            raise UserError(where, f"run.{key}", problem, "fork a run that was trained with a holdout")


def _table(spec: Spec) -> dict[str, Any]:
    return {key: value for key, value in msgspec.to_builtins(spec).items() if value is not None}


def _matters(spec: Spec, epoch: int, key: str, value: Any) -> bool:
    """Whether a setting would be another in any epoch after `epoch` if it were `value` from then on."""
    starts = [epoch + 1, *(phase["from_epoch"] for phase in spec.phases if phase["from_epoch"] > epoch)]
    return any(getattr(schedule.at(spec, start), key) != value for start in starts)


def _merged(phases: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Phases of one epoch made one, the later entry over the earlier; without those that say nothing."""
    by_start: dict[int, dict[str, Any]] = {}
    for phase in phases:
        by_start.setdefault(phase["from_epoch"], {}).update(phase)
    return [phase for phase in by_start.values() if len(phase) > 1]


def _refuse_without_checkpoint(run: Path, epoch: int, where: str) -> None:
    """Whether there is a good checkpoint at the end of an epoch; its content is read to know."""
    folder = run / "checkpoints"
    others = [manifest.epoch for manifest in checkpoints(run) if manifest.epoch != epoch]
    taken = next((m for m in manifests(folder) if (m.epoch, m.step) == (epoch, 0) and m.epoch), None)
    if taken is None:
        raise UserError(where, "", f"no checkpoint of epoch {epoch}", _elsewhere(others))
    if problem := damage(folder / taken.file, taken):
        raise UserError(folder / taken.file, "", problem, _elsewhere(others))


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
    if best is None or best in {manifest.epoch for manifest in checkpoints(run)}:
        return []
    return [
        f"the best of its first {epoch} epochs, {best}, has no checkpoint any more: "
        "the fork has a best one once it surpasses that"
    ]


def best_before(epoch: int, records: Sequence[AnyRecord]) -> int | None:
    """The epoch of highest test accuracy up to the end of `epoch`."""
    whole = {r.epoch: r for r in records if isinstance(r, Epoch) and r.node is None and r.stage == "train"}
    best = best_of([record for number, record in sorted(whole.items()) if number <= epoch])
    return best.epoch if best else None


def effective(spec: Spec, made: Spec, epoch: int, told: dict[str, Any]) -> dict[str, Any]:
    """Those of some changes that make a fork's settings others than its parent's."""
    phases = [next((p for p in s.phases if p["from_epoch"] == epoch + 1), {}) for s in (spec, made)]
    before, now = (
        {key: phase.get(key) if key in Settings.__struct_fields__ else getattr(whole, key) for key in told}
        for whole, phase in zip((spec, made), phases, strict=True)
    )
    return {key: now[key] for key in told if before[key] != now[key]}


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
