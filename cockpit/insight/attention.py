"""What a person should look at first among all runs: the newest and worst, a line each, in words."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from msgspec import Struct

from cockpit.insight.format import counted, points
from cockpit.insight.gap import Reading
from cockpit.snapshot import Snapshot
from cockpit.status import HELD, WORKING
from engine.contract.stream import Warned

#: So many stretches of lost epochs are named.
MOST_STRETCHES = 3
Kind = Literal["failed", "critical", "warn", "blocked", "silent"]
#: Kinds of warnings, as the engine's watchdog names them, of which nothing good can come.
HOPELESS = ("not finite", "collapse")


class Notice(Struct, frozen=True, kw_only=True):
    """One thing to look at. `rank` is 0 for the worst; of equals the newest comes first."""

    run: Path
    kind: Kind
    where: str
    text: str
    rank: int
    time: float


def notice(run: Snapshot, reading: Reading) -> Notice | None:
    """The worst there is to say of a run; None when all is well.

    Of a run that ended well nothing is said but that its training went astray or a part of its record is lost: its
    gap is a finding, and no longer an alarm.
    """
    said = _ended_badly(run) or _at_work(run, reading) or _astray(run) or _damaged(run)
    if said is None:
        return None
    kind, rank, text = said
    time = run.last.time if run.last else 0.0
    return Notice(run=run.path, kind=kind, where=f"{run.group}/{run.label}", text=text, rank=rank, time=time)


def _ended_badly(run: Snapshot) -> tuple[Kind, int, str] | None:
    word, reason = run.status.word, run.status.reason
    if run.problem:
        return "failed", 0, problem_in_words(run)
    if word in ("failed", "out-of-memory", "lost"):
        return "failed", 0, (reason if word == "failed" else f"{word}: {reason}") if reason else word
    if word == "blocked":
        return "blocked", 1, f"blocked {reason}"
    return None


def _at_work(run: Snapshot, reading: Reading) -> tuple[Kind, int, str] | None:
    if run.status.word not in HELD:
        return None
    if run.status.word not in WORKING or run.status.is_mute:
        return "silent", 1, f"{run.status.word}: {run.status.reason}"
    if reading.level == "critical":
        return "critical", 0, gap_in_words(reading)
    if run.warnings:
        return "warn", 1, _warning_in_words(run.warnings[-1])
    return ("warn", 1, gap_in_words(reading)) if reading.level == "warn" else None


def _astray(run: Snapshot) -> tuple[Kind, int, str] | None:
    warning = diverged(run) if run.status.word == "finished" else None
    return ("warn", 1, _warning_in_words(warning)) if warning else None


def diverged(run: Snapshot) -> Warned | None:
    """What was warned of when the training was lost: its loss was not finite any more, or it learnt nothing."""
    return next((warning for warning in run.warnings if warning.kind in HOPELESS), None)


def _warning_in_words(warning: Warned) -> str:
    return (f"epoch {warning.epoch}: " if warning.epoch is not None else "") + warning.message


def problem_in_words(run: Snapshot) -> str:
    """Why a run cannot be read, in one line, without the folder that it lies in."""
    return run.problem.replace(f"{run.path}/", "").removeprefix(f"{run.path}: ").replace("\n ", " ")


def _damaged(run: Snapshot) -> tuple[Kind, int, str] | None:
    return ("warn", 1, damage_in_words(run)) if run.unreadable else None


def damage_in_words(run: Snapshot) -> str:
    """`2 lines of the metric stream cannot be read; epochs 31-88 are missing`; empty where every line can be read."""
    if not run.unreadable:
        return ""
    text = f"{counted(run.unreadable, 'line')} of the metric stream cannot be read"
    stretches = run.missing
    if not stretches:
        return text
    one = len(stretches) == 1 and stretches[0][0] == stretches[0][1]
    named = [f"{a}" if a == b else f"{a}-{b}" for a, b in stretches[:MOST_STRETCHES]]
    more = f" and {len(stretches) - MOST_STRETCHES} more stretches" if stretches[MOST_STRETCHES:] else ""
    return f"{text}; epoch{'' if one else 's'} {', '.join(named)}{more} {'is' if one else 'are'} missing"


def gap_in_words(reading: Reading) -> str:
    """`clean gap 24.9 points, +0.6 an epoch for 8 epochs; best was epoch 75`."""
    clean = reading.gap_clean is not None
    gap = reading.gap_clean if clean else reading.gap_trained
    text = f"{'clean gap' if clean else 'gap'} {(gap or 0.0) * 100:.1f} points"
    if reading.slope is not None:
        text += f", {points(reading.slope)} an epoch for {counted(reading.slope_epochs, 'epoch')}"
    if reading.since_best:
        text += f"; best was epoch {reading.best_epoch}"
    return text


def worst(notices: Iterable[Notice], most: int) -> list[Notice]:
    """So many of them, the worst first and of equals the newest."""
    return sorted(notices, key=lambda n: (n.rank, -n.time, n.where))[:most]
