from __future__ import annotations

import math
from pathlib import Path

import pytest

from cockpit.insight import gap
from cockpit.plan import plan
from cockpit.snapshot import Snapshot
from cockpit.status import Status
from engine.contract.folder import Gap, SpecFile
from engine.contract.stream import Epoch

SPEC = plan("quickstart").runs[0].spec
MIXED = plan("quickstart").runs[2].spec


def run(*records: Epoch, spec=SPEC) -> Snapshot:
    file = SpecFile(run={}, gap=Gap(watch=0.05, warn=0.1, critical=0.2))
    return Snapshot(
        group="g", name="r-abcdef", path=Path(), status=Status("running"), spec=spec, file=file, epochs=records
    )


def at(epoch: int, clean: float | None, test: float | None, trained: float | None = None) -> Epoch:
    return Epoch(epoch=epoch, train_acc=trained, train_acc_clean=clean, test_acc=test)


def test_before_the_first_epoch():
    assert gap.read(run()) == gap.Reading()


@pytest.mark.parametrize(
    ("difference", "level"),
    [(-0.02, "ok"), (0.05, "watch"), (0.1, "warn"), (0.25, "critical"), (math.nan, "unknown")],
)
def test_level_by_the_runs_thresholds(difference, level):
    assert gap.level(difference, Gap(watch=0.05, warn=0.1, critical=0.2)) == level


def test_the_clean_gap_decides_and_the_trained_one_stands_in():
    assert gap.read(run(at(1, 0.9, 0.6, 0.5))).level == "critical"
    reading = gap.read(run(at(1, None, 0.6, 0.75)))
    assert reading.level == "warn" and reading.gap_clean is None
    assert reading.gap_trained == pytest.approx(0.15)


def test_slope_best_and_drop():
    reading = gap.read(run(*(at(e, 0.6 + 0.02 * e, 0.6 if e != 4 else 0.7) for e in range(1, 13))))
    assert reading.slope_epochs == gap.SLOPE_EPOCHS
    assert reading.slope == pytest.approx(0.02)
    assert (reading.best, reading.best_epoch, reading.since_best) == (0.7, 4, 8)
    assert reading.drop == pytest.approx(-0.1)
    assert reading.sentence == "test has fallen 10.00 points since its best at epoch 4"


def test_a_flat_test_under_a_climbing_train():
    reading = gap.read(run(*(at(e, 0.6 + 0.01 * e, 0.7) for e in range(1, 21))))
    assert reading.sentence == "train still climbs while test has been flat since 1"


def test_mixup_is_told():
    reading = gap.read(run(at(1, 0.62, 0.6, 0.4), spec=MIXED))
    assert reading.sentence == "train accuracy is counted under mixup"


def test_what_is_no_number():
    reading = gap.read(run(at(1, 0.9, 0.8), at(2, math.nan, math.nan)))
    assert reading.level == "unknown" and reading.sentence == "test accuracy is not a number"
    assert gap.slope([(1, 0.1), (2, math.nan), (3, None)]) is None
    assert gap.slope([(1, 0.1), (2, math.inf), (3, 0.3), (5, 0.5)]) == pytest.approx(0.1)


def test_without_train_accuracy_there_is_nothing_to_set_test_beside():
    assert gap.read(run(Epoch(epoch=1, test_acc=0.5))).sentence == "no train accuracy was measured"
