"""A runs folder as one finds it in the middle of the day: some done, some at work, one gone wrong, one to come."""

from __future__ import annotations

import math
import zlib
from pathlib import Path

import msgspec
from fabricated import make, planned

from engine.contract.spec import Inputs, check_spec
from engine.contract.stream import Epoch

WIDE = (120, 36)
_SETTINGS = {"data": "cifar100", "model": "resnet56", "epochs": 150, "lr": 0.1}


def epoch_of(i: int, of: int, top: float, gap: float) -> Epoch:
    test = top * (1 - math.exp(-6 * i / of))
    return Epoch(
        epoch=i,
        lr=0.1 * (1 + math.cos(math.pi * i / of)) / 2,
        train_acc=test + gap - 0.03,
        train_acc_clean=test + gap * i / of,
        train_loss=1.2,
        test_acc=test,
        test_loss=2.0,
        images_per_second=41200.0,
        seconds=9.5,
    )


def one(root: Path, name: str, done: int, top: float = 0.0, gap: float = 0.0, **fields: object) -> Path:
    """A run `GROUP/LABEL` with so many epochs; what make() does not know is a setting."""
    known = {key: fields.pop(key) for key in ("outcome", "reason", "attempted", "log", "warnings") if key in fields}
    spec = check_spec(_SETTINGS | fields, "test")
    group, label = name.split("/")
    run = msgspec.structs.replace(planned(), spec=spec, group=group, inputs=Inputs())
    epochs = [epoch_of(i, spec.epochs, top, gap) for i in range(1, done + 1)]
    return make(root, epochs, run=run, name=f"{label}-{zlib.crc32(label.encode()) % 16**6:06x}", **known)


def day(root: Path) -> dict[str, Path]:
    """The runs, by label."""
    made = {}
    for seed in (0, 1, 2):
        name = f"kd/teacher-seed{seed}"
        made[name] = one(root, name, 150, 0.72 + 0.01 * seed, 0.27, seed=seed, model="resnet110", outcome="finished")
    made["rkd"] = one(
        root, "kd/rkd-seed0", 41, mixup=0.3, outcome="failed", reason="test accuracy at chance since 29"
    )
    for seed in (0, 1):
        made[f"logit{seed}"] = one(root, f"kd/logit-seed{seed}", 88 - 4 * seed, 0.62, 0.11, seed=seed, mixup=0.1)
    made["fitnets"] = one(root, "kd/fitnets-seed1", 0, seed=1, mixup=0.4, attempted=False)
    made["04"] = one(root, "late/04-aggressive", 77, 0.71, 0.325, model="wideresnet28_10", epochs=100)
    made["02"] = one(root, "late/02-stable", 100, 0.71, 0.12, dropout=0.3, epochs=100, outcome="finished")
    return made


async def write(seen, text: str, *keys: str) -> None:
    """A filter, as if typed at once, and keys after it."""
    await seen.press("slash")
    seen.app.screen.query_one("#query-input").value = text
    await seen.press(*keys)


async def go_to(seen, run: Path) -> None:
    """The cursor on this run."""
    table = seen.app.screen.sessions
    await seen.until(lambda _: table.has_focus and run in table._places)
    table.point_at(run)
