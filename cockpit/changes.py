"""A fork's settings: those of its parent up to some epoch, and others from the next one on.

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
from typing import Any

import msgspec
from msgspec import Struct

from cockpit.plan import parse_override
from engine.contract import schedule
from engine.contract.augmentation import operations
from engine.contract.checked import check
from engine.contract.errors import UserError, nearest
from engine.contract.spec import Settings, Spec, check_spec
from engine.contract.stream import Epoch

#: Settings of a whole run that a fork may have others of: they decide nothing that lies before it.
WHOLE = ("epochs", "early_stop_patience", "early_stop_min_epochs", "phases", "checkpoint_epochs", "device", "threads")
#: Everything that a fork may change, in the order in which it is offered.
CHANGEABLE = (*Settings.__struct_fields__, *WHOLE)


class Change(Struct, frozen=True):
    """A fork's settings beside its parent's, and what the parent came to in the last epoch that both share."""

    parent: Spec
    spec: Spec
    before: Epoch

    @property
    def epoch(self) -> int:
        """The epoch after which the fork goes its own way."""
        return self.before.epoch


def parse_changes(changes: Sequence[str], where: object = "fork") -> dict[str, Any]:
    """`lr=0.01` or `run.lr=0.01` -> {"lr": 0.01}; of two of one setting the later holds.

    Raises:
        UserError: not of this form, no setting, or one that a fork cannot change.
    """
    told = {}
    for text in changes:
        bare, equals, _ = (part.strip() for part in text.partition("="))
        if not equals:
            raise UserError(where, bare or text, "has no value", "write a change as lr=0.01")
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


def effective(spec: Spec, made: Spec, epoch: int, told: dict[str, Any]) -> dict[str, Any]:
    """Those of some changes that make a fork's settings others than its parent's."""
    phases = [next((p for p in s.phases if p["from_epoch"] == epoch + 1), {}) for s in (spec, made)]
    before, now = (
        {key: phase.get(key) if key in Settings.__struct_fields__ else getattr(whole, key) for key in told}
        for whole, phase in zip((spec, made), phases, strict=True)
    )
    return {key: now[key] for key in told if before[key] != now[key]}
