"""Runs of shipped presets with figures of a test's choice, and their tables."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from cockpit.expand import Planned
from cockpit.insight.axes import layout
from cockpit.insight.matrix import table
from cockpit.plan import plan
from cockpit.snapshot import Snapshot
from cockpit.status import Status
from engine.contract.folder import SpecFile
from engine.contract.stream import Epoch


@cache
def runs_of(preset: str, *overrides: str) -> tuple[Planned, ...]:
    return plan(preset, overrides, needs_data=False).runs


def seen(run: Planned, acc: float | None = None, word: str = "finished", epoch: int = 0, **fields) -> Snapshot:
    """A run as it is seen; with an accuracy it has one epoch, its last unless another is named."""
    file = SpecFile(run={}, inputs=run.inputs, at=run.at, reference=run.reference)
    last = Epoch(epoch=epoch or run.spec.epochs, test_acc=acc, train_acc=0.9, train_acc_clean=0.95)
    epochs = () if acc is None else (last,)
    path = Path("runs") / run.group / run.name
    return Snapshot(group=run.group, name=run.name, path=path, status=Status(word), spec=run.spec, file=file,
                    epochs=epochs, **fields)  # fmt: skip


def made(preset: str, acc=lambda run: 0.5, **asked):
    every = runs_of(preset)
    runs = [seen(run, acc(run)) for run in every]
    return table(layout(runs, every), runs, **asked)
