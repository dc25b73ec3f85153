"""Run folders by the hundred, as the engine leaves them, without training anything."""

from __future__ import annotations

import math
import os
import random
import time
from pathlib import Path

import msgspec

from cockpit.plan import plan
from engine.contract.folder import Ended, SpecFile, Started, write_spec
from engine.contract.process import identify
from engine.contract.stream import AnyRecord, Epoch, RunFinished, RunStarted

PER_GROUP = 100


def fill(root: Path, count: int, epochs: int, *, ended: bool = True) -> list[Path]:
    """So many runs, in groups of a hundred; those that have not ended are held by this very process."""
    made = plan("quickstart", [f"grid.run.seed={list(range((count + 1) // 2))}", f"run.epochs={epochs}"], root=root)
    process = identify(os.getpid())
    assert process
    paths = []
    for number, run in enumerate(made.runs[:count]):
        path = root / f"sweep{number // PER_GROUP:02}" / run.name
        attempt = path / "attempts" / "1"
        attempt.mkdir(parents=True)
        write_spec(path, run.spec, SpecFile(run={}, preset="quickstart", gap=made.preset.gap, inputs=run.inputs))
        (attempt / "started.json").write_bytes(msgspec.json.encode(Started(process=process, time=time.time())))
        records: list[AnyRecord] = [started(epochs)]
        records += [epoch(number, e, epochs) for e in range(1, epochs + 1 if ended else 3)]
        if ended:
            records.append(RunFinished(epoch=epochs))
            verdict = Ended(outcome="finished", exit_code=0, time=time.time())
            (attempt / "ended.json").write_bytes(msgspec.json.encode(verdict))
        write(path, records)
        paths.append(path)
    return paths


def started(epochs: int) -> RunStarted:
    """The record of a start, with as much of an environment as a real one has."""
    environment = {f"package-{n}": f"{n}.{n + 1}.{n + 2}" for n in range(16)}
    return RunStarted(
        epochs=epochs,
        steps_per_epoch=23,
        train_images=1437,
        test_images=360,
        parameters=(78_042,),
        device="cpu",
        environment=environment,
    )


def epoch(run: int, number: int, epochs: int, node: int | None = None) -> Epoch:
    """An epoch's record, its numbers of as many digits as real ones."""
    chance = random.Random(run * 1_000_003 + number)
    clean = 0.99 * (1 - math.exp(-4 * number / epochs)) + chance.gauss(0, 0.002)
    return Epoch(
        epoch=number,
        node=node,
        lr=0.05 * (1 + math.cos(math.pi * number / epochs)),
        train_acc=clean - 0.1,
        train_loss=2 * math.exp(-3 * number / epochs) + chance.random() / 100,
        train_acc_clean=clean,
        test_acc=clean - 0.05 + chance.gauss(0, 0.004),
        test_loss=0.4 + chance.random() / 10,
        images_per_second=14034 + chance.random() * 100,
        seconds=1.5 + chance.random() / 10,
        extra={"peak_memory": 1e9 + chance.random() * 1e6},
    )


def write(path: Path, records: list[AnyRecord], seq: int = 0) -> None:
    """Append records to a run's stream."""
    stamped = [
        msgspec.structs.replace(record, time=time.time() - len(records) + n, seq=seq + n, attempt=1)
        for n, record in enumerate(records)
    ]
    with (path / "metrics.jsonl").open("ab") as file:
        file.write(b"".join(msgspec.json.encode(record) + b"\n" for record in stamped))
