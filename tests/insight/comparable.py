"""Snapshots to compare, without a file behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cockpit.snapshot import Snapshot
from cockpit.status import Status
from engine.contract.folder import SpecFile
from engine.contract.spec import NO_INPUTS, Inputs, check_spec
from engine.contract.stream import Epoch, RunStarted

BASE = {"data": "digits", "model": "resnet8", "epochs": 40}


def session(
    test: Sequence[float | None] | Mapping[int, float | None],
    name: str = "plain-seed0",
    *,
    status: str = "finished",
    group: str = "g",
    images: int | None = 10_000,
    inputs: Inputs = NO_INPUTS,
    fields: Mapping[str, Sequence[float]] | None = None,
    path: Path | None = None,
    **settings: Any,
) -> Snapshot:
    """A run whose test accuracy is this by epoch; of a mere sequence, from epoch 1 on."""
    spec = check_spec(BASE | settings, "test")
    by_epoch = test if isinstance(test, Mapping) else dict(enumerate(test, start=1))
    more = fields or {}
    records = tuple(
        Epoch(epoch=epoch, test_acc=value, **{key: values[i] for key, values in more.items()})
        for i, (epoch, value) in enumerate(by_epoch.items())
    )
    started = None
    if images:
        started = RunStarted(
            epochs=spec.epochs,
            steps_per_epoch=10,
            train_images=1000,
            test_images=images,
            parameters=(1,),
            device="cpu",
            environment={},
        )
    return Snapshot(
        group=group,
        name=f"{name}-abcdef",
        path=path or Path(group) / name,
        status=Status(status),
        spec=spec,
        file=SpecFile(run={}, inputs=inputs),
        epochs=records,
        started=started,
    )
