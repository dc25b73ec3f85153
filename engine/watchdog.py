"""What goes wrong while it trains, in words."""

from __future__ import annotations

import math

from engine.contract.stream import Epoch, Warned


class Watchdog:
    """Looks at each epoch's record and says what a person should know; each thing once."""

    def __init__(self, history: list[Warned]) -> None:
        self._said = {warning.kind for warning in history}

    def look(self, record: Epoch) -> list[Warned]:
        """New warnings that this epoch gives reason for."""
        warnings = []
        for name in ("train_loss", "test_loss"):
            value = getattr(record, name)
            if value is not None and not math.isfinite(value):
                words = name.replace("_", " ")
                message = f"{words} is {value} since epoch {record.epoch}: the training has diverged"
                warnings.append(Warned(kind="not finite", message=message, epoch=record.epoch))
                break
        new = [w for w in warnings if w.kind not in self._said]
        self._said |= {w.kind for w in new}
        return new
