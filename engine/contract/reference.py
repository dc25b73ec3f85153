"""Published figures of an experiment, to set beside what was measured. Fractions of 1, never percent."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

Fraction = Annotated[float, Meta(ge=0, le=1)]


class Figures(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What was published of one run, or of several alike.

    `run` is the pattern that the run's label matches. `test_acc` and `train_acc` are the last epoch's,
    `best_test_acc` is the highest of any epoch. `expected` is a range its source only hopes for. `std` is of
    `n` seeds. `nodes` are (train, test) accuracies, a pair a network; `curve` are (epoch, test accuracy).
    """

    run: str = "*"
    source: str = ""
    test_acc: Fraction | None = None
    train_acc: Fraction | None = None
    best_test_acc: Fraction | None = None
    best_epoch: int | None = None
    expected: tuple[Fraction, Fraction] | None = None
    std: float | None = None
    n: int | None = None
    nodes: tuple[tuple[Fraction, Fraction], ...] = ()
    curve: tuple[tuple[int, Fraction], ...] = ()
    note: str = ""


class Reference(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A preset's [reference]: where its figures come from, how they were made, and a [[reference.runs]] each."""

    source: str = ""
    note: str = ""
    runs: tuple[Figures, ...] = ()
