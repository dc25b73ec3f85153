"""The log of an attempt reads like an account of the run."""

from __future__ import annotations

import pytest

from engine.contract.spec import check_spec
from engine.contract.stream import (
    CheckpointSaved,
    Epoch,
    PhaseChanged,
    Record,
    RunFinished,
    RunStarted,
    StageStarted,
    Warned,
)
from engine.logbook import in_words

SPEC = check_spec({"data": "digits", "model": "resnet8", "epochs": 40}, "test")
BEGUN = RunStarted(
    epochs=40,
    steps_per_epoch=23,
    train_images=1437,
    test_images=360,
    parameters=(78042,),
    device="cpu",
    environment={},
)
CASES: dict[str, Record] = {
    "resnet8 (78,042 parameters) on digits: 1,437 training and 360 test images, on cpu; 40 epochs of 23 steps": BEGUN,
    "stage paraphraser: 5 epochs": StageStarted(stage="paraphraser", epochs=5),
    "epoch 21: augmentation crop > none, mixup 0.2 > 0.0": PhaseChanged(
        epoch=21, changes={"augmentation": ("crop", "none"), "mixup": (0.2, 0.0)}
    ),
    "epoch 3/40  train 93.90%  clean 96.51%  test 71.60%  loss 1.21  lr 0.1104  3.2 s": Epoch(
        epoch=3, train_acc=0.939, train_acc_clean=0.9651, test_acc=0.716, train_loss=1.21, lr=0.11041, seconds=3.21
    ),
    "epoch 3/40  loss nan": Epoch(epoch=3, train_loss=float("nan")),
    "paraphraser 2/30  loss 0.5": Epoch(epoch=2, stage="paraphraser", train_loss=0.5),
    "saved within epoch 8, after step 12: epoch-0007-step-12.pt": CheckpointSaved(
        epoch=7, step=12, file="epoch-0007-step-12.pt"
    ),
    "warning: train loss is nan since epoch 3": Warned(kind="not finite", message="train loss is nan since epoch 3"),
}


@pytest.mark.parametrize("told", CASES)
def test_each_record_is_a_line(told: str) -> None:
    assert in_words(CASES[told], SPEC) == told


def test_a_resume_says_from_where_and_a_student_who_teaches() -> None:
    from msgspec.structs import replace

    assert in_words(replace(BEGUN, epoch=7, step=12), SPEC).endswith("steps; goes on after epoch 7, step 12")
    assert in_words(replace(BEGUN, teacher="kd/teacher-seed0"), SPEC).endswith("steps; taught by kd/teacher-seed0")


@pytest.mark.parametrize(
    "record",
    [
        Epoch(epoch=3, node=1),
        CheckpointSaved(epoch=3, file="x"),
        StageStarted(stage="train", epochs=4),
        RunFinished(epoch=4),
    ],
)
def test_what_the_run_as_a_whole_says_is_not_said_twice(record: Record) -> None:
    assert in_words(record, SPEC) == ""
