"""What goes wrong while it trains, in words."""

from __future__ import annotations

import math
from collections.abc import Sequence

from engine.contract.stream import Epoch, Warned

#: For how many epochs in a row test accuracy must be at chance before it is called a collapse.
COLLAPSE_EPOCHS = 5
#: Up to how many times the share of the largest class counts as chance.
CHANCE_MARGIN = 1.2
#: How far under its best epoch a run may end, as a fraction, before a person should know.
FAR_UNDER_BEST = 0.02


class Watchdog:
    """Looks at each epoch of a run and says what a person should know; each kind of thing once.

    `chance` is the share of the largest class of the test set; `history` the epochs already recorded; `teacher`
    the test accuracy of the network that teaches this one, if one does.
    """

    def __init__(
        self, chance: float, history: Sequence[Epoch], said: Sequence[Warned], teacher: float | None = None
    ) -> None:
        self._chance, self._teacher = chance, teacher
        self._said = {warning.kind for warning in said}
        self._at_chance = 0
        self._best: Epoch | None = None
        for record in history:
            self._take_in(record)

    def look(self, record: Epoch, *, last: bool) -> list[Warned]:
        """New warnings that this epoch gives reason for; `last` when training ends with it."""
        self._take_in(record)
        diverged = self._not_finite(record)
        found = [diverged, self._collapse(record, last=last and diverged is None)]
        if last:
            found += [self._under_best(record), self._above_teacher(record)]
        new = [warning for warning in found if warning and warning.kind not in self._said]
        self._said |= {warning.kind for warning in new}
        return new

    def _take_in(self, record: Epoch) -> None:
        accuracy = record.test_acc
        if accuracy is None:
            return
        self._at_chance = self._at_chance + 1 if accuracy <= CHANCE_MARGIN * self._chance else 0
        if self._best is None or accuracy > (self._best.test_acc or 0):
            self._best = record

    def _not_finite(self, record: Epoch) -> Warned | None:
        for name in ("train_loss", "test_loss"):
            value = getattr(record, name)
            if value is not None and not math.isfinite(value):
                words = name.replace("_", " ")
                message = f"{words} is {value} since epoch {record.epoch}: the training has diverged"
                return Warned(kind="not finite", message=message, epoch=record.epoch)
        return None

    def _collapse(self, record: Epoch, *, last: bool) -> Warned | None:
        if record.test_acc is None or self._at_chance < (1 if last else COLLAPSE_EPOCHS):
            return None
        if self._at_chance < COLLAPSE_EPOCHS:
            message = f"the last epoch's test accuracy, {record.test_acc:.2%}, is at chance: nothing was learnt"
            return Warned(kind="collapse", message=message, epoch=record.epoch)
        since = record.epoch - self._at_chance + 1
        message = (
            f"test accuracy is at chance ({record.test_acc:.2%}) for {self._at_chance} epochs, since epoch {since}: "
            "the network has collapsed"
        )
        return Warned(kind="collapse", message=message, epoch=record.epoch)

    def _under_best(self, record: Epoch) -> Warned | None:
        best = self._best
        if best is None or best.test_acc is None or record.test_acc is None:
            return None
        drop = best.test_acc - record.test_acc
        if drop < FAR_UNDER_BEST:
            return None
        message = (
            f"the last epoch's test accuracy, {record.test_acc:.2%}, is {drop * 100:.2f} points under that of "
            f"epoch {best.epoch}"
        )
        return Warned(kind="under best", message=message, epoch=record.epoch)

    def _above_teacher(self, record: Epoch) -> Warned | None:
        """A student that passes its teacher: good news of the student, or bad news of the teacher."""
        if self._teacher is None or record.test_acc is None or record.test_acc <= self._teacher:
            return None
        message = (
            f"the student ends at {record.test_acc:.2%} test accuracy, above its teacher's {self._teacher:.2%}: "
            "see whether the teacher is trained as well as it could be before crediting the method"
        )
        return Warned(kind="above teacher", message=message, epoch=record.epoch)
