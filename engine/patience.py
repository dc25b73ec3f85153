"""How long a figure has not improved: what early stopping and plateau schedules count."""

from __future__ import annotations

import math

#: What counts as an improvement, relative to the best so far; PyTorch's ReduceLROnPlateau has the same.
THRESHOLD = 1e-4


class Patience:
    """The best value so far, and for how many epochs none has been better."""

    def __init__(self, best: float | None = None, waited: int = 0) -> None:
        self.best, self.waited = best, waited

    def see(self, value: float, *, higher_is_better: bool) -> None:
        """Take in one epoch's value. One that is not finite never improves."""
        if self.best is None:
            improved = math.isfinite(value)
        elif higher_is_better:
            improved = value > self.best * (1 + THRESHOLD)
        else:
            improved = value < self.best * (1 - THRESHOLD)
        if improved:
            self.best, self.waited = value, 0
        else:
            self.waited += 1
