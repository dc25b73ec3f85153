"""A first verdict in plain sentences: which is higher, by how much, over how many seeds, and whether it can be told.

It says no more than the figures do: one seed is one draw, the best epoch is picked on the test set, and what differs
in several settings cannot be laid at the door of one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from cockpit.insight.compare import MEASURES, TEST, Comparison, Contender, Crossing, between, leads
from cockpit.insight.differences import Row, differing, unknown
from cockpit.insight.footing import common, level, shortfalls
from cockpit.insight.format import counted, percent, points
from cockpit.insight.seeds import diverged, mean_of, test_set, told_apart
from cockpit.insight.table import Spread, spread
from cockpit.snapshot import Snapshot
from cockpit.status import ENDED
from engine.contract import schedule
from engine.contract.stream import Epoch

#: A fall of the last epoch below the one before from which on it is told (fractions of 1).
_FELL = 0.01
#: So many names of settings are told before the rest is counted.
_MOST_NAMES = 6


class Sentence(Struct, frozen=True):
    """What is to be said, and what about, in a word."""

    about: str
    text: str


def verdict(comparison: Comparison) -> tuple[Sentence, ...]:
    """Everything that can be said at first sight, the answer first and its limits after it."""
    taken = level(comparison)
    held = [one for one in taken.contenders if one.last]
    if len(held) < 2:
        return (Sentence("nothing yet", "fewer than two of them have measured an epoch"),)
    rows = differing(comparison)
    at = common(comparison)
    told = [*_comparable(rows), *_peak(held, at), *_production(held, at)]
    told += [Sentence("ended early", text) for text in shortfalls(comparison)]
    told += [
        *(Sentence("seeds", text) for text in told_apart(taken, rows, at)),
        # What limits all of that comes before what is only worth knowing: there may be no room for every line.
        *_confounds(rows, comparison),
        *_lengths(comparison),
        *(Sentence("test set", text) for text in test_set(held)),
        *_lead(comparison),
        *_gaps(held, at),
        *_forks(comparison),
    ]
    return tuple(told)


def _comparable(rows: Sequence[Row]) -> Iterator[Sentence]:
    if any(row.setting == "data" for row in rows):
        yield Sentence("data", "they are measured on different data: their accuracies cannot be compared")


def _peak(held: Sequence[Contender], at: int | None) -> Iterator[Sentence]:
    text = _leader([(one, one.best) for one in held])
    if text:
        until = "" if at is None else f", up to epoch {at}"
        yield Sentence("peak", f"{text}{until}. Best is selection on the test set")


def _production(held: Sequence[Contender], at: int | None) -> Iterator[Sentence]:
    """The last epoch: the network that one is left with, which is what is put to use; else the last that all have."""
    text = _leader([(one, one.last) for one in held])
    lost = [f"{one.letter}'s test accuracy at epoch {one.end} is not a number" for one in held if diverged(one)]
    fallen = [f"{one.letter} lost {percent(fall)} points in its last epoch" for one in held if (fall := _fall(one))]
    told = [*([text] if text else []), *lost, *fallen]
    if text and at is not None:
        yield Sentence(f"at epoch {at}", ". ".join([*told, "That is not where each of them ends"]))
    elif text or lost:
        yield Sentence("production", ". ".join([*told, "Production is the last epoch's weights"]))


def _leader(figures: Sequence[tuple[Contender, tuple[Epoch, ...]]]) -> str:
    """Who has the highest test accuracy in these epochs, and by how much over the next."""
    means = [(one, found, epochs) for one, epochs in figures if (found := mean_of(epochs)) is not None]
    if len(means) < 2:
        return ""
    first, second, *_ = order = sorted(means, key=lambda each: -each[1].mean)
    lead = first[1].mean - second[1].mean
    if TEST.level(lead):
        *others, last = [one.letter for one, found, _ in order if TEST.level(first[1].mean - found.mean)]
        return f"{', '.join(others)} and {last} are level at {percent(first[1].mean)}"
    return (
        f"{first[0].letter}, {points(lead)} points: {_figure(first)} against {second[0].letter}'s {_figure(second)}"
    )


def _figure(each: tuple[Contender, Spread, tuple[Epoch, ...]]) -> str:
    _, found, epochs = each
    if found.n == 1:
        return f"{percent(found.mean)} at epoch {epochs[0].epoch}"
    deviation = f" ±{percent(found.std)}" if found.std is not None else ""
    return f"{percent(found.mean)}{deviation}, the mean of {found.n} seeds"


def _fall(one: Contender) -> float | None:
    """How far a single run's last epoch lies below the one before it, where that is much."""
    newest = [epoch.test_acc for epoch in one.runs[0].epochs[-2:] if epoch.test_acc is not None]
    if len(one.runs) > 1 or len(newest) < 2 or one.end < one.runs[0].epoch:
        return None
    return newest[0] - newest[1] if newest[0] - newest[1] >= _FELL else None


