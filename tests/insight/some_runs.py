"""Snapshots as the poller makes them, with no folder behind."""

from __future__ import annotations

from pathlib import Path

from cockpit.snapshot import Snapshot
from cockpit.status import Status, Word
from engine.contract.folder import Gap, SpecFile
from engine.contract.spec import Spec, check_spec
from engine.contract.stream import Epoch, Warned

THRESHOLDS = Gap(watch=0.05, warn=0.1, critical=0.2)


def spec(**settings: object) -> Spec:
    return check_spec({"data": "digits", "model": "resnet8", "epochs": 10} | settings, "test")


def epochs(*tests: float | None, clean: float = 0.9, trained: float = 0.8, **fields: object) -> tuple[Epoch, ...]:
    return tuple(
        Epoch(epoch=i, test_acc=test, train_acc=trained, train_acc_clean=clean, **({"time": float(i)} | fields))  # type: ignore[arg-type]
        for i, test in enumerate(tests, 1)
    )


def run(
    label: str, *tests: float | None, group: str = "g", state: Word = "running", warned: str = "", **fields: object
) -> Snapshot:
    """A run by name; what is no field of a snapshot is a setting."""
    known = set(Snapshot.__struct_fields__)
    settings = {key: fields.pop(key) for key in list(fields) if key not in known}
    reason = str(settings.pop("reason", ""))
    values: dict[str, object] = {
        "spec": spec(**settings),
        "file": SpecFile(run={}, gap=THRESHOLDS),
        "epochs": epochs(*tests),
        "warnings": (Warned(kind="test", message=warned, epoch=1),) if warned else (),
    }
    full = f"{label}-abcdef"
    values |= {"group": group, "name": full, "path": Path(group) / full, "status": Status(state, reason)}
    return Snapshot(**(values | fields))  # type: ignore[arg-type]
