"""The two sessions of the comparison document as run folders: its table of epochs, as a metric stream each."""

from __future__ import annotations

import os
import time
from pathlib import Path

from cockpit.plan import plan
from engine.contract import schedule
from engine.contract.folder import Ended, Gap, SpecFile, Started, publish, write_spec
from engine.contract.process import identify
from engine.contract.stream import Epoch, RunFinished, RunStarted, Writer

#: The document's epoch-by-epoch table: epoch, test accuracy of session 02 and of session 04, percent, as printed.
TABLE = (
    (1, "6.64", "4.15"), (5, "29.37", "28.71"), (10, "47.60", "51.11"), (20, "53.06", "57.15"),
    (25, "55.27", "58.95"), (30, "57.44", "61.43"), (40, "59.54", "63.88"), (41, "59.50", "65.03"),
    (50, "62.94", "66.27"), (60, "64.38", "69.31"), (70, "66.21", "70.37"), (71, "65.92", "70.72"),
    (75, "67.37", "71.74"), (80, "68.20", "71.89"), (81, "68.40", "72.15"), (90, "69.53", "70.00"),
    (93, "70.95", "71.41"), (99, "70.69", "72.98"), (100, "71.20", "69.64"),
)  # fmt: skip
#: Its difference column, session 02 less session 04.
PRINTED = {
    1: "+2.49", 5: "+0.66", 10: "-3.51", 20: "-4.09", 25: "-3.68", 30: "-3.99", 40: "-4.34", 41: "-5.53", 50: "-3.33",
    60: "-4.93", 70: "-4.16", 71: "-4.80", 75: "-4.37", 80: "-3.69", 81: "-3.75", 90: "-0.47", 93: "-0.46",
    99: "-2.29", 100: "+1.56",
}  # fmt: skip
SHIPPED = Path(__file__).parents[1] / "presets"
PRESETS = ("session-02-stable", "session-04-aggressive")


def make(root: Path) -> list[Path]:
    """Both sessions, finished, below a runs folder."""
    return [_make(root, preset, column) for column, preset in enumerate(PRESETS, start=1)]


def _make(root: Path, preset: str, column: int) -> Path:
    run = plan(str(SHIPPED / f"{preset}.toml"), needs_data=False).runs[0]
    path = root / run.group / run.name
    write_spec(path, run.spec, SpecFile(run={}, preset=preset, gap=Gap(), inputs=run.inputs))
    process = identify(os.getpid())
    assert process
    publish(path / "attempts" / "1" / "started.json", Started(process=process, time=time.time()))
    writer = Writer(path / "metrics.jsonl", 1)
    writer.append(
        RunStarted(
            epochs=100,
            steps_per_epoch=196,
            train_images=50_000,
            test_images=10_000,
            parameters=(36_500_000,),
            device="cuda",
            environment={},
        )
    )
    for row in TABLE:
        epoch, accuracy = int(row[0]), float(row[column]) / 100
        writer.append(Epoch(epoch=epoch, test_acc=accuracy, lr=schedule.lr(run.spec, epoch - 1)))
    writer.append(RunFinished(epoch=100))
    writer.close()
    ended = Ended(outcome="finished", exit_code=0, time=time.time())
    publish(path / "attempts" / "1" / "ended.json", ended)
    return path
