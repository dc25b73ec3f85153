"""What the session screen says in words: the gap, an epoch's settings, the warnings, the figures at the cursor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec.structs import asdict
from rich.cells import cell_len

from cockpit.insight import gap, wording
from cockpit.insight.format import duration, number, percent, points, rate
from cockpit.snapshot import Snapshot
from cockpit.status import DEPENDENT, HELD
from cockpit.tui.look import LEVEL_STYLES, STATE_STYLES, Line, Look, shortened
from cockpit.tui.widgets.columns import unhashed
from engine.contract import schedule
from engine.contract.cleaning import clean
from engine.contract.spec import Settings, Spec
from engine.contract.stream import Epoch

#: Where the text begins in the panels at the right.
TEXT = 12
#: The fewest cells that a header leaves of a run's name.
NAME = 24


def gap_title(reading: gap.Reading, look: Look) -> Line:
    """The level in glyphs and a word."""
    return (("gap  ", "title"), (f"{look.level(reading.level)} {reading.level}".strip(), LEVEL_STYLES[reading.level]))


def gap_lines(run: Snapshot, reading: gap.Reading) -> list[Line]:
    """The figures behind the level, and why it looks as it does."""
    if run.last is None:
        return [((f" {reading.sentence}", "dim"),)]
    lines = [
        _pair("clean", f"{points(reading.gap_clean)} points", LEVEL_STYLES[reading.level]),
        _pair("as trained", f"{points(reading.gap_trained)}{_mixing(run)}"),
    ]
    if reading.slope is not None:
        lines.append(_pair("slope", f"{points(reading.slope)} an epoch, {reading.slope_epochs} epochs"))
    if reading.best is not None:
        ago = "now" if not reading.since_best else f"{reading.since_best} ago"
        lines.append(_pair("best ★", f"{percent(reading.best)} at {reading.best_epoch}, {ago}"))
        lines.append(_pair("drop", f"{points(reading.drop)} from best"))
    return [*lines, _pair("reading", reading.sentence)]


def _pair(name: str, text: str, style: str = "") -> Line:
    return ((f" {name:<{TEXT - 1}}", "dim"), (text, style))


def _mixing(run: Snapshot) -> str:
    """Whether mixup, which lowers train accuracy as trained, is on or was."""
    if run.spec is None:
        return ""
    value, since, _ = held(run.spec, run.epoch)["mixup"]
    if value:
        return f" (mixup {value})"
    return f" (mixup off since {since})" if since > 1 else ""


def held(spec: Spec, epoch: int) -> dict[str, tuple[Any, int, tuple[int, Any] | None]]:
    """Setting -> its value in an epoch, the epoch since which, and when it becomes what next."""
    changes = schedule.transitions(spec)
    now = schedule.at(spec, max(1, epoch))
    result = {}
    for name in Settings.__struct_fields__:
        since = max((e for e, changed in changes.items() if e <= epoch and name in changed), default=1)
        later = [(e, changed[name][1]) for e, changed in sorted(changes.items()) if e > epoch and name in changed]
        result[name] = getattr(now, name), since, later[0] if later else None
    return result


#: Settings that are shown even when they stand at their default.
_ALWAYS = frozenset({"lr", "lr_schedule", "weight_decay", "augmentation", "mixup", "label_smoothing"})


def settings_lines(spec: Spec, epoch: int) -> list[Line]:
    """What holds in an epoch; what changes on the way is told with its epochs, what is not in use is left out."""
    lines: list[Line] = []
    defaults = asdict(Settings())
    for name, (value, since, later) in held(spec, epoch).items():
        if name not in _ALWAYS and value == defaults[name] and since == 1 and not later:
            continue
        text = ("off" if name == "mixup" and not value else str(value)) + (f" since {since}" if since > 1 else "")
        text += f", {later[1]} at {later[0]}" if later else ""
        lines.append(((f" {name.replace('_', ' '):<16}", "dim"), (text, "")))
    return lines


def warning_lines(run: Snapshot) -> list[Line]:
    """The newest first."""
    lines: list[Line] = [((" ▲ ", "watch"), (_at(w.epoch) + clean(w.message), "")) for w in reversed(run.warnings)]
    if run.unreadable:
        lines.append(((" ▲ ", "watch"), (f"{run.unreadable} lines of the metric stream cannot be read", "")))
    return lines


def _at(epoch: int | None) -> str:
    return f"epoch {epoch}: " if epoch is not None else ""


def header(run: Snapshot, look: Look, idle: float | None, width: int) -> Line:
    """Who this is and how it goes, in one line, without the last things where they do not fit.

    `idle` is for how long no epoch has come, when that is too long.
    """
    last, word = run.last, run.status.word
    why = f" {unhashed(run.status.reason)}" if word in DEPENDENT else ""
    parts: list[tuple[str, str]] = [(f"  {look.state(word)} {word}{why}", STATE_STYLES[word])]
    if run.stage or not why:
        parts.append((f"  {run.stage}" if run.stage else f"  epoch {run.epoch}/{run.planned or '?'}", ""))
    if len(run.nodes) > 1:
        parts.append((f"  mean of {len(run.nodes)} networks", ""))
    kept, name = len(parts), f" {run.group} / {run.label}"
    if word in HELD and not run.stage:
        parts.append((f"  left {duration(run.seconds_left)}", ""))
    if idle is not None:
        parts.append((f"  no epoch for {duration(idle)}", "watch"))
    if last and last.images_per_second is not None:
        parts.append((f"  {rate(last.images_per_second)} img/s", "dim"))
    if run.spec:
        parts.append((f"  {wording.networks(run.spec)} · {run.spec.data}", "dim"))
    while len(parts) > kept and cell_len(name) + sum(cell_len(text) for text, _ in parts) > width:
        parts.pop()
    # What else is told stays; a long name is cut for it, as far as it can still be known by.
    name = shortened(name, max(NAME, width - sum(cell_len(text) for text, _ in parts)))
    return tuple((clean(text), style) for text, style in ((name, "title"), *parts))


def trouble(run: Snapshot) -> Line:
    """Why a run cannot be read, failed, or should be looked at: the worst, in one line; empty when all is well."""
    reason = run.status.reason
    if run.problem:
        problem = run.problem.replace(f"{run.path}/", "").replace("\n ", " ")
        return (("✗ ", "bad"), (f"{run.label}: {problem}", ""))
    if reason and run.status.word in DEPENDENT:
        return (("▲ ", STATE_STYLES[run.status.word]), (f"{run.label}: {run.status.word} {unhashed(reason)}", ""))
    if reason and run.status.word not in ("finished", "running"):
        return (("▲ ", STATE_STYLES[run.status.word]), (f"{run.label}: {run.status.word}: {reason}", ""))
    if run.warnings:
        newest = run.warnings[-1]
        return (("▲ ", "watch"), (f"{run.label}: {_at(newest.epoch)}{newest.message}", ""))
    reading = gap.read(run)
    if reading.level in ("warn", "critical"):
        return (
            ("▲ ", LEVEL_STYLES[reading.level]),
            (f"{run.label}: gap {points(reading.gap_clean or reading.gap_trained)} points: {reading.sentence}", ""),
        )
    return ()


#: Which figures of an epoch go first where the line is too short for all.
_DISPENSABLE = ("loss", "trained")


def figures(epochs: Sequence[Epoch], at: int, width: int) -> Line:
    """The values of one epoch, for the line under the chart: each whole, or not at all."""
    record = next((e for e in epochs if e.epoch == at), None)
    if record is None:
        return ((f" epoch {at}: nothing measured", "dim"),)
    values = {
        "trained": percent(record.train_acc),
        "clean": percent(record.train_acc_clean),
        "test": percent(record.test_acc),
        "loss": number(record.train_loss),
        "lr": number(record.lr),
    }
    for name in _DISPENSABLE:
        if len(f" epoch ▸ {at}") + sum(len(n) + len(text) + 4 for n, text in values.items()) > width:
            del values[name]
    return (
        (f" epoch ▸ {at}", "bold"),
        *(span for name, text in values.items() for span in ((f"  {name} ", "dim"), (text, ""))),
    )
