"""What is asked of the engine about several trained networks together, and what it answers."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Role = Literal["last", "best"]


class Experts(Struct, frozen=True):
    """Run folders whose networks are to answer together, and which of their checkpoints."""

    runs: tuple[str, ...]
    role: Role = "last"


class Together(Struct, frozen=True):
    """What they score on the test set, as fractions: each, their ensemble, and how often two of them agree.

    `problem` says why they could not be asked; everything else is empty then.
    """

    each: tuple[float, ...] = ()
    ensemble_acc: float | None = None
    agreement: float | None = None
    problem: str = ""
