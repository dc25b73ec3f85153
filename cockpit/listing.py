"""`cockpit ls`: every run, as a table for people or as JSON for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from cockpit.insight.attention import damage_in_words, diverged
from cockpit.insight.format import percent, points
from cockpit.snapshot import Snapshot
from cockpit.status import FAILED, GLYPHS
from engine.contract.cleaning import clean
from engine.contract.stream import finite

#: How many runs are listed with why they are not done.
MOST_REASONS = 20


def as_record(run: Snapshot) -> dict[str, Any]:
    """One run for `ls --json`: accuracies and gaps as fractions, numbers that are not finite as words."""
    last, best = run.last, run.best
    return {
        "group": run.group,
        "name": run.name,
        "published": run.published,
        "path": clean(str(run.path)),
        "status": run.status.word,
        "reason": run.problem or run.status.reason,
        "warnings": _warnings(run),
        "epoch": run.epoch,
        "epochs": run.planned,
        "lr": finite(last.lr) if last else None,
        "train_acc": finite(last.train_acc) if last else None,
        "train_acc_clean": finite(last.train_acc_clean) if last else None,
        "test_acc": finite(last.test_acc) if last else None,
        "best_test_acc": best.test_acc if best else None,
        "best_epoch": best.epoch if best else None,
        "gap": finite(last.gap) if last else None,
        "gap_clean": finite(last.gap_clean) if last else None,
    }


def as_table(runs: Sequence[Snapshot]) -> Table:
    """All runs, one a row; accuracies in percent, gaps in points."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("run", overflow="fold")
    table.add_column("state", no_wrap=True)
    for name in ("epoch", "test", "best", "gap", "clean gap"):
        table.add_column(name, justify="right", no_wrap=True)
    for run in runs:
        last, best = run.last, run.best
        table.add_row(
            Text(f"{run.group}/{run.name}"),
            Text(_state(run)),
            f"{run.epoch}/{run.planned}" if run.planned else "-",
            percent(last.test_acc if last else None),
            percent(best.test_acc if best else None),
            points(last.gap if last else None),
            points(last.gap_clean if last else None),
        )
    return table


def _state(run: Snapshot) -> str:
    """A run's state with its glyph, how much was warned of, and whether it is published."""
    held, told = ", held" if run.status.held else "", _warnings(run)
    state = f"{GLYPHS[run.status.word][0]} {run.status.word}{held}{f' ▲{len(told)}' if told else ''}"
    return ("✗ broken" if run.problem else state) + (" published" if run.published else "")


def _warnings(run: Snapshot) -> list[str]:
    """What the engine warned of, and what of its record is lost."""
    damage = damage_in_words(run)
    return [*(warning.message for warning in run.warnings), *([damage] if damage else [])]


def reasons(runs: Sequence[Snapshot]) -> Iterator[Text]:
    """Why runs failed, are blocked, give no sign, learnt nothing or cannot be read in whole, a line each.

    As many as can be read at a glance.
    """
    told = [(run, why) for run in runs for why in _reasons(run)]
    for run, why in told[:MOST_REASONS]:
        yield Text(f"{run.group}/{run.name}: {why}")
    if told[MOST_REASONS:]:
        yield Text(f"and {len(told) - MOST_REASONS} more; all of them: cockpit ls --json")


def _reasons(run: Snapshot) -> Iterator[str]:
    if run.problem or run.status.word in FAILED or run.status.word == "blocked":
        why = "; ".join(line.strip() for line in (run.problem or run.status.reason).splitlines())
        yield f"{'broken' if run.problem else run.status.word}: {why or 'no word left'}"
    elif run.status.word == "finished" and (warning := diverged(run)):
        yield f"finished: {warning.message}"
    elif run.status.is_mute:
        yield f"{run.status.word}: {run.status.reason}"
    if damage := damage_in_words(run):
        yield f"damaged: {damage}"
