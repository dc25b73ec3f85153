"""What a run says of itself in words while it trains."""

from __future__ import annotations

import math

from engine.contract.stream import Epoch, Warned
from engine.watchdog import COLLAPSE_EPOCHS, Watchdog


def watched(*accuracies: float, chance: float = 0.01, said: tuple[Warned, ...] = ()) -> list[Warned]:
    dog = Watchdog(chance, [], said)
    records = [Epoch(epoch=i, test_acc=accuracy) for i, accuracy in enumerate(accuracies, 1)]
    return [warning for record in records for warning in dog.look(record, last=record is records[-1])]


def test_a_loss_that_is_not_finite_is_said_once_with_its_epoch() -> None:
    dog = Watchdog(0.1, [], [])
    found = [w for epoch in (1, 2) for w in dog.look(Epoch(epoch=epoch, train_loss=math.nan), last=False)]
    assert [(w.kind, w.epoch) for w in found] == [("not finite", 1)]
    assert "diverged" in found[0].message


def test_a_collapse_is_test_accuracy_at_chance_for_several_epochs() -> None:
    found = watched(0.2, 0.3, *[0.01] * COLLAPSE_EPOCHS, 0.01)
    assert found[0].kind == "collapse"
    assert "at chance (1.00%) for 5 epochs, since epoch 3" in found[0].message
    assert not [w for w in watched(0.2, 0.01, 0.01, 0.2, 0.01, 0.01, 0.2) if w.kind == "collapse"]


def test_a_last_epoch_far_under_the_best_is_told_in_points() -> None:
    """The aggressive session: best 72.98 % at epoch 99, 69.64 % in the last."""
    found = watched(0.5, 0.7298, 0.6964)
    assert [w.kind for w in found] == ["under best"]
    assert "69.64%, is 3.34 points under that of epoch 2" in found[0].message
    assert watched(0.5, 0.72, 0.71) == []


def test_what_was_said_by_an_earlier_attempt_is_not_said_again_and_its_epochs_count() -> None:
    assert watched(0.5, 0.7298, 0.6964, said=(Warned(kind="under best", message=""),)) == []
    dog = Watchdog(0.1, [Epoch(epoch=e, test_acc=0.1) for e in range(1, COLLAPSE_EPOCHS)], [])
    assert [w.kind for w in dog.look(Epoch(epoch=COLLAPSE_EPOCHS, test_acc=0.1), last=False)] == ["collapse"]


def test_a_student_that_ends_above_its_teacher_is_told_at_the_end_and_only_then() -> None:
    dog = Watchdog(0.1, [], [], teacher=0.533)
    assert dog.look(Epoch(epoch=1, test_acc=0.5565), last=False) == []
    [warning] = dog.look(Epoch(epoch=2, test_acc=0.5565), last=True)
    assert warning.kind == "above teacher"
    assert "55.65%" in warning.message and "53.30%" in warning.message
    assert Watchdog(0.1, [], [], teacher=0.6).look(Epoch(epoch=2, test_acc=0.5565), last=True) == []
    assert Watchdog(0.1, [], []).look(Epoch(epoch=2, test_acc=0.5565), last=True) == []