def _lead(comparison: Comparison) -> Iterator[Sentence]:
    """Who was ahead from when to when, where two curves cross; of more than two, each against the baseline."""
    for place, one in enumerate(comparison.contenders):
        crossed = between(comparison, comparison.baseline, place) if place != comparison.baseline else []
        if not crossed:
            continue
        times = "once" if len(crossed) == 1 else "twice" if len(crossed) == 2 else f"{len(crossed)} times"
        pair = f"{comparison.base.letter} and {one.letter}"
        yield Sentence("lead", f"{pair} cross {times} in test accuracy; {_ahead(comparison, place, crossed[-1])}")


def _ahead(comparison: Comparison, place: int, newest: Crossing) -> str:
    """Who is ahead after the last crossing; whoever is level at the end was ahead, and is not."""
    above = comparison.contenders[newest.above].letter
    told = leads(comparison, comparison.baseline, place)
    even = [epoch for epoch, lead in told if epoch > newest.epoch and TEST.level(lead)]
    apart = max(epoch for epoch, lead in told if not TEST.level(lead))
    if even and even[-1] > apart:
        return f"level since epoch {min(e for e in even if e > apart)}, {above} was ahead before"
    before = max(epoch for epoch, _ in told if epoch < newest.epoch)
    gap = f" (not measured between {before} and {newest.epoch})" if newest.epoch - before > 1 else ""
    return f"{above} is ahead{' or level' if even else ''} since epoch {newest.epoch}{gap}"


def _gaps(held: Sequence[Contender], at: int | None) -> Iterator[Sentence]:
    """The gaps at the end: clean ones where all have them, since mixup and augmentation lower the others."""
    for name, words in (("clean gap", "clean train less test"), ("gap", "train as trained less test")):
        field = MEASURES[name].field
        means = [(one, spread([getattr(epoch, field) for epoch in one.last])) for one in held]
        if all(found is not None for _, found in means):
            told = ", ".join(f"{one.letter} {points(found.mean)}" for one, found in means if found)
            mixed = [one.letter for one in held if _mixes(one.runs[0], one.end)]
            caution = (
                f"; counted under mixup in {', '.join(mixed)}, which hides a gap" if mixed and name == "gap" else ""
            )
            yield Sentence(name, f"{told} ({words}, {'last epoch' if at is None else f'epoch {at}'}{caution})")
            return


def _mixes(run: Snapshot, epoch: int) -> bool:
    if run.spec is None or not epoch:
        return False
    settings = schedule.at(run.spec, epoch)
    return bool(settings.mixup or settings.cutmix)


def _confounds(rows: Sequence[Row], comparison: Comparison) -> Iterator[Sentence]:
    """What besides one thing differs, so that no one thing can be named as the cause."""
    if lost := unknown(comparison):
        yield Sentence("differs", f"the settings of {', '.join(lost)} are not known, nor what else differs")
        return
    names = [row.name for row in rows if row.setting != "seed"]
    if len(names) == 1:
        yield Sentence("differs", f"nothing but {names[0]}" + (" and the seed" if len(rows) > 1 else ""))
    elif names:
        told = ", ".join(names[:_MOST_NAMES]) + (f" and {len(names) - _MOST_NAMES} more" * (len(names) > _MOST_NAMES))
        yield Sentence(
            "differs", f"{counted(len(names), 'setting')} at once ({told}): no one of them is the cause shown"
        )
    if len(names) > 1 and len(rows) > len(names):
        yield Sentence("differs", "their seeds differ, too")


def _forks(comparison: Comparison) -> Iterator[Sentence]:
    """Whose first epochs are another's own records: there they cannot differ."""
    for one in comparison.contenders:
        fork = one.runs[0].parent
        kin = [each for each in comparison.contenders if fork and each.runs[0].identity == fork.identity]
        if fork and kin:
            yield Sentence(
                "fork", f"{one.letter} was forked from {kin[0].letter}: up to epoch {fork.epoch} they are one"
            )


def _lengths(comparison: Comparison) -> Iterator[Sentence]:
    """Unequal ends, runs that still train, and seeds that are left out."""
    held = [one for one in comparison.contenders if one.last]
    ends = {one.letter: one.end for one in held}
    if len(set(ends.values())) > 1:
        told = ", ".join(f"{letter} {epoch}" for letter, epoch in ends.items())
        shared = set.intersection(*(set(one.by_epoch) for one in held))
        at = f"; at epoch {max(shared)}, the last all have: {_at(held, max(shared))}" if shared else ""
        yield Sentence("epochs", f"not the same number of them: {told}{at}")
    going = [one.letter for one in held if any(run.status.word not in ENDED for run in one.runs)]
    if going:
        yield Sentence("not over", f"{', '.join(going)} still to train: this can change")
    for one in comparison.contenders:
        for run in one.left_out:
            yield Sentence("left out", f"{one.letter}: {run.label} ({run.status.word}, epoch {run.epoch})")


def _at(held: Sequence[Contender], epoch: int) -> str:
    return ", ".join(f"{one.letter} {percent(one.mean(TEST, epoch))}" for one in held)
